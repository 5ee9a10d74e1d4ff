// What `corporate-action` leaves for the platform, and what the platform makes of it. The small market never closes, so
// nothing is ever booked there: the whole-tape test has the other side.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { runCli, smallData, type Ran } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

const COMMON = ['--broker', 'paper', '--instrument', 'INFY', '--ex-date', '2021-06-14', '--why', 'test'] as const;

function ask(directory: string, ...args: readonly string[]): Promise<Ran> {
  return runCli(['corporate-action', ...args, '--data-dir', directory]);
}

test('a request waits with who and why, and is dead-lettered while the market trades', async (t: TestContext) => {
  const directory = smallData(t);
  const asked = await ask(directory, 'split', ...COMMON, '--ratio', '1:5', '--request-id', 'one');
  assert.deepEqual(asked, { code: 0, stdout: 'split of INFY in paper is requested as one\n', stderr: '' });
  const before = await runCli(['state', '--json', '--data-dir', directory]);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  new SmallMarket(store, inbox).run(70, 71);
  inbox.close();
  store.close();
  assert.deepEqual(await runCli(['state', '--json', '--data-dir', directory]), before);
  const { stdout } = await runCli(['events', '--topic', 'paper.pnl.snapshots.dlq', '--json', '--data-dir', directory]);
  assert.match(stdout, /"error_class":"NOT_BETWEEN_SESSIONS","error_message":"expected it between the last close/);
  assert.match(stdout, /\\"who\\":\\"asha\\"/);
});

test('what makes no sense is refused while the person is still there', async (t) => {
  const directory = smallData(t);
  const refused = async (expected: RegExp, ...args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await ask(directory, ...args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, expected);
  };
  await refused(/expected dividend, split, bonus, found "rights"/, 'rights', ...COMMON);
  await refused(/expected --ratio to be shares before and after such as 1:5/, 'split', ...COMMON, '--ratio', '5');
  await refused(/data\.ratio: expected from and to because action is split/, 'split', ...COMMON);
  await refused(/data\.amount_per_share: expected a price above zero/, 'dividend', ...COMMON, '--amount', '-1');
  const other = ['--broker', 'paper', '--why', 'x', '--ex-date', '2021-06-14', '--instrument', 'OTHER'];
  await refused(
    /expected --instrument to be a symbol or token that is traded, such as RELIANCE or 738561/,
    'split',
    ...other,
  );
  const late = ['--broker', 'paper', '--why', 'x', '--ex-date', 'monday', '--instrument', '408065', '--ratio', '1:2'];
  await refused(/expected --ex-date to be a day such as 2026-11-27/, 'split', ...late);
});
