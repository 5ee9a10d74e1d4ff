// A platform of a game day: a process of its own in a folder of its own, that tells its alerts to the receiver.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAccessBook } from '#app/access/open-access.ts';
import { type Settings } from '#app/config/settings-schema.ts';
import { Place } from '../../test/e2e/support/place.ts';
import { type Env, type Program } from '../../test/e2e/support/processes.ts';
import { openReceiver, type Receiver } from './receiver.ts';
import { type Watched, type Line } from './drill.ts';
import { settingsOf } from '../../test/settings/settings-run.ts';
import { freePort } from '../services/free-port.ts';

export interface Stage {
  readonly place: Place;
  readonly program: Program;
  readonly settings: Settings;
  readonly receiver: Receiver;
  readonly watched: Watched;
  /** Runs `alpha-panda ARGS` beside it; throws unless that ends well. */
  readonly run: (...args: readonly string[]) => Promise<void>;
  /** Has the platform take up what its levers say. */
  readonly pull: (levers: object) => void;
}

export interface Ending {
  readonly after: (end: () => unknown) => void;
}

const WEBHOOK_SECRET = 'the-secret-of-a-game-day-0123456789';
const LIFE_MS_MAX = 600_000;
export const GRACE_MS = 3_000;
const OPTIONS = ['--import', pathToFileURL(join(import.meta.dirname, 'levers.mjs')).href];

/** @param prepare lays down what has to lie there before the start; what it returns are settings of that start */
export async function openStage(
  ending: Ending,
  told: (line: Line) => void,
  env: Env,
  prepare: (place: Place) => Promise<Env | undefined> | Env | undefined = () => undefined,
): Promise<Stage> {
  const receiver = await openReceiver(WEBHOOK_SECRET);
  ending.after(async () => receiver.close());
  const port = await freePort();
  const place = new Place(ending, {
    API__PORT: `${port}`,
    AUTH__ENABLE_USER_AUTH: 'true',
    AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef',
    ALERTS__WEBHOOK_URL: `${receiver.url}/alerts`,
    ALERTS__WEBHOOK_SECRET: WEBHOOK_SECRET,
    ALERTS__TELEGRAM_ROOT: receiver.url,
    ALERTS__TELEGRAM_TOKEN: '1:game-day',
    ALERTS__TELEGRAM_CHAT_ID: '1',
    MONITORING__STARTUP_GRACE_PERIOD_SECONDS: `${GRACE_MS / 1_000}`,
    NODE_OPTIONS: OPTIONS.join(' '),
    ...env,
  });
  const settings = settingsOf(place.env);
  const more = await prepare(place);
  const program = place.program(['start'], more, { lifeMsMax: LIFE_MS_MAX });
  await program.said('Application is now running.');
  const key = await withAccessBook(settings, ({ keys }) =>
    keys.create({ label: 'game-day', role: 'viewer', brokers: undefined, days: 1 }),
  );
  return {
    place,
    program,
    settings,
    receiver,
    watched: {
      receiver,
      api: `http://127.0.0.1:${port}`,
      headers: () => ({ authorization: `Bearer ${key}` }),
      told,
    },
    run: async (...args) => {
      const { code, stderr } = await place.run(args, { NODE_OPTIONS: '' });
      if (code !== 0) throw new Error(`alpha-panda ${args.join(' ')} ended with ${code}: ${stderr}`);
    },
    pull: (levers) => {
      writeFileSync(join(place.folder, 'levers.json'), JSON.stringify(levers));
      program.kill('SIGUSR2');
    },
  };
}

export async function waitFor(what: string, look: () => boolean, msMax = 60_000): Promise<void> {
  const until = performance.now() + msMax;
  while (!look()) {
    if (performance.now() > until) throw new Error(`expected ${what} within ${msMax / 1_000} s`);
    await sleep(50);
  }
}
