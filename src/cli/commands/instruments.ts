// `alpha-panda instruments`: the broker's list of instruments, downloaded and searched.
import type { FoundInstrument } from '#app/instruments-command.ts';
import { UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, printable } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const instrumentsCommand = defineCommand(
  {
    name: 'instruments',
    summary: 'Downloads the broker’s instruments and compares them with ours, or searches the last download.',
    operands: 'sync | search TEXT',
    operandsMin: 1,
    operandsMax: 2,
    flags: { json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'sync needs a session: npx alpha-panda login zerodha. 1 when the download is not taken, or an instrument of ours differs.',
      'A running platform with live ticks does it by itself when a session begins.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [what, text] = operands;
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { searchInstruments, syncNow } = await import('#app/instruments-command.ts');
    if (what === 'sync' && text === undefined) {
      const { ok, text: said, differences = [] } = await syncNow(settings);
      if (flags.json) await io.stdout.write(jsonText({ ok, text: said, differences }));
      else {
        await io.stdout.write(`${printable(said)}\n`);
        for (const each of differences) await io.stdout.write(`differs: ${printable(each.what)}\n`);
      }
      return ok && differences.length === 0 ? EXIT.good : EXIT.no;
    }
    if (what === 'search' && text !== undefined) {
      const found = searchInstruments(settings, text);
      if (flags.json) await io.stdout.write(jsonText(found));
      else for (const line of found.map(lineOf)) await io.stdout.write(`${printable(line)}\n`);
      return found.length > 0 ? EXIT.good : EXIT.no;
    }
    throw new UsageError(`expected sync, or search TEXT, found ${operands.join(' ')}`);
  },
);

function lineOf({ exchange, symbol, instrument_token: token, lot_size: lot, expiry, name }: FoundInstrument): string {
  const more = [expiry === '' ? '' : `expires ${expiry}`, lot === 1 ? '' : `lot ${lot}`, name].filter(
    (part) => part !== '',
  );
  return `${`${exchange}:${symbol}`.padEnd(28)} ${String(token).padStart(10)}  ${more.join(', ')}`.trimEnd();
}
