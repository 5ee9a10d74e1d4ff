// Whether a strategy decides from the past alone: the tape is cut, and its future falsified, and what was decided before the
// cut must be the same to the byte. A strategy that remembers an earlier run, or asks the machine, is found too.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { draw } from '#core/random.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Settings } from '../config/settings-schema.ts';
import { RequestError } from '../reading/open-store.ts';
import { execute } from './execute.ts';
import { type GivenParameters, openWorkbench, tapeRules, type Workbench } from './prepare.ts';
import { streamTape, type TickSource } from './tick-source.ts';

const CUTS = 5;
const FIVE_PAISE = 500;

export interface LookAheadRequest {
  readonly settings: Settings;
  readonly ticks: string;
  readonly strategy: string;
  readonly parameters: GivenParameters;
  readonly seed: number;
}

export interface LookAheadResult {
  readonly passed: boolean;
  /** Rows of the tape before each cut. */
  readonly cuts: readonly number[];
  /** Decisions of the whole run: none proves nothing. */
  readonly decisions: number;
  readonly problems: readonly string[];
}

/** Throws `FeedError`, `DeploymentError` or `RequestError`. */
export async function checkLookAhead(request: LookAheadRequest): Promise<LookAheadResult> {
  const { settings, ticks, strategy, parameters, seed } = request;
  const open = async (): Promise<TickSource> => streamTape(ticks, tapeRules(settings));
  const counted = await open();
  const rows = await countRows(counted);
  const bench = await openWorkbench(settings, counted.instruments, strategy);
  if (rows <= CUTS) throw new RequestError(`the tape has ${rows} usable rows; a check needs more than ${CUTS}`);
  const cuts = cutsOf(rows, seed);
  const whole = await decisionsAt(new CutSource(await open(), cuts), bench, parameters, cuts);
  const problems = forbiddenWords(settings.strategiesDir);
  const again = await decisionsAt(new CutSource(await open(), cuts), bench, parameters, cuts);
  for (const [k, cut] of cuts.entries()) {
    const lines: readonly (readonly [string, Digest | undefined])[] = [
      ['the run is made again', again.at[k]],
      [
        'the tape ends there',
        (await decisionsAt(new CutSource(await open(), [cut], 'end'), bench, parameters, [cut])).at[0],
      ],
      [
        'other prices follow',
        (await decisionsAt(new CutSource(await open(), [cut], seed), bench, parameters, [cut])).at[0],
      ],
    ];
    for (const [what, found] of lines) {
      if (found?.hash !== whole.at[k]?.hash) problems.push(`decisions before row ${cut} differ when ${what}`);
    }
  }
  if (whole.decisions === 0)
    problems.push('the strategy decided nothing on this tape, so nothing is shown: take a longer one');
  return { passed: problems.length === 0, cuts, decisions: whole.decisions, problems };
}

interface Digest {
  readonly hash: string;
}

async function decisionsAt(
  source: CutSource,
  { planOf, catalogue, calendar }: Workbench,
  parameters: GivenParameters,
  cuts: readonly number[],
): Promise<{ readonly at: readonly (Digest | undefined)[]; readonly decisions: number }> {
  const found = new Map<number, Digest>();
  try {
    const { recorder } = await execute({
      plan: planOf(parameters),
      catalogue,
      calendar,
      source,
      batchTicks: 4_096,
      onBatch: (ticks, recorded) => {
        if (cuts.includes(ticks)) found.set(ticks, { hash: recorded.digest() });
      },
    });
    return { at: cuts.map((cut) => found.get(cut)), decisions: recorder.decisions };
  } finally {
    await source.close();
  }
}

/** A tape whose batches end at the cuts; after the last of them it ends, or goes on with prices drawn from a seed. */
class CutSource implements TickSource {
  readonly tape: string;
  readonly instruments: TickSource['instruments'];
  readonly sources: TickSource['sources'];
  readonly #inner: TickSource;
  readonly #cuts: readonly number[];
  readonly #after: 'same' | 'end' | number;
  readonly #read = new TickBatch(4_096, false);
  #place = 0;
  #row = 0;

  constructor(inner: TickSource, cuts: readonly number[], after: 'same' | 'end' | number = 'same') {
    this.#inner = inner;
    this.#cuts = cuts;
    this.#after = after;
    this.tape = inner.tape;
    this.instruments = inner.instruments;
    this.sources = inner.sources;
  }

  async next(batch: TickBatch): Promise<boolean> {
    const last = this.#cuts.at(-1) as number;
    if (this.#after === 'end' && this.#row >= last) return false;
    const stop = this.#cuts.find((cut) => cut > this.#row) ?? Infinity;
    while (batch.count < batch.capacity && this.#row < stop) {
      if (this.#place === this.#read.count && !(await this.#refill())) break;
      const k = this.#place++;
      const { instrument, time, price, volume, sequence } = this.#read;
      const seen = price[k] as number;
      const shown =
        typeof this.#after === 'number' && this.#row >= last ? falsified(seen, this.#after, this.#row) : seen;
      batch.push(instrument[k] as number, time[k] as number, shown, volume[k] as number, sequence[k] as number);
      this.#row++;
    }
    return batch.count > 0;
  }

  refused(): ReturnType<TickSource['refused']> {
    return this.#inner.refused();
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  async #refill(): Promise<boolean> {
    this.#read.clear();
    this.#place = 0;
    return this.#inner.next(this.#read);
  }
}

/** From half to one and a half times the price, on a step of five paise. */
function falsified(price: number, seed: number, row: number): number {
  const share = 0.5 + draw(seed, 'falsified', row) / 0x1_0000_0000;
  return Math.max(1, Math.round((price * share) / FIVE_PAISE)) * FIVE_PAISE;
}

async function countRows(source: TickSource): Promise<number> {
  const batch = new TickBatch(4_096, false);
  let rows = 0;
  try {
    while (await source.next(batch)) {
      rows += batch.count;
      batch.clear();
    }
    return rows;
  } finally {
    await source.close();
  }
}

/** Different rows in ascending order, none of them the first or the last. */
function cutsOf(rows: number, seed: number): readonly number[] {
  const cuts = new Set<number>();
  for (let k = 0; cuts.size < Math.min(CUTS, rows - 1); k++) cuts.add(1 + (draw(seed, 'cut', k) % (rows - 1)));
  return [...cuts].sort((a, b) => a - b);
}

/** What a strategy may not name: a future can be read from a file, and time and chance do not repeat. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bfrom\s*['"](?:node:|fs|http|https|net)/, 'imports a module of the machine'],
  [/\b(?:import|require)\s*\(/, 'loads a module while it runs'],
  [/\b(?:process|globalThis)\s*\./, 'asks the process'],
  [/\bfetch\s*\(/, 'asks the network'],
  [/\bDate\b|\bperformance\./, 'asks the clock of the machine'],
  [/\bMath\.random\b/, 'draws chance that does not repeat'],
];

/** Of the user's own folder; the strategies that ship are fenced by the compiler. */
function forbiddenWords(strategiesDir: string | undefined): string[] {
  if (strategiesDir === undefined) return [];
  const names = readdirSync(strategiesDir).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  return names.toSorted().flatMap((name) => {
    const code = readFileSync(join(strategiesDir, name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return FORBIDDEN.filter(([pattern]) => pattern.test(code)).map(([, what]) => `${name} ${what}`);
  });
}
