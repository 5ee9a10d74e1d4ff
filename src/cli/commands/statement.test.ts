// What `statement` prints of the small store that reading-commands.test.ts describes, and when it refuses to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { runCli, smallData } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

test('the trade book has a line for each fill, as the log has it', async (t) => {
  const { code, stdout } = await runCli(['statement', 'trades', '--broker', 'paper', '--data-dir', smallData(t)]);
  assert.equal(code, 0);
  const [titles, ...lines] = stdout.split('\r\n');
  assert.equal(
    titles,
    'broker,traded_at,strategy_id,exchange,symbol,instrument_token,product,side,quantity,price,value,charges,order_id,fill_id',
  );
  assert.equal(lines.length, 5);
  assert.match(
    lines[0] ?? '',
    /^paper,2021-06-11T03:45:05\.000Z,demo,NSE,RELIANCE,738561,CNC,BUY,3,2202\.1005,6606\.3015,6\.6063,small:0\//,
  );
  assert.equal(lines.at(-1), '');
});

test('nothing was sold, so there are titles and no gains; JSON has all lists', async (t) => {
  const directory = smallData(t);
  const csv = await runCli(['statement', 'gains', '--year', '2021-22', '--data-dir', directory]);
  assert.equal(
    csv.stdout,
    'broker,tax_year,gain,symbol,product,quantity,buy_date,sell_date,buy_value,sell_value,profit,charges,net\r\n',
  );
  const json = await runCli(['statement', 'gains', '--json', '--data-dir', directory]);
  const { trades, gains, totals } = JSON.parse(json.stdout) as Record<string, readonly { broker: string }[]>;
  assert.deepEqual(
    trades?.map(({ broker }) => broker),
    [...Array<string>(4).fill('paper'), ...Array<string>(4).fill('zerodha')],
  );
  assert.deepEqual([gains, totals], [[], []]);
  const { stdout: holdings } = await runCli(['statement', 'holdings', '--broker', 'paper', '--data-dir', directory]);
  assert.deepEqual(holdings.split('\r\n'), [
    'broker,symbol,product,quantity,overnight_quantity,delivered_quantity,t1_quantity,day_buy_quantity,day_buy_value,' +
      'day_sell_quantity,day_sell_value,average_price,value',
    'paper,RELIANCE,CNC,6,0,0,0,6,13227.6105,0,0.00,0.00,-13227.6105',
    'paper,INFY,CNC,6,0,0,0,6,8419.2075,0,0.00,0.00,-8419.2075',
    '',
  ]);
  const other = await runCli(['statement', 'trades', '--year', '2022-23', '--data-dir', directory]);
  assert.equal(other.stdout.split('\r\n').length, 2, 'titles alone');
});

test('a list, a year or a broker that is none is refused with what there is', async (t) => {
  const directory = smallData(t);
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr, stdout } = await runCli(['statement', ...args, '--data-dir', directory]);
    assert.deepEqual([code, stdout], [2, '']);
    return stderr;
  };
  assert.match(await refused('taxes'), /expected trades, gains or holdings, found "taxes"/);
  assert.match(await refused('gains', '--year', '2026-28'), /expected --year to be such as 2026-27/);
  assert.match(await refused('gains', '--broker', 'other'), /expected --broker to be one of/);
});

test('a forged fill that was refused when it came is in no statement', async (t) => {
  const directory = smallData(t);
  const honest = await runCli(['statement', 'trades', '--data-dir', directory]);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  const [message] = store.read('paper.orders.filled', 0, 1);
  assert.ok(message !== undefined);
  inbox.put([
    {
      topic: message.topic,
      key: message.key,
      id: 'forged',
      value: message.value.replace(/"id":"[^"]*"/, '"id":"forged"'),
    },
    { topic: `${message.topic}.dlq`, key: 'x', id: undefined, value: 'not JSON' },
  ]);
  new SmallMarket(store, inbox).run(70, 71);
  assert.equal(store.topics().find(({ topic }) => topic === message.topic)?.end, 5, 'it lies on the topic');
  inbox.close();
  store.close();
  assert.deepEqual(await runCli(['statement', 'trades', '--data-dir', directory]), honest);
});

test('a letter that hides a fill is found out: log and books no longer agree', async (t) => {
  const directory = smallData(t);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  const data = {
    dlq_metadata: { service_name: 'intake', original_topic: 'paper.orders.filled', original_offset: 0 },
  };
  inbox.put([{ topic: 'paper.orders.filled.dlq', key: 'x', id: 'x', value: JSON.stringify({ data }) }]);
  new SmallMarket(store, inbox).run(70, 71);
  inbox.close();
  store.close();
  const { code, stdout, stderr } = await runCli(['statement', 'trades', '--data-dir', directory]);
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(
    stderr,
    /the log of paper\/demo comes to .* in cash, the book has 978331\.5352\. Run `alpha-panda verify`/,
  );
});
