// Secrets that are marked, through a platform as it is started: none of them lies in a file that it leaves, in the clear.
import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withAccessBook } from '#app/access/open-access.ts';
import { addHook } from '#app/webhooks/manage.ts';
import { enrolled, token } from '#api/contract.ts';
import { subscribed } from '#api/subscription-contract.ts';
import { jsonOf } from '../support/access-world.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { signed } from '../support/webhook.ts';
import { listening, statusOf, until } from '../settings/listening-run.ts';
import { settingsOf } from '../settings/settings-run.ts';

const PASSWORD = 'canary bird in a coal mine';
const SECRET_KEY = 'canary-0123456789abcdef0123456789abcdef';
const API_SECRET = 'canary-api-secret-of-kite';
/** Of an address that is told of what happens; who knows it can write there. */
const PATH = 'canary-path-of-a-hook';

test('no secret lies in the clear in what a platform leaves: files, logs, audit trail', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data');
  const env = {
    AUTH__ENABLE_USER_AUTH: 'true',
    AUTH__SECRET_KEY: SECRET_KEY,
    DATA_DIR: dataDir,
    ZERODHA__API_SECRET: API_SECRET,
    ACTIVE_BROKERS: 'paper',
    LOGGING__LEVEL: 'DEBUG',
    LOGGING__API_LEVEL: 'DEBUG',
  };
  const settings = settingsOf(env);
  await withAccessBook(settings, async ({ users }) => {
    await users.add({ name: 'asha', password: PASSWORD, role: 'admin', brokers: undefined });
  });
  const key = await withAccessBook(settings, ({ keys }) =>
    keys.create({ label: 'canary', role: 'viewer', brokers: undefined, days: 1 }),
  );
  const hook = { form: 'generic', broker: 'paper', strategy_id: 'mine', max_quantity: 1, addresses: null } as const;
  const hookSecret = addHook(settings, 'asha', { ...hook, id: 'mine', instruments: ['INFY'] });
  const { port, logsDir } = await listening(t, env);
  await until('a platform that answers', async () => (await statusOf(port, '/health')) === 200);
  const api = async (path: string, init: object) => fetch(`http://127.0.0.1:${port}/api/v1${path}`, init);

  await api('/auth/token', jsonOf({ name: 'asha', password: `${PASSWORD}, not` }));
  const signedIn = await api('/auth/token', jsonOf({ name: 'asha', password: PASSWORD }));
  const { access_token: credential } = token.parse(await signedIn.json());
  const headers = { authorization: `Bearer ${credential}` };
  const begun = await api('/auth/code/enrol', { method: 'POST', headers });
  const { secret: seed } = enrolled.parse(await begun.json());
  await api('/audit', { headers: { authorization: `Bearer ${key}` } });
  await api(`/brokers?access_token=${credential}`, {});
  const message = { id: '1', instrument: 'INFY', side: 'BUY', quantity: 1 };
  assert.equal((await api('/webhooks/mine', signed(hookSecret, message, Date.now()))).status, 202);
  await api('/webhooks/mine', signed(`${hookSecret}x`, { ...message, secret: hookSecret }, Date.now()));
  const wanted = { id: 'desk', url: `http://127.0.0.1:9/${PATH}`, kinds: ['risk'], why: 'a drill' };
  const added = await api('/subscriptions', jsonOf(wanted, headers));
  const { secret: subscriptionSecret } = subscribed.parse(await added.json());
  await until('the audit log', async () => readAll(logsDir).includes('A webhook was taken'));

  const canaries = {
    PASSWORD,
    SECRET_KEY,
    API_SECRET,
    PATH,
    hookSecret,
    subscriptionSecret,
    credential,
    seed,
    key: key.slice(-43),
  };
  for (const folder of [dataDir, logsDir]) {
    const text = readAll(folder);
    assert.ok(text.length > 1_000, folder);
    for (const [name, canary] of Object.entries(canaries)) {
      assert.ok(!text.includes(canary), `${name} lies in ${folder}`);
      assert.ok(!text.includes(JSON.stringify(canary).slice(1, -1)), `${name} lies in ${folder} as JSON`);
    }
  }
});

/** Every file of a folder, as one text. */
function readAll(folder: string): string {
  return globSync('**/*', { cwd: folder })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}
