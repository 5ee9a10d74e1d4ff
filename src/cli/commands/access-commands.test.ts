import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { withAccessBook } from '#app/access/open-access.ts';
import { settingsOf } from '../../../test/settings/settings-run.ts';
import { runCli, temporaryFolder } from '../../../test/support/cli.ts';

const PASSWORD = 'four small words here';

test('a user is added, listed, given another password and disabled; no password is printed', async (t) => {
  const at = ['--data-dir', join(temporaryFolder(t), 'data')];
  const added = await runCli(['users', 'add', 'asha', '--role', 'risk', '--brokers', 'paper,desk_two', ...at], {
    secrets: [PASSWORD],
  });
  assert.deepEqual([added.code, added.stdout], [0, 'asha is added as risk\n']);
  assert.equal((await runCli(['users', 'add', 'bala', '--role', 'viewer', ...at], { secrets: [PASSWORD] })).code, 0);
  const again = await runCli(['users', 'add', 'asha', '--role', 'admin', ...at], { secrets: [PASSWORD] });
  assert.deepEqual([again.code, again.stdout], [1, '']);
  assert.equal((await runCli(['users', 'password', 'bala', ...at], { secrets: [`${PASSWORD} too`] })).code, 0);
  assert.equal((await runCli(['users', 'disable', 'asha', ...at])).stdout, 'asha is disabled\n');
  const { stdout } = await runCli(['users', 'list', '--json', ...at]);
  const lines = JSON.parse(stdout) as readonly Record<string, unknown>[];
  assert.deepEqual(
    lines.map(({ name, role, brokers, disabled }) => ({ name, role, brokers, disabled })),
    [
      { name: 'asha', role: 'risk', brokers: ['paper', 'desk_two'], disabled: true },
      { name: 'bala', role: 'viewer', brokers: null, disabled: false },
    ],
  );
  const trail = (await runCli(['audit', 'list', ...at])).stdout;
  for (const kind of ['user_added', 'password_set', 'user_disabled']) assert.ok(trail.includes(kind), kind);
  assert.ok(!trail.includes(PASSWORD));
  assert.match((await runCli(['users', 'list', ...at])).stdout, /asha +risk +paper desk_two +- +disabled/);
});

test('a user is bound to one at Kite, has no password then unless one is set, and is unbound', async (t) => {
  const at = ['--data-dir', join(temporaryFolder(t), 'data')];
  const added = await runCli(['users', 'add', 'asha', '--role', 'risk', '--kite-user', 'AB1234', ...at]);
  assert.deepEqual([added.code, added.stdout], [0, 'asha is added as risk\n']);
  assert.match((await runCli(['users', 'list', ...at])).stdout, /asha +risk +all +AB1234 +active/);
  await runCli(['users', 'add', 'bala', '--role', 'viewer', ...at], { secrets: [PASSWORD] });
  const taken = await runCli(['users', 'bind', 'bala', '--kite-user', 'AB1234', ...at]);
  assert.deepEqual([taken.code, /AB1234 signs in as asha already/.test(taken.stderr)], [1, true]);
  assert.equal((await runCli(['users', 'bind', 'bala', '--kite-user', 'no one', ...at])).code, 2);
  assert.equal((await runCli(['users', 'bind', 'bala', ...at])).code, 2);
  const bound = await runCli(['users', 'bind', 'bala', '--kite-user', 'CD5678', ...at]);
  assert.equal(bound.stdout, 'bala is who signs in at Kite as CD5678\n');
  assert.match((await runCli(['users', 'unbind', 'asha', ...at])).stderr, /asha has no password; set one first/);
  await runCli(['users', 'password', 'asha', ...at], { secrets: [PASSWORD] });
  assert.equal((await runCli(['users', 'unbind', 'asha', ...at])).code, 0);
  assert.match((await runCli(['users', 'list', ...at])).stdout, /asha +risk +all +- +active/);
  const trail = (await runCli(['audit', 'list', ...at])).stdout;
  for (const kind of ['user_bound', 'user_unbound']) assert.ok(trail.includes(kind), kind);
});

test('the sign-ins of a user are listed, and one of them is ended', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data');
  const at = ['--data-dir', dataDir];
  const ids = await withAccessBook(settingsOf({ DATA_DIR: dataDir }), ({ signIns }) => [
    signIns.begin('asha', 'password', '10.0.0.7'),
    signIns.begin('asha', 'kite', '10.0.0.8'),
    signIns.begin('bala', 'password', '10.0.0.9'),
  ]);
  const { stdout } = await runCli(['users', 'sessions', 'asha', ...at]);
  assert.match(stdout, new RegExp(`${ids[0]} +asha +password +10\\.0\\.0\\.7 `));
  assert.match(stdout, new RegExp(`${ids[1]} +asha +kite +10\\.0\\.0\\.8 `));
  assert.ok(!stdout.includes('bala'));
  const ended = await runCli(['users', 'end-session', ids[0] ?? '', ...at]);
  assert.deepEqual([ended.code, ended.stdout], [0, `${ids[0]} is ended\n`]);
  assert.equal((await runCli(['users', 'end-session', ids[0] ?? '', ...at])).code, 2);
  const left = JSON.parse((await runCli(['users', 'sessions', 'asha', '--json', ...at])).stdout) as {
    session: string;
  }[];
  assert.deepEqual(
    left.map(({ session }) => session),
    [ids[1]],
  );
  assert.ok((await runCli(['audit', 'list', ...at])).stdout.includes('sign_in_ended'));
});

test('a password that is too easy adds nobody', async (t) => {
  const at = ['--data-dir', join(temporaryFolder(t), 'data')];
  const { code, stderr } = await runCli(['users', 'add', 'asha', '--role', 'risk', ...at], { secrets: ['secret'] });
  assert.equal(code, 2);
  assert.match(stderr, /expected a password of 12 to 256 characters/);
  assert.doesNotMatch(stderr, /"secret"/);
  assert.equal((await runCli(['users', 'list', '--json', ...at])).stdout, '[]\n');
});

test('a key is printed once, listed without its secret, and revoked', async (t) => {
  const at = ['--data-dir', join(temporaryFolder(t), 'data')];
  const created = await runCli(['keys', 'create', 'grafana', '--role', 'viewer', '--days', '30', ...at]);
  assert.equal(created.code, 0);
  const [, id = '', secret = ''] = /^ap_([0-9a-f]{16})_([\w-]{43})\n$/.exec(created.stdout) ?? [];
  const listed = await runCli(['keys', 'list', ...at]);
  assert.match(listed.stdout, new RegExp(`${id} +grafana +viewer +all +active`));
  assert.ok(secret !== '' && !listed.stdout.includes(secret));
  assert.equal((await runCli(['keys', 'revoke', id, ...at])).stdout, `${id} is revoked\n`);
  const [line] = JSON.parse((await runCli(['keys', 'list', '--json', ...at])).stdout) as { revoked: boolean }[];
  assert.equal(line?.revoked, true);
});

test('what is missing is named', async () => {
  for (const [args, expected] of [
    [['users', 'add'], /expected NAME behind add/],
    [['users', 'add', 'asha'], /--role is needed/],
    [['users', 'add', 'asha', '--role', 'root'], /expected --role to be one of viewer, operator, risk, admin/],
    [['users', 'list', 'asha'], /one argument too many/],
    [['keys', 'create'], /--role is needed/],
    [['keys', 'revoke'], /expected ID behind revoke/],
    [['keys', 'create', 'x', '--role', 'viewer', '--days', 'many'], /--days to be a whole number/],
  ] as const) {
    const { code, stderr } = await runCli(args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
});
