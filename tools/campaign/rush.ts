// `npm run campaign -- --rush SECONDS`: 27,000 ticks a second in real time on servers of its own, three times as many for
// two seconds of each half minute. When the market ends nothing may wait, and memory may not have grown.
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EventLog } from '#ports/event-log.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { lastWords, type Program } from '../../test/e2e/support/processes.ts';
import { Deployment } from '../../test/services/deployment.ts';
import { startServers, type Ends } from './started-servers.ts';

const INSTRUMENTS = 2_700;
const TICKS_PER_MS = 27;
const BURST_TICKS_PER_MS = 81;
const BURST_EVERY_MS = 30_000;
const BURST_FROM_MS = 5_000;
const BURST_MS = 2_000;
const START = Date.UTC(2026, 0, 5, 4);
const RECORD_BYTES = 16;
const LOOK_MS = 2_000;
const END_WITHIN_MS = 300_000;
/** How late the last tick may be committed and published. */
const LATE_MS_MAX = 2_000;
/** The last fifth of the run against the second. */
const GROWTH_MAX = 1.1;

export interface Rush {
  readonly ticks: number;
  /** From when the last tick was due until everything was committed, published, and the process had ended. */
  readonly lateMs: number;
  /** The longest that a commit was behind the market, as it was looked at. */
  readonly longestLagMs: number;
  /** The same of what stands in the log. */
  readonly longestPublishingLagMs: number;
  readonly memoryMb: readonly number[];
  readonly growth: number;
  readonly holds: boolean;
}

/** Runs so many seconds of market in as many seconds. Throws when the platform does not end well. */
export async function rush(seconds: number): Promise<Rush> {
  const [ends, servers]: readonly [Ends, Ends] = [[], []];
  try {
    const { where } = await startServers(servers);
    const context = { after: (end: unknown) => ends.push(end as () => unknown) };
    const deployment = await Deployment.make(context, {}, where);
    const { place } = deployment;
    await place.output('migrate');
    const tape = join(place.folder, 'rush.bin');
    const ticks = await writeMarket(tape, seconds);
    const flags = ['start', '--feed', `tape:${tape}`, '--speed', '1', '--once'];
    const program = place.program(flags, {}, { lifeMsMax: seconds * 1_000 + END_WITHIN_MS });
    return { ticks, ...(await watch(program, deployment, seconds * 1_000)) };
  } finally {
    for (const end of [...ends, ...servers]) await end();
  }
}

function ticksIn(ms: number): number {
  const into = ms % BURST_EVERY_MS;
  return into >= BURST_FROM_MS && into < BURST_FROM_MS + BURST_MS ? BURST_TICKS_PER_MS : TICKS_PER_MS;
}

/** The ticks of each millisecond; prices walk, and walk the same each time. */
async function writeMarket(path: string, seconds: number): Promise<number> {
  const file = createWriteStream(path);
  const prices = Uint32Array.from({ length: INSTRUMENTS }, (_, k) => 10_000 + k * 100);
  let [state, ticks] = [1, 0];
  for (let ms = 0; ms < seconds * 1_000; ms++) {
    const count = ticksIn(ms);
    const bytes = Buffer.allocUnsafe(count * RECORD_BYTES);
    for (let k = 0; k < count; k++) {
      const instrument = ticks++ % INSTRUMENTS;
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const price = (prices[instrument] as number) + (state < 0x5555_5555 ? -5 : state > 0xaaaa_aaaa ? 5 : 0);
      prices[instrument] = Math.max(price, 5_000);
      bytes.writeDoubleLE(START + ms, k * RECORD_BYTES);
      bytes.writeUInt32LE(instrument, k * RECORD_BYTES + 8);
      bytes.writeUInt32LE(prices[instrument], k * RECORD_BYTES + 12);
    }
    if (!file.write(bytes)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return ticks;
}

/** When each tick is due, in milliseconds from the first: asked for numbers that only grow. */
class Timetable {
  #ms = 0;
  #before = 0;

  dueMs(tick: number): number {
    while (this.#before + ticksIn(this.#ms) <= tick) this.#before += ticksIn(this.#ms++);
    return this.#ms;
  }
}

/** How far something is behind the market, whose beginning is the earliest that any look allows. */
class Lag {
  readonly #timetable = new Timetable();
  longestMs = 0;

  /** @param began when the first tick was due; returns an earlier moment when `ticks` show that it was earlier */
  look(ticks: number, began: number): number {
    const shown = performance.now() - this.#timetable.dueMs(ticks);
    if (shown <= began) return shown;
    this.longestMs = Math.max(this.longestMs, shown - began);
    return began;
  }
}

type Watched = Omit<Rush, 'ticks'>;

async function watch(program: Program, { place, log }: Deployment, marketMs: number): Promise<Watched> {
  const [committing, publishing, memory]: [Lag, Lag, number[]] = [new Lag(), new Lag(), []];
  let [over, began] = [false, Infinity];
  const ended = program.ended.finally(() => (over = true));
  while (!over) {
    const committed = place.ticks();
    if (committed > 0) {
      began = committing.look(committed, began);
      publishing.look(await publishedTicks(log), began);
      const resident = residentMb(program.pid);
      if (resident !== undefined) memory.push(resident);
    }
    await Promise.race([sleep(LOOK_MS), ended]);
  }
  const { code } = await ended;
  if (code !== 0) throw new Error(lastWords(await ended));
  const lateMs = Math.round(performance.now() - began - marketMs);
  const growth = median(fifth(memory, 4)) / median(fifth(memory, 1));
  const holds = lateMs <= LATE_MS_MAX && growth <= GROWTH_MAX;
  const [longestLagMs, longestPublishingLagMs] = [committing, publishing].map(({ longestMs }) => Math.round(longestMs));
  return { lateMs, longestLagMs, longestPublishingLagMs, memoryMb: memory, growth, holds } as Watched;
}

async function publishedTicks(log: EventLog): Promise<number> {
  const ranges = (await log.topics()).filter(({ topic }) => topic === MARKET_TICKS);
  return ranges.reduce((sum, { end }) => sum + end, 0);
}

/** Undefined once the process is gone. */
function residentMb(pid: number): number | undefined {
  try {
    const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Math.round(Number(kb) / 1_024);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function fifth(values: readonly number[], k: number): readonly number[] {
  return values.slice(Math.floor((values.length * k) / 5), Math.ceil((values.length * (k + 1)) / 5));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
