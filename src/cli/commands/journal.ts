// `alpha-panda journal`: the messages of a backtest's journal, one a line, or whether the run comes out the same again.
import { resolve } from 'node:path';
import type { JournalReplay } from '#app/research/journal-replay.ts';
import { needed } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, printable, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const journalCommand = defineCommand(
  {
    name: 'journal',
    summary: 'Prints what a backtest kept in its journal, or takes its ticks again and compares.',
    operands: 'FILE',
    operandsMin: 1,
    operandsMax: 1,
    flags: {
      type: { kind: 'text', value: 'T', help: 'Only messages of this type, such as order_filled.' },
      verify: { kind: 'switch', value: '', help: 'Run it again; 1 when an event or the state comes out differently.' },
      json: {
        ...JSON_FLAG,
        help: 'With --verify: as one JSON object. Messages are JSON, one a line, with and without.',
      },
      'data-dir': DATA_DIR_FLAG,
    },
    notes: ['Messages are printed as the log has them. `alpha-panda backtest --journal FILE` writes a journal.'],
  },
  async ({ operands, flags }, io) => {
    const path = resolve(io.folder, needed('FILE', operands[0]));
    if (!flags.verify) return printMessages(io, path, flags.type);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { replayOf } = await import('#app/research/make-run.ts');
    const found = await replayOf(path, settings);
    await io.stdout.write(flags.json ? jsonText({ ...found, difference: found.difference ?? null }) : textOf(found));
    return found.equal ? EXIT.good : EXIT.no;
  },
);

async function printMessages(io: Io, path: string, type: string | undefined): Promise<number> {
  const { journalMessages } = await import('#app/research/journal.ts');
  for (const messages of journalMessages(path)) {
    let text = '';
    for (const { value } of messages) if (type === undefined || typeOf(value) === type) text += `${value}\n`;
    await io.stdout.write(text);
    if (io.stdout.closed) break;
  }
  return EXIT.good;
}

function typeOf(value: string): unknown {
  return (JSON.parse(value) as Readonly<Record<string, unknown>>)['type'];
}

function textOf({ equal, ticks, events, state_sha256: hash, difference = '' }: JournalReplay): string {
  const head = `took ${ticks} ticks again, which led to ${events} events and the state ${hash}\n`;
  return equal ? `${head}equal\n` : `${head}different ${printable(difference)}\n`;
}
