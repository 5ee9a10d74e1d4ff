import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, smallData, temporaryFolder } from '../../test/support/cli.ts';
import { COMMANDS } from './command-list.ts';

test('help lists every command and goes to stdout with 0', async () => {
  for (const ask of ['--help', '-h', 'help']) {
    const { code, stdout, stderr } = await runCli([ask]);
    assert.deepEqual([code, stderr], [0, '']);
    const width = Math.max(...COMMANDS.map(({ name }) => name.length));
    for (const { name, summary } of COMMANDS) assert.ok(stdout.includes(`  ${name.padEnd(width)}  ${summary}\n`), name);
  }
});

test('without a command the help goes to stderr with 2', async () => {
  const { code, stdout, stderr } = await runCli([]);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^Usage: alpha-panda COMMAND/);
});

for (const { name } of COMMANDS) {
  test(`${name} --help tells its usage, takes --data-dir, and does nothing`, async () => {
    const { code, stdout, stderr } = await runCli([name, '--help'], { env: { ACTIVE_BROKERS: 'not.a.broker' } });
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.startsWith(`Usage: alpha-panda ${name}`));
    assert.match(stdout, /^ {2}--data-dir DIR +The data directory, instead of DATA_DIR\.$/m);
    assert.deepEqual(await runCli(['help', name]), { code, stdout, stderr });
  });

  test(`${name} refuses an unknown flag with 2 and its usage`, async () => {
    const { code, stdout, stderr } = await runCli([name, '--data-dri', 'x']);
    assert.deepEqual([code, stdout], [2, '']);
    const [first, second] = stderr.split('\n');
    assert.equal(first, `alpha-panda ${name}: unknown flag --data-dri; did you mean --data-dir?`);
    assert.ok(second?.startsWith(`Usage: alpha-panda ${name}`));
  });
}

test('an unknown command is refused with 2 and the one that was meant', async () => {
  const { code, stderr } = await runCli(['stat']);
  assert.equal(code, 2);
  assert.match(stderr, /^alpha-panda: unknown command "stat"; did you mean state\?\n/);
});

test('every problem of the settings is told on stderr, with 2', async () => {
  const env = { ACTIVE_BROKERS: 'a.b', FEED__SPEED: 'quick' };
  for (const command of [
    ['state'],
    ['start', '--once'],
    ['verify'],
    ['config'],
    ['events', '--topic', 'market.ticks'],
  ]) {
    const { code, stdout, stderr } = await runCli(command, { env });
    assert.deepEqual([code, stdout], [2, ''], command.join(' '));
    assert.match(stderr, /^ {2}error ACTIVE_BROKERS: /m);
    assert.match(stderr, /^ {2}error FEED__SPEED: /m);
  }
});

test('.env of the folder counts, and a flag wins over it', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'DATA_DIR=from-env-file\n');
  const fromFile = await runCli(['config'], { folder });
  assert.match(fromFile.stdout, /^DATA_DIR +from-env-file +\.env$/m);
  const fromFlag = await runCli(['config', '--data-dir', 'from-flag'], { folder });
  assert.match(fromFlag.stdout, /^DATA_DIR +from-flag +command line$/m);
});

test('a data directory without a store is a sentence and 1', async (t) => {
  const directory = temporaryFolder(t);
  for (const command of ['state', 'portfolio', 'positions', 'orders', 'verify']) {
    const { code, stdout, stderr } = await runCli([command, '--data-dir', directory]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^alpha-panda \w+: There is no store in .*\n$/);
  }
});

test('a reader that goes away ends the process quietly', async (t) => {
  const main = join(import.meta.dirname, 'main.ts');
  const args = [main, 'events', '--topic', 'market.ticks', '--follow', '--json', '--data-dir', smallData(t)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: temporaryFolder(t) });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.kill('SIGINT');
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.deepEqual([code, signal, complaints], [0, null, '']);
});
