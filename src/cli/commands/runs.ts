// `alpha-panda runs`: the backtests that were kept: listed, shown, laid beside each other, made again.
import { resolve } from 'node:path';
import type { RunRecord } from '#app/research/run-record.ts';
import { oneOf, UsageError } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, type Io } from '../io.ts';
import { luckOf } from '#app/research/luck.ts';
import { recordText } from '../run-text.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

const ACTIONS = ['list', 'show', 'compare', 'reproduce'] as const;

export const runsCommand = defineCommand(
  {
    name: 'runs',
    summary: 'Lists, shows, compares and reproduces the backtests that were kept.',
    operands: 'list | show ID | compare ID ID… | reproduce ID',
    operandsMin: 1,
    operandsMax: 20,
    flags: {
      ticks: { kind: 'text', value: 'PATH', help: 'For reproduce: where the tape lies now.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'An ID may be cut short as long as it names one run; `latest` is the newest.',
      'reproduce runs the kept plan over the kept tape; it exits with 1 when anything comes out differently.',
    ],
  },
  async ({ operands, flags }, io) => {
    const [word = '', ...ids] = operands;
    const action = oneOf('the action', word, ACTIONS);
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const dataDir = resolve(io.folder, settings.dataDir);
    const store = await import('#app/research/run-store.ts');
    if (action === 'list') return print(io, flags.json, store.listRuns(dataDir), listText);
    const runs = ids.map((id) => store.findRun(dataDir, id));
    const [run] = runs;
    if (run === undefined) throw new UsageError(`${action} needs the id of a run`);
    if (action === 'compare') {
      if (runs.length < 2) throw new UsageError('compare needs the ids of two runs or more');
      return print(io, flags.json, runs, await comparison());
    }
    if (runs.length > 1) throw new UsageError(`${action} takes the id of one run`);
    if (action === 'show')
      return print(io, flags.json, run, (record) => recordText(record, luckOf(store.readDetail(dataDir, record.id))));
    const { reproduce } = await import('#app/research/make-run.ts');
    const path = flags.ticks === undefined ? run.data.path : resolve(io.folder, flags.ticks);
    const found = await reproduce(run, settings, path);
    const text = found.equal
      ? `run ${run.id} came out the same: ${run.result_sha256}\n`
      : `run ${run.id} came out differently: expected ${found.expected_sha256}, found ${found.found_sha256 ?? 'another tape'}.\n` +
        `  data: ${found.same_data ? 'the same' : 'another tape'}\n  code: ${found.same_code ? 'the same' : 'changed since'}\n`;
    await io.stdout.write(flags.json ? jsonText(found) : text);
    return found.equal ? EXIT.good : EXIT.no;
  },
);

async function print<T>(io: Io, json: boolean, value: T, text: (value: T) => string): Promise<number> {
  await io.stdout.write(json ? jsonText(value) : text(value));
  return EXIT.good;
}

function listText(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'no runs yet; `alpha-panda backtest` makes one\n';
  const columns = [
    words('run'),
    words('made'),
    words('strategy'),
    words('parameters'),
    words('tape'),
    numbers('return'),
    numbers('Sharpe'),
    numbers('trades'),
  ];
  const rows = runs.map((run) => [
    run.id,
    run.created_at.slice(0, 19).replace('T', ' '),
    run.strategy,
    parametersOf(run),
    run.data.tape,
    run.metrics.total_return === null ? '–' : `${(run.metrics.total_return * 100).toFixed(2)} %`,
    run.metrics.sharpe?.toFixed(2) ?? '–',
    String(run.metrics.trades),
  ]);
  return renderTable(columns, rows);
}

/** One column a run, one row a figure. */
async function comparison(): Promise<(runs: readonly RunRecord[]) => string> {
  const { FIGURES, figureText } = await import('#app/research/figures.ts');
  return (runs) => {
    const columns = [words(''), ...runs.map(({ id }) => numbers(id))];
    const line = (title: string, of: (run: RunRecord) => string): string[] => [title, ...runs.map(of)];
    return renderTable(columns, [
      line('strategy', ({ strategy }) => strategy),
      line('parameters', parametersOf),
      line('tape', ({ data }) => data.tape),
      line('code', ({ code }) => code.sha256.slice(0, 8)),
      line('equity', ({ summary }) => summary.equity),
      line('fees', ({ summary }) => summary.fees),
      line('orders', ({ summary }) => String(summary.orders)),
      line('fills', ({ summary }) => String(summary.fills)),
      ...FIGURES.map(({ name, label }) => line(label, ({ metrics }) => figureText(metrics, name))),
      line('result', ({ result_sha256: hash }) => hash.slice(0, 8)),
    ]);
  };
}

function parametersOf({ parameters }: RunRecord): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
