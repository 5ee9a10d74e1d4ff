import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { EpochMs } from '#core/time.ts';
import { parseInstant } from '#core/time.ts';
import { runCli, smallData, temporaryFolder } from '../../../test/support/cli.ts';
import { examine, type DoctorRequest, type Finding } from './doctor.ts';

interface Given extends Partial<DoctorRequest> {
  readonly dataDir?: string;
}

async function findings(t: TestContext, { dataDir, ...given }: Given = {}): Promise<Map<string, Finding>> {
  const folder = given.folder ?? temporaryFolder(t);
  const found = await examine({
    env: { LOGGING__FILE_ENABLED: 'false', API__PORT: '0', ENVIRONMENT: 'testing' },
    folder,
    overrides: { DATA_DIR: dataDir ?? join(folder, 'data') },
    now: parseInstant('2026-01-01T00:00:00Z') as EpochMs,
    nodeVersion: '24.21.0',
    ...given,
  });
  return new Map(found.map((finding) => [finding.check, finding]));
}

test('a fresh machine is well, before the first start', async (t) => {
  const found = await findings(t);
  const bad = [...found.values()].filter(({ level }) => level === 'fail');
  assert.deepEqual(bad, []);
  assert.equal(found.get('store')?.text, 'none yet; the first start makes it');
  assert.match(found.get('data directory')?.text ?? '', /will be made at the first start$/);
});

test('a store that is there is opened and counted', async (t) => {
  const found = await findings(t, { dataDir: smallData(t) });
  assert.deepEqual(found.get('store'), { level: 'ok', check: 'store', text: '3 inputs, 1 snapshots' });
});

test('a file that is no store fails, with what it is', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(
    join(dataDir, 'alpha-panda.sqlite'),
    'a letter to my aunt, long enough to be read as a header'.repeat(90),
  );
  const found = await findings(t, { dataDir });
  assert.equal(found.get('store')?.level, 'fail');
});

test('an older Node fails', async (t) => {
  assert.equal((await findings(t, { nodeVersion: '22.9.0' })).get('node')?.level, 'fail');
});

test('secrets and data that other users can read are warned of, with the command that mends it', async (t) => {
  const folder = temporaryFolder(t);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o755);
  writeFileSync(join(folder, '.env'), 'AUTH__SECRET_KEY=x\n');
  chmodSync(join(folder, '.env'), 0o644);
  const found = await findings(t, { folder, dataDir });
  assert.deepEqual([found.get('secrets')?.level, found.get('data directory')?.level], ['warn', 'warn']);
  assert.match(found.get('secrets')?.text ?? '', /run: chmod 600 /);
  chmodSync(join(folder, '.env'), 0o600);
  assert.equal((await findings(t, { folder, dataDir })).get('secrets')?.level, 'ok');
});

for (const check of ['calendar', 'charges']) {
  test(`the end of the ${check} data is warned of from sixty days before`, async (t) => {
    const at = async (text: string): Promise<Finding | undefined> =>
      (await findings(t, { now: parseInstant(text) as EpochMs })).get(check);
    const [, to = ''] = /ends on (\S+)$/.exec((await at('2026-01-01T00:00:00Z'))?.text ?? '') ?? [];
    const end = parseInstant(`${to}T00:00:00+05:30`) as number;
    const day = 86_400_000;
    const level = async (days: number): Promise<string | undefined> =>
      (await findings(t, { now: (end - days * day) as EpochMs })).get(check)?.level;
    assert.deepEqual([await level(61), await level(60), await level(-1)], ['ok', 'warn', 'warn']);
  });
}

test('the calendar check names each file with its segments', async (t) => {
  const request = { env: {}, folder: temporaryFolder(t), overrides: {}, nodeVersion: '24.21.0' };
  const found = await examine({ ...request, now: parseInstant('2026-01-01T00:00:00Z') as EpochMs });
  const texts = found.filter(({ check }) => check === 'calendar').map(({ text }) => text.replace(/ ends on .*/, ''));
  assert.deepEqual(texts, [
    'bse.json (BSE, BSE_CAS, BFO)',
    'currency.json (CDS, BCD)',
    'mcx.json (MCX)',
    'nse.json (NSE, NSE_CAS, NFO)',
  ]);
});

test('a port that something else holds fails, and one of a running platform is well', async (t) => {
  const server = createServer((socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const env = { LOGGING__FILE_ENABLED: 'false', API__PORT: `${port}` };
  assert.match((await findings(t, { env })).get('port')?.text ?? '', /^a running platform answers/);
  server.removeAllListeners('connection').on('connection', (socket) => void socket.destroy());
  const held = (await findings(t, { env })).get('port');
  assert.deepEqual([held?.level, /EADDRINUSE/.test(held?.text ?? '')], ['fail', true]);
});

test('settings that cannot be used fail with every problem, and the rest says that it was not checked', async (t) => {
  const found = await findings(t, { env: { ACTIVE_BROKERS: 'a.b', FEED__SPEED: 'x' } });
  assert.equal(found.get('settings')?.level, 'fail');
  assert.match(found.get('settings')?.text ?? '', /ACTIVE_BROKERS[^]*FEED__SPEED|FEED__SPEED[^]*ACTIVE_BROKERS/);
  assert.equal(found.get('the rest')?.level, 'warn');
  assert.ok(found.has('calendar'));
});

test('a tape that is not there, and a strategies folder that cannot be loaded, fail', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'broken.ts'), 'export const x = ;');
  const env = { LOGGING__FILE_ENABLED: 'false', API__PORT: '0', FEED__SOURCE: 'tape:none.csv', STRATEGIES_DIR: folder };
  const found = await findings(t, { env });
  assert.deepEqual([found.get('feed')?.level, found.get('strategies')?.level], ['fail', 'fail']);
});

test('the command prints a line a check, and 1 when one fails', async (t) => {
  const folder = temporaryFolder(t);
  const env = { LOGGING__FILE_ENABLED: 'false', API__PORT: '0' };
  const good = await runCli(['doctor', '--data-dir', join(folder, 'data')], { env, folder });
  assert.equal(good.code, 0);
  assert.match(good.stdout, /^ok {4}node {15}\d+\.\d+\.\d+$/m);
  assert.match(good.stdout, /^ok {4}risk gate paper {4}\d+ controls fired, \d+ are off$/m);
  const bad = await runCli(['doctor', '--json'], { env: { ...env, FEED__SOURCE: 'tape:none.csv' }, folder });
  assert.equal(bad.code, 1);
  const levels = (JSON.parse(bad.stdout) as Finding[]).map(({ level }) => level);
  assert.ok(levels.includes('fail'));
});
