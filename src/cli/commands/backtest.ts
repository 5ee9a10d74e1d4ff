// `alpha-panda backtest`: turns flags into a run over recorded ticks; the run itself is the application's.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { JournalOptions } from '#app/research/execute.ts';
import type { Run } from '#app/research/run-record.ts';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import type { Settings } from '#app/config/settings-schema.ts';
import { needed, oneOf, UsageError, wholeNumber } from '../arguments.ts';
import { DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, type Io } from '../io.ts';
import { settingsFor, type Overrides } from '../settings.ts';

export const backtestCommand = defineCommand(
  {
    name: 'backtest',
    summary: 'Runs one strategy over recorded ticks, through the same stages as live, and reports.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: {
      ticks: { kind: 'text', value: 'PATH', help: 'A file or folder of recorded ticks. Needed.' },
      strategy: { kind: 'text', value: 'ID', help: 'What to run; `alpha-panda strategies list` names them. Needed.' },
      param: { kind: 'list', value: 'K=V', help: 'A parameter of the strategy; the others have their defaults.' },
      settings: { kind: 'text', value: 'FILE', help: 'Settings, one NAME=value a line, over those in force.' },
      capital: { kind: 'text', value: 'N', help: 'Starting cash in rupees, instead of the setting.' },
      report: { kind: 'text', value: 'FILE.html', help: 'Write the report as a page, too.' },
      journal: {
        kind: 'text',
        value: 'FILE',
        help: 'Keep every tick and every event in FILE; `alpha-panda journal` reads it.',
      },
      'journal-of': { kind: 'text', value: 'all|orders', help: 'What the journal keeps; all unless given.' },
      sweep: { kind: 'switch', value: '', help: 'Try every set of the parameters given as FROM:TO:STEP or A,B.' },
      samples: { kind: 'text', value: 'N', help: 'Draw N sets from the grid instead of trying all.' },
      'walk-forward': {
        kind: 'text',
        value: 'FOLDS',
        help: 'Choose by the past of each fold, and count only the fold.',
      },
      window: {
        kind: 'text',
        value: 'PARTS',
        help: 'Let a fold learn from the last PARTS before it, each as long as a fold, not from all.',
      },
      sort: { kind: 'text', value: 'METRIC', help: 'What is best in a sweep; sharpe unless given.' },
      seed: { kind: 'text', value: 'S', help: 'Seed of what is drawn here; 1 unless given.' },
      jobs: { kind: 'text', value: 'N', help: 'Threads of a sweep; one for each core unless given.' },
      'check-lookahead': {
        kind: 'switch',
        value: '',
        help: 'Test that decisions do not know the future; 1 if they do.',
      },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'Example: alpha-panda backtest --ticks ticks.csv.gz --strategy sma_crossover --param fast=20 --capital 500000',
      'Sweep: alpha-panda backtest --ticks DAY --strategy sma_crossover --sweep --param fast=5:20:5 --param slow=30,60',
      'A sweep that was interrupted goes on where it stopped when it is asked for again.',
      'Each run is kept under the data directory; `alpha-panda runs` lists, compares and repeats them.',
    ],
  },
  async ({ flags }, io) => {
    const ticks = resolve(io.folder, needed('ticks', flags.ticks));
    const strategy = needed('strategy', flags.strategy);
    const parameters = readParameters(flags.param);
    const settings = await backtestSettings(io, flags);
    const seed = flags.seed === undefined ? 1 : wholeNumber('seed', flags.seed, 0);
    const isSweep = flags.sweep || flags.samples !== undefined || flags['walk-forward'] !== undefined;
    if (!isSweep && (flags.sort ?? flags.jobs) !== undefined) {
      throw new UsageError('--sort and --jobs are of a sweep: give --sweep, --samples or --walk-forward, too');
    }
    const journal = journalOf(io, flags);
    if (journal !== undefined && (isSweep || flags['check-lookahead'])) {
      throw new UsageError('--journal is of one run: run the set you want a journal of');
    }
    if (flags.window !== undefined && flags['walk-forward'] === undefined) {
      throw new UsageError('--window is of a walk-forward: give --walk-forward FOLDS, too');
    }
    if (isSweep) {
      if (flags['check-lookahead']) throw new UsageError('--check-lookahead tests one set of parameters, not a sweep');
      if (flags.report !== undefined) throw new UsageError('--report is of one run: run the set you want a report of');
      const { sweepCommand } = await import('../sweep.ts');
      return sweepCommand(io, { ...flags, settings, ticks, strategy, parameters, seed });
    }
    if (flags['check-lookahead']) {
      const { lookAheadCommand } = await import('../sweep.ts');
      return lookAheadCommand(io, { json: flags.json, settings, ticks, strategy, parameters, seed });
    }
    const [{ makeRun }, { saveRun }] = await Promise.all([
      import('#app/research/make-run.ts'),
      import('#app/research/run-store.ts'),
    ]);
    const createdAt = new Date().toISOString();
    const run = await makeRun({ settings, ticks, strategy, parameters, createdAt, journal });
    saveRun(settings.dataDir, run);
    if (flags.report !== undefined) await writeReport(resolve(io.folder, flags.report), run);
    await io.stdout.write(flags.json ? `${JSON.stringify(await jsonOf(run))}\n` : await textOf(run));
    return EXIT.good;
  },
);

