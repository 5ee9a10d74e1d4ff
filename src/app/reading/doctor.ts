// What `alpha-panda doctor` looks at. Each check stands alone and says what to do, so that one that fails hides no other.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { openReader } from '../open-place.ts';
import { placeOf, type Place } from '../place.ts';
import { readCalendarData } from '#adapters/calendar-files/calendar-files.ts';
import { loadCharges } from '#adapters/charge-files/charge-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { sessionCalendar } from '#core/market/session-calendar.ts';
import { chargedUntil } from '#core/portfolio/charges.ts';
import { dayOf, formatDay, type DayNumber, type EpochMs } from '#core/time.ts';
import { type NamespacePlan } from '#core/plan.ts';
import { selfTest, type ControlTest } from '#core/risk/self-test.ts';
import { StoreError } from '#ports/store.ts';
import { sha256 } from '#wire/canonical.ts';
import type { LoadedSettings } from '../config/load-settings.ts';
import { formatProblem } from '../config/problem.ts';
import type { Settings } from '../config/settings-schema.ts';
import { deployedFiles, resolveDeployment } from '../deployments.ts';
import { ModelFiles } from '../models.ts';
import { CALENDARS, CHARGES, INSTRUMENTS } from '../project.ts';
import { namespacePlan } from '../plan.ts';
import { loadStrategies } from '../strategies.ts';
import { liveFindings } from './doctor-live.ts';
import { readSettings, SettingsError, type SettingsRequest } from './settings.ts';

export type Level = 'ok' | 'warn' | 'fail';

/** What one check found; a `warn` or `fail` says what to do. */
export interface Finding {
  readonly level: Level;
  readonly check: string;
  readonly text: string;
}

export interface DoctorRequest extends SettingsRequest {
  readonly now: EpochMs;
  readonly nodeVersion: string;
}

const NODE_MAJOR = 24;
const DAYS_LEFT = 60;
const MEBIBYTE = 1_048_576;
const FREE_FAIL = 64 * MEBIBYTE;
const FREE_WARN = 2_048 * MEBIBYTE;
const ANSWER_MS = 1_000;

/** Runs every check; those that need settings are left out, by name, when the settings cannot be used. */
export async function examine(request: DoctorRequest): Promise<readonly Finding[]> {
  const findings = [nodeVersion(request.nodeVersion), ...secrecy(join(request.folder, '.env'))];
  let loaded: LoadedSettings;
  try {
    loaded = readSettings({ ...request, folders: true });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const left = { level: 'warn', check: 'the rest', text: 'not checked; correct the settings first' } as const;
    return [
      ...findings,
      { level: 'fail', check: 'settings', text: error.message },
      ...calendars(request.now),
      charges(request.now),
      left,
    ];
  }
  const { settings, warnings } = loaded;
  return [
    ...findings,
    { level: 'ok', check: 'settings', text: `brokers ${settings.activeBrokers.join(', ')}` },
    ...warnings.map((problem): Finding => ({ level: 'warn', check: 'settings', text: formatProblem(problem) })),
    dataDirectory(settings.dataDir),
    freeSpace(settings.dataDir),
    store(placeOf(settings)),
    ...calendars(request.now),
    charges(request.now),
    ...settings.brokers.map((broker) => riskGate(namespacePlan(broker, settings))),
    ...(await attempt('strategies', () => strategies(settings))),
    ...(await attempt('feed', () => feed(settings))),
    ...(await liveFindings(settings, request.now)),
    await port(settings.api.host, settings.api.port),
  ];
}

function nodeVersion(found: string): Finding {
  const good = Number(found.split('.')[0]) >= NODE_MAJOR;
  const text = good
    ? found
    : `expected ${NODE_MAJOR} or later, found ${found}; run through npx alpha-panda, which brings it`;
  return { level: good ? 'ok' : 'fail', check: 'node', text };
}

/** Other users of this machine must not be able to read credentials. */
function secrecy(path: string): Finding[] {
  if (!existsSync(path)) return [];
  const readable = (statSync(path).mode & 0o077) !== 0;
  const text = readable ? `other users can read ${path}; run: chmod 600 ${path}` : `${path} is yours alone`;
  return [{ level: readable ? 'warn' : 'ok', check: 'secrets', text }];
}

function dataDirectory(dataDir: string): Finding {
  const check = 'data directory';
  const path = resolve(dataDir);
  const made = existsSync(path);
  const asked = nearestFolder(path);
  try {
    accessSync(asked, constants.W_OK | constants.X_OK);
  } catch {
    return {
      level: 'fail',
      check,
      text: `${asked} cannot be written; give yourself the right, or choose another DATA_DIR`,
    };
  }
  if (!made) return { level: 'ok', check, text: `${path} will be made at the first start` };
  if ((statSync(path).mode & 0o077) === 0) return { level: 'ok', check, text: path };
  return { level: 'warn', check, text: `other users can read ${path}; run: chmod 700 ${path}` };
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

function freeSpace(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(resolve(dataDir)));
  const free = bavail * bsize;
  const text = `${Math.floor(free / MEBIBYTE)} MiB free`;
  if (free >= FREE_WARN) return { level: 'ok', check: 'disk', text };
  const remedy = `${text}; make room, or lower STORE__TICK_RETENTION_MB`;
  return { level: free < FREE_FAIL ? 'fail' : 'warn', check: 'disk', text: remedy };
}

