import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { runCli, smallData } from '../../../test/support/cli.ts';

test('external leaves word in the inbox, under a reason, for an instrument that is traded', async (t) => {
  const dataDir = smallData(t);
  const external = (...args: readonly string[]) => runCli(['external', ...args, '--data-dir', dataDir]);
  const said = await external('paper', 'RELIANCE', '25', '--why', 'held before', '--request-id', 'r1');
  assert.deepEqual([said.code, said.stdout], [0, '25 units of RELIANCE in paper are requested to be external as r1\n']);
  const inbox = openInbox(dataDir);
  t.after(() => inbox.close());
  const [message] = inbox.after(0, 10).slice(-1);
  const { type, data } = JSON.parse(message?.value ?? '{}') as {
    type: string;
    data: Readonly<Record<string, unknown>>;
  };
  assert.deepEqual(
    [message?.topic, type, data['instrument_token'], data['quantity'], data['who'], data['why']],
    ['paper.control.changes', 'external_position', 738561, 25, 'asha', 'held before'],
  );
  assert.match(
    (await external('paper', 'RELIANCE', '2.5', '--why', 'x')).stderr,
    /expected whole units .* found "2.5"/,
  );
  assert.match(
    (await external('paper', 'NOBODY', '1', '--why', 'x')).stderr,
    /expected --instrument to be a symbol or token/,
  );
  assert.match((await external('paper', 'RELIANCE', '1')).stderr, /--why/);
});
