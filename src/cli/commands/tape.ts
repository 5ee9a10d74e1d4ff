// `alpha-panda tape`: what a tape holds, whether it is sound, and the same in another form.
import { resolve } from 'node:path';
import { duration, indianTime } from '#app/research/figures.ts';
import type { TapeReport } from '#app/tapes/inspect.ts';
import { oneOf, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

const ACTIONS = ['info', 'check', 'convert'] as const;
const FORMATS = ['csv', 'gzip', 'parquet'] as const;

export const tapeCommand = defineCommand(
  {
    name: 'tape',
    summary: 'Tells what a tape holds, checks it, or writes it in another form.',
    operands: 'info PATH | check PATH | convert FROM TO',
    operandsMin: 2,
    operandsMax: 3,
    flags: {
      to: { kind: 'text', value: 'FORMAT', help: 'For convert: csv, gzip or parquet; gzip unless given.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'check exits with 1 when a row is refused, an instrument is silent for long, or a file is damaged.',
      'A .parquet file of many instruments is a tape like a folder of CSV: a run reads it as it is.',
      'convert leaves out the rows that a run would refuse, and says how many there were.',
    ],
  },
  async ({ operands, flags }, io) => {
    const [word = '', path = '', target] = operands;
    const action = oneOf('the action', word, ACTIONS);
    if ((target !== undefined) !== (action === 'convert')) {
      throw new UsageError(action === 'convert' ? 'convert needs FROM and TO' : `"${target}" is one argument too many`);
    }
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const from = resolve(io.folder, path);
    if (action === 'convert') {
      const { convertTape } = await import('#app/tapes/convert.ts');
      const format = oneOf('--to', flags.to ?? 'gzip', FORMATS);
      const made = await convertTape(from, resolve(io.folder, target ?? ''), format, settings);
      const left = Object.entries(made.refused).filter(([, count]) => count > 0);
      const lines = [
        `${made.rows} ticks written`,
        ...left.map(([reason, count]) => `${count} left out: ${reason}`),
        '',
      ];
      await io.stdout.write(flags.json ? jsonText(made) : lines.join('\n'));
      return EXIT.good;
    }
    const { inspectTape } = await import('#app/tapes/inspect.ts');
    const report = await inspectTape(from, settings);
    const isSound = report.problems.length === 0;
    const text = action === 'info' ? infoText(report) : checkText(report);
    await io.stdout.write(flags.json ? jsonText(report) : text);
    return action === 'check' && !isSound ? EXIT.no : EXIT.good;
  },
);

function infoText({ tape, rows, refused, instruments }: TapeReport): string {
  const columns = [
    words('instrument'),
    numbers('rows'),
    words('from'),
    words('to'),
    numbers('days'),
    numbers('gaps'),
    numbers('longest'),
  ];
  const cells = instruments.map((line) => [
    line.symbol,
    String(line.rows),
    line.from === null ? '–' : indianTime(Date.parse(line.from)),
    line.to === null ? '–' : indianTime(Date.parse(line.to)),
    String(line.days),
    String(line.gaps),
    duration(line.longest_gap_ms),
  ]);
  const counts = Object.entries(refused).map(([reason, count]) => `${count} ${reason}`);
  return `tape ${tape}: ${rows} rows, refused: ${counts.join(', ') || 'none'}\n\n${renderTable(columns, cells)}`;
}

function checkText({ tape, rows, problems }: TapeReport): string {
  if (problems.length === 0) return `tape ${tape} is sound: ${rows} rows\n`;
  return [
    `tape ${tape} has ${problems.length} problems in what is ${rows} usable rows:`,
    ...problems.map((each) => `  ${each}`),
    '',
  ].join('\n');
}
