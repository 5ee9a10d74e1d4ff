// Signing in through Kite on a platform as it is started, with a Kite simulator for Kite: who is bound to whom gets in, and
// nothing that was seen on the way lets anybody else in.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { kiteWay, me, signInWays, token } from '#api/contract.ts';
import { withAccessBook } from '#app/access/open-access.ts';
import { KeptToken } from '#app/kite-app.ts';
import { kiteAt, liveAt, type Kite } from '../e2e/support/live-kite.ts';
import { listening, statusOf, until } from '../settings/listening-run.ts';
import { settingsOf, type Env } from '../settings/settings-run.ts';
import { jsonOf } from '../support/access-world.ts';

const BACK = 'http://localhost:8000/sign-in/kite';

interface Desk {
  readonly kite: Kite;
  readonly env: Env;
  readonly logsDir: string;
  readonly ask: (path: string, body?: object, headers?: Env) => Promise<{ status: number; text: string }>;
  /** What a page sends after a person has signed in at Kite. */
  readonly way: () => Promise<Returned>;
}

interface Returned {
  readonly request_token: string;
  readonly state: string;
  readonly verifier: string;
}

/** A platform on paper whose user asha is SIM001 at Kite, and has no password. */
async function desk(t: TestContext, more: Env = {}, bound = 'SIM001'): Promise<Desk> {
  const kite = await kiteAt(t, BACK);
  const { FEED__SOURCE: _, ...app } = liveAt(kite);
  const guarded = { ...app, AUTH__ENABLE_USER_AUTH: 'true', ...more };
  const { port, folder, logsDir } = await listening(t, guarded);
  const env = { ...guarded, DATA_DIR: join(folder, 'data') };
  await withAccessBook(settingsOf(env), async ({ users }) => {
    await users.add({ name: 'asha', password: undefined, kiteUser: bound, role: 'risk', brokers: ['paper'] });
  });
  await until('a platform that answers', async () => (await statusOf(port, '/health')) === 200);
  const ask: Desk['ask'] = async (path, body, headers = {}) => {
    const init = body === undefined ? { headers } : jsonOf(body, headers);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/${path}`, init);
    return { status: answer.status, text: await answer.text() };
  };
  const way = async (): Promise<Returned> => {
    const begun = await fetch(`http://127.0.0.1:${port}/api/v1/auth/kite/begin`, { method: 'POST' });
    const { url, state, verifier } = kiteWay.parse(await begun.json());
    const { searchParams } = await kite.logIn(url);
    assert.equal(searchParams.get('state'), state, 'it comes back beside the request token');
    assert.ok(!url.includes(verifier));
    return { request_token: searchParams.get('request_token') ?? '', state, verifier };
  };
  return { kite, env, logsDir, ask, way };
}

test('AUTH__PRIMARY_AUTH_PROVIDER decides whether a person may sign in through Kite', async (t) => {
  const { ask, way, logsDir } = await desk(t);
  assert.deepEqual(signInWays.parse(JSON.parse((await ask('ways')).text)), { ways: ['kite', 'password'] });
  const sent = await way();
  const answer = await ask('kite/token', sent);
  assert.equal(answer.status, 200, answer.text);
  const { access_token: credential, name, role } = token.parse(JSON.parse(answer.text));
  assert.deepEqual([name, role], ['asha', 'risk']);
  const about = me.parse(JSON.parse((await ask('me', undefined, { authorization: `Bearer ${credential}` })).text));
  assert.deepEqual([about.name, about.brokers, about.password_at !== null], ['asha', ['paper'], true]);
  const audit = join(logsDir, 'audit.log');
  await until('the audit log', async () => existsSync(audit) && readFileSync(audit, 'utf8').includes('Signed in'));
  const logs = globSync('**/*', { cwd: logsDir })
    .filter((file) => file.endsWith('.log'))
    .map((file) => readFileSync(join(logsDir, file), 'utf8'))
    .join('\n');
  for (const secret of [sent.request_token, sent.verifier, credential]) assert.ok(!logs.includes(secret));

  const local = await desk(t, { AUTH__PRIMARY_AUTH_PROVIDER: 'user' });
  assert.deepEqual(signInWays.parse(JSON.parse((await local.ask('ways')).text)), { ways: ['password'] });
  for (const path of ['kite/begin', 'kite/token']) assert.equal((await local.ask(path, sent)).status, 403, path);
});

test('what was used, seen or made up signs nobody in', async (t) => {
  const { ask, way } = await desk(t);
  const first = await way();
  const second = await way();
  const refused: readonly (readonly [string, Returned])[] = [
    ['a state without its verifier, as an address has it', { ...first, verifier: 'x'.repeat(43) }],
    ['a state with the verifier of another way', { ...first, verifier: second.verifier }],
    ['a state that was made up', { ...first, state: 'x'.repeat(200) }],
    ['no state at all', { ...first, state: '-' }],
  ];
  for (const [what, sent] of refused) assert.equal((await ask('kite/token', sent)).status, 401, what);
  // None of these reached Kite, so the request token is still good, and once only.
  const both = await Promise.all([ask('kite/token', first), ask('kite/token', first)]);
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([200, 401]));
  const again = { ...second, request_token: first.request_token };
  assert.match((await ask('kite/token', again)).text, /it was used already/);
  const third = await way();
  assert.match((await ask('kite/token', { ...third, request_token: 'guessed' })).text, /Kite did not take/);
});

test('a Kite user who is bound to nobody, or to one who is disabled, is let in by nothing', async (t) => {
  const stranger = await desk(t, {}, 'AB1234');
  const answer = await stranger.ask('kite/token', await stranger.way());
  assert.deepEqual([answer.status, /no user here is bound to SIM001/.test(answer.text)], [401, true]);
  await withAccessBook(settingsOf(stranger.env), ({ users }) => users.bind('asha', 'SIM001'));
  assert.equal((await stranger.ask('kite/token', await stranger.way())).status, 200);
  await withAccessBook(settingsOf(stranger.env), ({ users }) => users.disable('asha'));
  assert.equal((await stranger.ask('kite/token', await stranger.way())).status, 401);
});

test('signing in at Kite as the account’s own user renews the session of the platform, and as another’s does not', async (t) => {
  const owner = await desk(t, { ZERODHA__USER_ID: 'SIM001' });
  const kept = ({ env }: Desk) => {
    const settings = settingsOf(env);
    return new KeptToken(settings.zerodha, settings, assert.fail).load();
  };
  assert.equal(kept(owner), undefined);
  assert.equal((await owner.ask('kite/token', await owner.way())).status, 200);
  assert.equal(kept(owner)?.userId, 'SIM001');
  const other = await desk(t, { ZERODHA__USER_ID: 'AB1234' });
  assert.equal((await other.ask('kite/token', await other.way())).status, 200);
  assert.equal(kept(other), undefined);
});

test('whoever tries too often is told to wait', async (t) => {
  const { ask } = await desk(t);
  const statuses = new Set<number>();
  for (let k = 0; k < 25; k++) {
    statuses.add((await ask('kite/token', { request_token: 'a', state: 'b', verifier: 'c' })).status);
  }
  assert.deepEqual([...statuses], [401, 429]);
});
