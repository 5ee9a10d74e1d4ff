// The settings of who may call: on platforms as they are started, with users as the command line adds them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { withAccessBook } from '#app/access/open-access.ts';
import { listening, statusOf, until } from './listening-run.ts';
import { settingsOf, type Env } from './settings-run.ts';

const GUARDED = { AUTH__ENABLE_USER_AUTH: 'true', AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef' };
const PASSWORD = 'four small words here';

interface Guarded {
  readonly port: number;
  readonly logsDir: string;
  readonly token: string;
  readonly expiresIn: number;
}

/** A platform with one user, who has signed in. */
async function guarded(t: TestContext, env: Env): Promise<Guarded> {
  const { port, folder, logsDir } = await listening(t, { ...GUARDED, ...env });
  const settings = settingsOf({ ...GUARDED, DATA_DIR: join(folder, 'data'), ...env });
  await withAccessBook(settings, async ({ users }) => {
    await users.add({ name: 'asha', password: PASSWORD, role: 'viewer', brokers: undefined });
  });
  await until('a platform that answers', async () => (await statusOf(port, '/health')) === 200);
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'asha', password: PASSWORD }),
  });
  assert.equal(answer.status, 200);
  const { access_token: token, expires_in: expiresIn } = (await answer.json()) as {
    access_token: string;
    expires_in: number;
  };
  return { port, logsDir, token, expiresIn };
}

async function readAs(port: number, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/brokers`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

test('AUTH__ENABLE_USER_AUTH makes the API ask who calls, and without it nobody is asked', async (t) => {
  const { port, token, logsDir } = await guarded(t, {});
  assert.equal(await statusOf(port, '/api/v1/brokers'), 401);
  assert.equal(await readAs(port, token), 200);
  const open = await listening(t, {});
  await until('a platform that answers', async () => (await statusOf(open.port, '/api/v1/brokers')) === 200);
  const audit = join(logsDir, 'audit.log');
  await until('the audit log', async () => existsSync(audit) && readFileSync(audit, 'utf8').includes('Signed in'));
  assert.doesNotMatch(readFileSync(audit, 'utf8'), new RegExp(`${PASSWORD}|${token}`));
});

test('AUTH__SECRET_KEY and AUTH__ALGORITHM sign the tokens, which last AUTH__ACCESS_TOKEN_EXPIRE_MINUTES', async (t) => {
  const one = await guarded(t, { AUTH__ACCESS_TOKEN_EXPIRE_MINUTES: '7', AUTH__ALGORITHM: 'HS512' });
  const other = await guarded(t, { AUTH__SECRET_KEY: 'fedcba9876543210fedcba9876543210', AUTH__ALGORITHM: 'HS512' });
  const usual = await guarded(t, {});
  assert.deepEqual([one.expiresIn, other.expiresIn], [7 * 60, 30 * 60]);
  const algorithm = ({ token }: Guarded): unknown =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  assert.deepEqual(
    [algorithm(one), algorithm(usual)],
    [
      { alg: 'HS512', typ: 'JWT' },
      { alg: 'HS256', typ: 'JWT' },
    ],
  );
  assert.equal(await readAs(one.port, one.token), 200);
  for (const { token } of [other, usual]) assert.equal(await readAs(one.port, token), 401);
});

test('API__CORS_ORIGINS, API__CORS_METHODS, API__CORS_HEADERS and API__CORS_CREDENTIALS are what a browser is told of pages elsewhere', async (t) => {
  const asked = async (env: Env, origin: string): Promise<readonly (string | null)[]> => {
    const { port } = await listening(t, env);
    await until('a platform that answers', async () => (await statusOf(port, '/health')) === 200);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/brokers`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    await answer.arrayBuffer();
    return ['origin', 'methods', 'headers', 'credentials'].map((name) =>
      answer.headers.get(`access-control-allow-${name}`),
    );
  };
  const seed = 'http://localhost:3000';
  assert.deepEqual(await asked({}, seed), [
    seed,
    'GET, POST, PUT, DELETE, OPTIONS',
    'Authorization, Content-Type, X-Request-ID',
    'true',
  ]);
  const own = {
    API__CORS_ORIGINS: 'https://desk.example',
    API__CORS_METHODS: 'GET',
    API__CORS_HEADERS: 'Authorization',
    API__CORS_CREDENTIALS: 'false',
  };
  assert.deepEqual(await asked(own, seed), [null, null, null, null]);
  assert.deepEqual(await asked(own, 'https://desk.example'), ['https://desk.example', 'GET', 'Authorization', null]);
});
