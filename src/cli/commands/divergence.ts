// `alpha-panda divergence`: why two runs of a strategy came to different gains.
import { resolve } from 'node:path';
import type { DivergenceReport } from '#app/research/compare-runs.ts';
import { indianTime } from '#app/research/figures.ts';
import { wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

const SHOWN = 15;
const TOLERANCE_SECONDS = 60;
const MEANING: Readonly<Record<string, string>> = {
  data: 'another price at the same time, or a signal that only one of them gave',
  timing: 'the price moved between the two decisions',
  price: 'fills further from the price that was decided at',
  fill: 'more or fewer units filled',
  charges: 'what was charged',
};

export const divergenceCommand = defineCommand(
  {
    name: 'divergence',
    summary: 'Explains every paisa between the gains of two runs: backtests, paper, live or a replay.',
    operands: 'A B',
    operandsMin: 2,
    operandsMax: 2,
    flags: {
      tolerance: { kind: 'text', value: 'SECONDS', help: 'How far apart the same signal may be; 60 unless given.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'A and B are ids of kept runs (`alpha-panda runs list`), or DIR:BROKER:STRATEGY of a data directory.',
      'Example: alpha-panda divergence latest data:paper:sma_crossover',
      'Exits with 1 when something moved a book beside fills and charges, such as a corporate action.',
    ],
  },
  async ({ operands: [a = '', b = ''], flags }, io) => {
    const toleranceSeconds =
      flags.tolerance === undefined ? TOLERANCE_SECONDS : wholeNumber('tolerance', flags.tolerance, 0);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { compareRuns } = await import('#app/research/compare-runs.ts');
    const dataDir = resolve(io.folder, settings.dataDir);
    const report = compareRuns({ a, b, folder: io.folder, dataDir, toleranceSeconds });
    await io.stdout.write(flags.json ? jsonText(report) : textOf(report));
    return report.unexplained === '0.00' ? EXIT.good : EXIT.no;
  },
);

function textOf(report: DivergenceReport): string {
  const { signals, differing } = report;
  const rows = Object.entries(report.parts).map(([part, amount]) => [part, amount, MEANING[part] ?? '']);
  const unexplained =
    report.unexplained === '0.00' ? [] : [['unexplained', report.unexplained, 'a corporate action, say']];
  const table = renderTable(
    [words(''), numbers('rupees'), words('')],
    [
      [`gain of A, ${report.a}`, report.net_pnl_a, ''],
      [`gain of B, ${report.b}`, report.net_pnl_b, ''],
      ...rows,
      ...unexplained,
    ],
    { footer: ['difference, the sum of the parts', report.difference, ''] },
  );
  const columns = [
    words('signal'),
    words('side'),
    numbers('token'),
    words('in'),
    numbers('difference'),
    words('parts'),
  ];
  const lines = differing.slice(0, SHOWN).map((each) => [
    indianTime(Date.parse(each.ts)),
    each.side,
    String(each.instrument_token),
    each.in,
    each.difference,
    Object.entries(each.parts)
      .filter(([, amount]) => amount !== '0.00')
      .map(([part, amount]) => `${part} ${amount}`)
      .join(', '),
  ]);
  const list = lines.length === 0 ? 'No signal differs.\n' : renderTable(columns, lines);
  const more = differing.length > SHOWN ? `and ${differing.length - SHOWN} more; --json has all\n` : '';
  return `${table}\n${signals.both} signals in both, ${signals.only_a} in A only, ${signals.only_b} in B only\n\n${list}${more}`;
}
