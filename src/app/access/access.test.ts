import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { argonPasswords } from '#adapters/passwords/argon.ts';
import { openMemoryAccess } from '#adapters/memory/access.ts';
import { settingsOf } from '../../../test/settings/settings-run.ts';
import { Keys } from './keys.ts';
import { localAccess } from './local-access.ts';
import { Sealer } from './sealed.ts';
import { SecondFactor } from './second-factor.ts';
import { SignIns } from './sign-ins.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PASSWORD = 'four small words here';
const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

function world(env: Readonly<Record<string, string>> = {}) {
  const clock = { now: 1_790_000_000_000 };
  const now = (): number => clock.now;
  const store = openMemoryAccess();
  const users = new Users(store, argonPasswords({ memoryKib: 8, passes: 1 }), now);
  const keys = new Keys(store, now);
  const tokens = new Tokens(settingsOf({ AUTH__SECRET_KEY: SECRET, ...env }).auth);
  const factor = new SecondFactor(store, new Sealer(SECRET), now);
  const signIns = new SignIns(store, now);
  const local = localAccess({ users, keys, tokens, factor, signIns, now });
  const signIn = async (name: string, password: string) => {
    const signedIn = await local.signIn({ name, password, from: '10.0.0.1' });
    assert.notEqual(signedIn, 'code');
    return signedIn === 'code' ? undefined : signedIn;
  };
  return { clock, store, users, keys, tokens, signIns, access: { ...local, signIn } };
}