interface JournalFlags {
  readonly journal: string | undefined;
  readonly 'journal-of': string | undefined;
}

function journalOf(io: Io, flags: JournalFlags): JournalOptions | undefined {
  const scope = oneOf('--journal-of', flags['journal-of'] ?? 'all', ['all', 'orders'] as const);
  if (flags.journal !== undefined) return { path: resolve(io.folder, flags.journal), scope };
  if (flags['journal-of'] === undefined) return undefined;
  throw new UsageError('--journal-of is of a journal: give --journal FILE, too');
}

interface SettingsFlags {
  readonly settings: string | undefined;
  readonly capital: string | undefined;
  readonly 'data-dir': string | undefined;
}

/** The settings in force, those of the file over them, and the capital over those. */
async function backtestSettings(io: Io, flags: SettingsFlags): Promise<Settings> {
  const capital = flags.capital === undefined ? undefined : readCapital(flags.capital);
  const overrides = flags.settings === undefined ? {} : await readSettingsFile(io, flags.settings);
  const { settings } = await settingsFor(io, { ...overrides, DATA_DIR: flags['data-dir'] });
  const brokers = settings.brokers.map((broker) => ({
    ...broker,
    startingCash: (capital ?? broker.startingCash) as typeof broker.startingCash,
  }));
  return { ...settings, dataDir: resolve(io.folder, settings.dataDir), brokers };
}

async function writeReport(path: string, run: Run): Promise<void> {
  const { reportPage } = await import('#app/research/report.ts');
  await writeFile(path, reportPage(run));
}

/** Everything but the plan, which `runs show --json` has. */
async function jsonOf({ record, detail }: Run): Promise<Readonly<Record<string, unknown>>> {
  const { luckOf } = await import('#app/research/luck.ts');
  const { summary, plan: _plan, id, ...rest } = record;
  return { ...summary, run_id: id, ...rest, luck: luckOf(detail) };
}

async function textOf({ record, detail }: Run): Promise<string> {
  const [{ recordText }, { luckOf }] = await Promise.all([import('../run-text.ts'), import('#app/research/luck.ts')]);
  return recordText(record, luckOf(detail));
}

function readParameters(given: readonly string[]): Readonly<Record<string, string>> {
  const parameters: Record<string, string> = {};
  for (const text of given) {
    const [, name, value] = /^([^=\s]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`expected --param as NAME=VALUE, such as fast=10, found "${text}"`);
    }
    if (Object.hasOwn(parameters, name)) throw new UsageError(`the parameter ${name} is given more than once`);
    parameters[name] = value;
  }
  return parameters;
}

function readCapital(text: string): string {
  const units = parseDecimal(text) ?? 0;
  if (units > 0) return formatDecimal(units);
  throw new UsageError(`expected --capital to be rupees above zero with at most 4 decimals, found "${text}"`);
}

/** The file's settings count like flags: each must be known. */
async function readSettingsFile(io: Io, path: string): Promise<Overrides> {
  const { readSettingsFile: read } = await import('#app/reading/settings.ts');
  return read(resolve(io.folder, path), path);
}
