// What `alpha-panda doctor` looks at before the market opens, when ticks or orders are live: who is signed in, whether the broker
// answers for the account, and whether its instruments are those of our lists.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { differencesIn } from '#adapters/zerodha/instruments-dump.ts';
import { formatDay, dayOf, type EpochMs } from '#core/time.ts';
import { type ZerodhaBrokerSettings } from '../config/brokers.ts';
import { type Settings } from '../config/settings-schema.ts';
import { InstrumentsMaster } from '../instruments-master.ts';
import { KeptToken, sessionOf, type KiteApp } from '../kite-app.ts';
import { openDataAccess } from '../kite-login.ts';
import { INSTRUMENTS } from '../project.ts';
import { type Finding } from './doctor.ts';

const NAMED = 3;

/** Nothing without live ticks. */
export async function liveFindings(settings: Settings, now: EpochMs): Promise<readonly Finding[]> {
  const { feed, zerodha, brokers, dataDir } = settings;
  if (feed.source.kind !== 'zerodha') return [];
  const accounts = brokers.filter((broker): broker is ZerodhaBrokerSettings => broker.mode === 'live');
  const findings = [await session('zerodha', zerodha, undefined, settings)];
  for (const account of accounts) findings.push(await session(account.id, account, account.userId, settings));
  return [...findings, instruments(dataDir, now)];
}

async function session(name: string, app: KiteApp, userId: string | undefined, settings: Settings): Promise<Finding> {
  const check = userId === undefined ? 'feed session' : `account ${name}`;
  const troubles: string[] = [];
  const token = new KeptToken(app, settings, (trouble) => troubles.push(trouble)).load();
  const remedy = `run: npx alpha-panda login ${name}`;
  if (token === undefined)
    return { level: 'warn', check, text: [...troubles, `nobody is signed in; ${remedy}`].join('; ') };
  if (userId !== undefined && token.userId !== userId) {
    return {
      level: 'fail',
      check,
      text: `the session is of ${token.userId}, and the orders belong to ${userId}; ${remedy}`,
    };
  }
  const kite = sessionOf(app);
  kite.begin(token);
  const access = openDataAccess(kite, app.kiteRoot, systemClock());
  try {
    const profile = await access.client.profile();
    if (profile.kind === 'read') return { level: 'ok', check, text: `signed in as ${profile.value.userId}` };
    return {
      level: 'warn',
      check,
      text: `the session of ${token.userId} does not work (${profile.message}); ${remedy}`,
    };
  } finally {
    access.close();
  }
}

function instruments(dataDir: string, now: EpochMs): Finding {
  const check = 'instruments';
  const newest = new InstrumentsMaster(dataDir).newest();
  const remedy = 'run: npx alpha-panda instruments sync';
  if (newest === undefined) return { level: 'warn', check, text: `the broker's list was never downloaded; ${remedy}` };
  const { listings } = loadInstruments(INSTRUMENTS);
  const differences = differencesIn(listings, newest.rows);
  if (differences.length > 0) {
    const some = differences.slice(0, NAMED).map(({ what }) => what);
    const more = differences.length > NAMED ? ` and ${differences.length - NAMED} more` : '';
    return {
      level: 'warn',
      check,
      text: `not what config/instruments says: ${some.join('; ')}${more}; correct the list`,
    };
  }
  const today = formatDay(dayOf(now));
  if (newest.day !== today) return { level: 'warn', check, text: `the newest list is of ${newest.day}; ${remedy}` };
  return { level: 'ok', check, text: `${newest.rows.length} of ${newest.day}, ours among them` };
}