test('a name and its password give a token that says who calls until it ends', async () => {
  const { clock, users, access } = world({ AUTH__ACCESS_TOKEN_EXPIRE_MINUTES: '10' });
  await users.add({ name: 'asha', password: PASSWORD, role: 'risk', brokers: ['paper'] });
  const signedIn = await access.signIn('asha', PASSWORD);
  const bearer = `Bearer ${signedIn?.token}`;
  const caller = access.callerOf(bearer);
  const expiresAt = clock.now + 10 * MINUTE_MS;
  const { session, ...about } = caller ?? {};
  assert.match(session ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(about, { name: 'asha', role: 'risk', brokers: ['paper'], passwordAt: clock.now, expiresAt });
  assert.deepEqual(signedIn?.caller, caller);
  clock.now += 10 * MINUTE_MS - 1;
  assert.notEqual(access.callerOf(bearer), undefined);
  clock.now += 1;
  assert.equal(access.callerOf(bearer), undefined);
});

test('nobody is told whether it was the name or the password', async () => {
  const { users, access } = world();
  await users.add({ name: 'asha', password: PASSWORD, role: 'viewer', brokers: undefined });
  for (const [name, password] of [
    ['asha', 'four small words her'],
    ['nobody', PASSWORD],
    ['', ''],
    ['asha', PASSWORD.repeat(20)],
    ['__proto__', PASSWORD],
  ] as const) {
    assert.equal(await access.signIn(name, password), undefined, name);
  }
});

test('a token ends when the user is disabled or has another password; the role is the one of now', async () => {
  const { users, access } = world();
  await users.add({ name: 'asha', password: PASSWORD, role: 'viewer', brokers: undefined });
  const first = `Bearer ${(await access.signIn('asha', PASSWORD))?.token}`;
  await users.setPassword('asha', `${PASSWORD} too`);
  assert.equal(access.callerOf(first), undefined);
  assert.equal(await access.signIn('asha', PASSWORD), undefined);
  const second = `Bearer ${(await access.signIn('asha', `${PASSWORD} too`))?.token}`;
  assert.equal(access.callerOf(second)?.role, 'viewer');
  users.disable('asha');
  assert.equal(access.callerOf(second), undefined);
  assert.equal(await access.signIn('asha', `${PASSWORD} too`), undefined);
});

test('a token is renewed until a working day after the password was entered', async () => {
  const { clock, users, access } = world({ AUTH__ACCESS_TOKEN_EXPIRE_MINUTES: '60' });
  await users.add({ name: 'asha', password: PASSWORD, role: 'viewer', brokers: undefined });
  let signedIn = await access.signIn('asha', PASSWORD);
  const passwordAt = clock.now;
  for (let hour = 1; hour < 8; hour++) {
    clock.now += 59 * MINUTE_MS;
    const caller = access.callerOf(`Bearer ${signedIn?.token}`);
    signedIn = caller && access.renew(caller);
    assert.equal(signedIn?.caller.passwordAt, passwordAt);
  }
  clock.now = passwordAt + 8 * 60 * MINUTE_MS;
  assert.equal(signedIn && access.renew(signedIn.caller), undefined);
});

test('a token that we did not write is nobody’s, however it says it is signed', async () => {
  const { users, tokens, signIns, clock, access } = world();
  await users.add({ name: 'asha', password: PASSWORD, role: 'admin', brokers: undefined });
  const session = signIns.begin('asha', 'password', '10.0.0.1');
  const { token } = tokens.sign({ name: 'asha', generation: 1, session, passwordAt: clock.now }, clock.now);
  const [header = '', body = '', mark = ''] = token.split('.');
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const signedWith = (secret: string | Buffer, head: unknown): string => {
    const text = `${part(head)}.${body}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const other = new Tokens(settingsOf({ AUTH__SECRET_KEY: `${SECRET}x` }).auth);
  const longer = new Tokens(settingsOf({ AUTH__SECRET_KEY: SECRET, AUTH__ALGORITHM: 'HS512' }).auth);
  const facts = { name: 'asha', generation: 1, session, passwordAt: clock.now };
  const forged = [
    `${part({ alg: 'none', typ: 'JWT' })}.${body}.`,
    `${part({ alg: 'none', typ: 'JWT' })}.${body}.${mark}`,
    `${part({ alg: 'None' })}.${body}.`,
    `${header}.${body}.`,
    `${header}.${body}`,
    `${header}.${part({ ...claims, sub: 'root' })}.${mark}`,
    `${header}.${part({ ...claims, exp: 9_999_999_999 })}.${mark}`,
    `${header}.${body}.${mark.slice(0, -2)}AA`,
    `${token}.${mark}`,
    ` ${token}.`,
    signedWith(SECRET, { alg: 'HS256', typ: 'JWT' }),
    signedWith('', { alg: 'HS256', typ: 'JWT' }),
    signedWith(SECRET, { alg: 'HS256', typ: 'JWT', jwk: {} }),
    signedWith(SECRET, { alg: 'HS256', kid: '/dev/null' }),
    signedWith(SECRET, { alg: 'RS256', typ: 'JWT' }),
    other.sign(facts, clock.now).token,
    longer.sign(facts, clock.now).token,
    tokens.sign({ ...facts, generation: 2 }, clock.now).token,
    tokens.sign({ ...facts, name: 'nobody' }, clock.now).token,
    tokens.sign({ ...facts, session: 'none' }, clock.now).token,
    tokens.sign({ ...facts, session: signIns.begin('bala', 'password', '10.0.0.1') }, clock.now).token,
    'ap_0000000000000000_',
    'x'.repeat(100_000),
    '..',
    '',
  ];
  for (const text of forged) assert.equal(access.callerOf(`Bearer ${text}`), undefined, text.slice(0, 80));
  for (const text of [token, `Basic ${token}`, `bearer${token}`, '']) assert.equal(access.callerOf(text), undefined);
  assert.equal(access.callerOf(`Bearer ${token}`)?.name, 'asha');
});

test('a key says who calls until it ends or is revoked, and cannot be renewed', () => {
  const { clock, keys, store, access } = world();
  const key = keys.create({ label: 'grafana', role: 'viewer', brokers: ['paper'], days: 2 });
  const [, id = ''] = /^ap_([0-9a-f]{16})_/.exec(key) ?? [];
  const caller = access.callerOf(`Bearer ${key}`);
  assert.deepEqual(caller, {
    name: `key:grafana:${id}`,
    role: 'viewer',
    brokers: ['paper'],
    passwordAt: undefined,
    expiresAt: clock.now + 2 * DAY_MS,
  });
  assert.equal(access.renew(caller), undefined);
  assert.ok(!JSON.stringify(store.all('key')).includes(key.slice(-43)), 'the secret is kept nowhere');
  const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
  assert.equal(access.callerOf(`Bearer ${wrong}`), undefined);
  clock.now += 2 * DAY_MS;
  assert.equal(access.callerOf(`Bearer ${key}`), undefined);
  const second = keys.create({ label: 'grafana', role: 'viewer', brokers: undefined, days: 365 });
  keys.revoke(second.slice(3, 19));
  assert.equal(access.callerOf(`Bearer ${second}`), undefined);
});

test('what is no name, no password, no key is refused with what is one', async () => {
  const { users, keys } = world();
  const add = { name: 'asha', password: PASSWORD, role: 'viewer', brokers: undefined } as const;
  for (const name of ['', 'Asha', '1a', 'a b', 'key:x', `a${'b'.repeat(64)}`]) {
    await assert.rejects(users.add({ ...add, name }), { name: 'RequestError', message: /expected a name/ }, name);
  }
  for (const password of ['short', 'aaaaaaaaaaaaaaaa', 'asha asha asha', 'x'.repeat(257)]) {
    await assert.rejects(users.add({ ...add, password }), { name: 'RequestError', message: /expected a password/ });
  }
  await assert.rejects(users.add({ ...add, brokers: ['No Such'] }), { name: 'RequestError', message: /--brokers/ });
  await users.add(add);
  await assert.rejects(users.add(add), { name: 'RefusedError', message: /there is a user asha already/ });
  await assert.rejects(users.setPassword('bala', PASSWORD), { name: 'RequestError', message: /one of asha/ });
  assert.throws(() => users.disable('bala'), { name: 'RequestError' });
  for (const days of [0, 1.5, 366]) {
    assert.throws(() => keys.create({ label: 'x', role: 'viewer', brokers: undefined, days }), {
      name: 'RequestError',
    });
  }
  assert.throws(() => keys.create({ label: 'a b', role: 'viewer', brokers: undefined, days: 1 }), /expected a label/);
  assert.throws(() => keys.revoke('nothing'), { name: 'RequestError' });
});
