// Composes the Kite simulator from the project's own parts: instruments and calendar from their files, ticks from a feed,
// its book in the data directory. It runs as a command of its own, or inside a process that hands its own ticks on.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { CalendarError, type Calendar } from '#core/market/calendar.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { BookFileError, sqliteStorage } from '#kite-simulator/account/sqlite-storage.ts';
import { contractsOf, rehearsalContracts } from '#kite-simulator/catalogue.ts';
import { SIMULATOR_CREDENTIALS, type Credentials, type SimulatorOptions } from '#kite-simulator/options.ts';
import { KiteSimulator } from '#kite-simulator/simulator.ts';
import { serveKite, type KiteServer } from '#kite-simulator/transport.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed, type FeedPosition } from '#ports/feed.ts';
import { type Settings } from './config/settings-schema.ts';
import { openFeed } from './feeds.ts';
import { CALENDARS, INSTRUMENTS } from './project.ts';

export interface KiteSimulatorSettings {
  /** 0: a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Names the book's file there; several accounts in one directory have names of their own. */
  readonly bookName?: string | undefined;
  readonly credentials?: Credentials | undefined;
  readonly seed: number;
  readonly postbackUrl?: string | undefined;
  readonly redirectUrl?: string | undefined;
}

export interface OpenKiteSimulator {
  readonly simulator: KiteSimulator;
  readonly server: KiteServer;
  close(): Promise<void>;
}

export interface KiteSimulatorParts {
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly instruments: InstrumentDirectory;
  readonly onProblem: (message: string) => void;
}

/** Opens the book and listens on loopback. Whoever opened it hands it ticks. */
export async function openKiteSimulator(
  { port, dataDir, bookName, seed, credentials, postbackUrl, redirectUrl }: KiteSimulatorSettings,
  { clock, calendar, instruments, onProblem }: KiteSimulatorParts,
): Promise<OpenKiteSimulator> {
  const storage = sqliteStorage(dataDir, bookName);
  const options: SimulatorOptions = {
    contracts: [...contractsOf(instruments.listings), ...rehearsalContracts()],
    clock,
    storage,
    seed,
    credentials,
    isOpen: (segment, at) => isOpen(calendar, segment, at),
    postbackUrl,
    redirectUrl,
    onProblem,
  };
  const simulator = new KiteSimulator(options);
  try {
    const server = await serveKite(simulator, port);
    return {
      simulator,
      server,
      close: async () => {
        await server.close();
        await simulator.close();
      },
    };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

export interface KiteSimulatorRun {
  readonly settings: Settings;
  readonly run: Pick<KiteSimulatorSettings, 'port' | 'postbackUrl' | 'redirectUrl'>;
  readonly stop: AbortSignal;
  /** What a person is told. */
  readonly say: (text: string) => Promise<void>;
  readonly complain: (text: string) => void;
}

const BATCH = 2_048;
/** After a crash the feed goes on at most so much earlier. */
const KEEP_POSITION_MS = 1_000;

/** Runs until `stop` is aborted or the feed ends. Returns the exit code. */
export async function runKiteSimulator({ settings, run, stop, say, complain }: KiteSimulatorRun): Promise<number> {
  const clock = systemClock();
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  const instruments = loadInstruments(INSTRUMENTS);
  const { dataDir } = settings;
  let open: OpenKiteSimulator;
  try {
    const parts = { clock, calendar, instruments, onProblem: complain };
    open = await openKiteSimulator({ ...run, dataDir, seed: settings.feed.seed }, parts);
  } catch (error) {
    const found = explain(error, run.port);
    if (found === undefined) throw error;
    complain(found);
    return 1;
  }
  try {
    const position = open.simulator.broker.book.value('feed') as FeedPosition | undefined;
    const kept = position === undefined ? undefined : { position, skip: 0 };
    const feed = await openFeed({ settings, calendar, instruments, now: () => clock.monotonicMs(), kept });
    try {
      await say(greeting(open.server));
      await pump(open.simulator, feed, clock, stop);
      return 0;
    } finally {
      await feed.close();
    }
  } finally {
    await open.close();
  }
}

async function pump(simulator: KiteSimulator, feed: Feed, clock: Clock, stop: AbortSignal): Promise<void> {
  const batch = new TickBatch(BATCH, true);
  const symbols = feed.instruments;
  let keptAt = clock.monotonicMs();
  while (!stop.aborted) {
    batch.clear();
    const read = await feed.read(batch, BATCH);
    if (read === 'finished') break;
    simulator.onBatch(batch, symbols);
    if (clock.monotonicMs() - keptAt >= KEEP_POSITION_MS) {
      keptAt = clock.monotonicMs();
      keep(simulator, feed);
    }
    if (read === 'idle') await clock.sleep(Math.max(1, feed.idleMs()), stop);
    else await clock.turn();
  }
  keep(simulator, feed);
}

function keep(simulator: KiteSimulator, feed: Feed): void {
  simulator.broker.book.setValue('feed', feed.position());
  simulator.broker.exchange.settle();
}

function greeting({ url, tickerUrl }: KiteServer): string {
  const { apiKey, apiSecret } = SIMULATOR_CREDENTIALS;
  return [
    `Kite simulator: ${url}`,
    `  ticker   ${tickerUrl}`,
    `  login    ${url}/connect/login?api_key=${apiKey}&v=3`,
    `  faults   ${url}/simulator/faults`,
    `  API key ${apiKey}, API secret ${apiSecret}. No real money, no real account. Ctrl-C ends it.`,
    '',
  ].join('\n');
}

/** A segment that the calendar does not know is always open: it moves by hand only. */
function isOpen(calendar: Calendar, segment: string, at: EpochMs): boolean {
  try {
    return calendar.phaseAt(segment, at) === 'open';
  } catch (error) {
    if (error instanceof CalendarError) return true;
    throw error;
  }
}

function explain(error: unknown, port: number): string | undefined {
  if (error instanceof BookFileError) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE')
    return `the port ${port} is in use; stop what listens there, or choose another with --port`;
  return undefined;
}
