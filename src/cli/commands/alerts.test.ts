import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeAcknowledgements, writeAlerts } from '#app/alerting/alert-file.ts';
import { AlertBook } from '#core/alerts/alert-book.ts';
import { type EpochMs } from '#core/time.ts';
import { runCli } from '../../../test/support/cli.ts';
import { temporaryFolder } from '../../../test/support/tape-builder.ts';

const at = (ms: number): EpochMs => ms as EpochMs;

function kept(folder: string): void {
  const book = new AlertBook({ quietUntil: at(0), repeatMs: 0, escalateMs: [], keep: 9 });
  const about = { broker: 'paper', subject: 'alpha', text: 'FUNDS' };
  book.raise({ ...about, code: 'ORDER_REJECTED' }, at(0));
  book.raise({ ...about, code: 'TRADING_HALTED' }, at(0));
  book.due(at(0));
  book.end({ ...about, code: 'TRADING_HALTED' }, at(1));
  writeAlerts(folder, book.list());
}

test('alerts lists what every process keeps, and leaves an acknowledgement to the one that keeps it', async (t) => {
  const folder = temporaryFolder(t);
  const part = join(folder, 'risk_manager');
  mkdirSync(part);
  for (const each of [folder, part]) kept(each);
  const run = (...args: readonly string[]) => runCli(['alerts', ...args, '--data-dir', folder]);
  const ids = async (...args: readonly string[]) =>
    (JSON.parse((await run('list', '--json', ...args)).stdout) as { id: string; code: string }[]).map(
      ({ id, code }) => `${id} ${code}`,
    );
  assert.deepEqual(await ids(), ['1 ORDER_REJECTED', 'risk_manager/1 ORDER_REJECTED']);
  assert.equal((await ids('--all')).length, 4);
  assert.deepEqual(await ids('--broker', 'zerodha'), []);
  assert.match((await run()).stdout, /ORDER_REJECTED +paper +alpha/);

  const done = await run('ack', 'risk_manager/1', '--why', 'on it', '--who', 'asha');
  assert.deepEqual([done.code, done.stderr], [0, '']);
  const fail = (path: string): never => assert.fail(path);
  assert.deepEqual(takeAcknowledgements(folder, fail), []);
  assert.deepEqual(takeAcknowledgements(part, fail), [{ id: '1', who: 'asha', why: 'on it' }]);
  assert.deepEqual(takeAcknowledgements(part, fail), []);

  for (const [id, code] of [
    ['2', 1],
    ['../1', 2],
    ['7', 2],
  ] as const) {
    assert.equal((await run('ack', id, '--why', 'on it')).code, code, id);
  }
  assert.equal((await run('ack', '1')).code, 2);
});