/** Opening reads the file's structure; the newest snapshot is what the next start would begin with. */
function store(place: Place): Finding {
  const check = 'store';
  try {
    const reader = openReader(place);
    try {
      const [newest] = reader.snapshots();
      if (newest !== undefined && sha256(newest.body) !== newest.hash) {
        const text = `the snapshot at input ${newest.seq} does not match its hash; run alpha-panda verify`;
        return { level: 'fail', check, text };
      }
      return { level: 'ok', check, text: `${reader.lastSeq()} inputs, ${reader.snapshots().length} snapshots` };
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'MISSING') return { level: 'ok', check, text: 'none yet; the first start makes it' };
    return { level: 'fail', check, text: error.message };
  }
}

function calendars(now: EpochMs): Finding[] {
  const check = 'calendar';
  try {
    const files = readCalendarData(CALENDARS);
    // Files that are right by themselves may still claim the same segment.
    sessionCalendar(files);
    const remedy = "add the next year from the exchange's circular, or live trading cannot be armed";
    return files.map(({ source, to, segments }) => {
      return ending(check, `${basename(source)} (${[...segments.keys()].join(', ')})`, to, now, remedy);
    });
  } catch (error) {
    return [{ level: 'fail', check, text: messageOf(error) }];
  }
}

function charges(now: EpochMs): Finding {
  const check = 'charges';
  try {
    const to = chargedUntil(loadCharges(CHARGES));
    return ending(
      check,
      'config/charges',
      to,
      now,
      'check the last rates and extend "covers", or nothing can be charged',
    );
  } catch (error) {
    return { level: 'fail', check, text: messageOf(error) };
  }
}

/** Dated data that has ended, or will soon. */
function ending(check: string, name: string, to: DayNumber, now: EpochMs, remedy: string): Finding {
  const left = to - dayOf(now);
  const text = `${name} ends on ${formatDay(to)}`;
  if (left > DAYS_LEFT) return { level: 'ok', check, text };
  const when = left < 0 ? `${-left} days ago` : `in ${left} days`;
  return { level: 'warn', check, text: `${text}, ${when}; ${remedy}` };
}

/** Every control of the gate is fired once against the limits of the settings. */
function riskGate(plan: NamespacePlan): Finding {
  const check = `risk gate ${plan.broker}`;
  const results = selfTest(plan);
  const named = (result: ControlTest['result']): readonly string[] =>
    results.filter((each) => each.result === result).map(({ control }) => control);
  const silent = named('silent');
  if (silent.length > 0) {
    return { level: 'fail', check, text: `did not fire: ${silent.join(', ')}; ${plan.broker} is not armed so` };
  }
  return { level: 'ok', check, text: `${named('fired').length} controls fired, ${named('off').length} are off` };
}

async function strategies(settings: Settings): Promise<string> {
  const catalogue = await loadStrategies(settings.strategiesDir);
  const files = deployedFiles(settings.dataDir);
  const models = new ModelFiles(settings);
  const context = { brokers: settings.activeBrokers, instruments: [], catalogue, models };
  for (const file of files ?? []) resolveDeployment({ ...file, instruments: 'all' }, context);
  const deployed = files === undefined ? 'the shipped set is deployed' : `${files.length} deployments`;
  return `${catalogue.length} strategies; ${deployed}`;
}

function feed({ feed: { source } }: Settings): string {
  const { listings } = loadInstruments(INSTRUMENTS);
  if (source.kind !== 'tape') return `${source.kind}, ${listings.length} instruments listed`;
  accessSync(source.path, constants.R_OK);
  return `tape ${source.path}`;
}

async function attempt(check: string, work: () => Promise<string> | string): Promise<Finding[]> {
  try {
    return [{ level: 'ok', check, text: await work() }];
  } catch (error) {
    return [{ level: 'fail', check, text: messageOf(error) }];
  }
}

/** A port that a running platform holds is as it should be. */
async function port(host: string, number: number): Promise<Finding> {
  const check = 'port';
  if (number === 0) return { level: 'ok', check, text: 'any free one' };
  const problem = await listens(host, number);
  if (problem === undefined) return { level: 'ok', check, text: `${host}:${number} is free` };
  if (await answers(host, number))
    return { level: 'ok', check, text: `a running platform answers on ${host}:${number}` };
  return {
    level: 'fail',
    check,
    text: `${host}:${number} cannot be used (${problem}); end what holds it, or set API__PORT`,
  };
}

/** Undefined when the port can be listened on, else the system's word for why not. */
async function listens(host: string, number: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((settle) => {
    server.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    server.listen(number, host, () => server.close(() => settle(undefined)));
  });
}

async function answers(host: string, number: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${number}/health`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
