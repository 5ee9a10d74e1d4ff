// What the reading commands print of a small store that the real pipeline wrote. Every amount is worked out by hand: two
// buys of 3 each at 2202.1005 and 2207.1030, and at 1400.70 and 1405.7025, with a commission of 0.1 %.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { runCli, smallData } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

const POSITIONS = [
  { instrument_token: 408065, quantity: 6, average_price: '1403.2013' },
  { instrument_token: 738561, quantity: 6, average_price: '2204.6018' },
];
const BOOK = {
  strategy_id: 'demo',
  starting_cash: '1000000.00',
  cash: '978331.5352',
  realised_pnl: '0.00',
  fees: '21.6468',
  adjustments: '0.00',
  positions: POSITIONS,
};

test('state --json has exactly the fields of the books, and a hash that anybody can compute', async (t) => {
  const { code, stdout } = await runCli(['state', '--json', '--data-dir', smallData(t)]);
  const brokers = { paper: { books: [BOOK] }, zerodha: { books: [BOOK] } };
  const position = ({ average_price, instrument_token, quantity }: (typeof POSITIONS)[number]): string =>
    `{"average_price":"${average_price}","instrument_token":${instrument_token},"quantity":${quantity}}`;
  const book =
    `{"adjustments":"0.00","cash":"978331.5352","fees":"21.6468","positions":[${POSITIONS.map(position).join(',')}],` +
    `"realised_pnl":"0.00","starting_cash":"1000000.00","strategy_id":"demo"}`;
  const canonical = `{"paper":{"books":[${book}]},"zerodha":{"books":[${book}]}}`;
  const sha256 = createHash('sha256').update(canonical).digest('hex');

  assert.equal(code, 0);
  assert.equal(stdout, `${JSON.stringify({ brokers, sha256 }, null, 2)}\n`);
});

test('state shows a table of books with the hash', async (t) => {
  const { stdout } = await runCli(['state', '--data-dir', smallData(t)]);
  const [titles, paper, zerodha, empty, hash] = stdout.split('\n');
  assert.equal(titles, 'broker   strategy  starting cash         cash  realised P&L     fees  adjustments  positions');
  assert.equal(paper, 'paper    demo         1000000.00  978331.5352          0.00  21.6468         0.00          2');
  assert.equal(zerodha, 'zerodha  demo         1000000.00  978331.5352          0.00  21.6468         0.00          2');
  assert.equal(empty, '');
  assert.match(hash ?? '', /^sha256 [0-9a-f]{64}$/);
});

test('the same market twice, in two folders, gives the same state', async (t) => {
  const first = await runCli(['state', '--json', '--data-dir', smallData(t)]);
  const second = await runCli(['state', '--json', '--data-dir', smallData(t)]);
  assert.deepEqual(first, second);
});

test('portfolio shows each book of a broker with its total and its last valuation', async (t) => {
  const { code, stdout } = await runCli(['portfolio', '--broker', 'zerodha', '--data-dir', smallData(t)]);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `zerodha (valued 2021-06-11T03:50:00.000Z; flat charges)
strategy  starting cash  adjustments  realised P&L     fees         cash  held at cost  unrealised       equity
demo         1000000.00         0.00          0.00  21.6468  978331.5352    21646.8180    -16.8180  999961.5352
--------  -------------  -----------  ------------  -------  -----------  ------------  ----------  -----------
total        1000000.00         0.00          0.00  21.6468  978331.5352    21646.8180    -16.8180  999961.5352

strategy  gross exposure  net exposure   day P&L  total P&L  margin used    available
demo            21630.00      21630.00  -38.4648   -38.4648         0.00  978331.5352
--------  --------------  ------------  --------  ---------  -----------  -----------
total           21630.00      21630.00  -38.4648   -38.4648         0.00  978331.5352
`,
  );
});

test('portfolio --json is one array over all brokers', async (t) => {
  const { stdout } = await runCli(['portfolio', '--json', '--data-dir', smallData(t)]);
  const books = JSON.parse(stdout) as Record<string, unknown>[];
  assert.deepEqual(
    books.map(({ broker }) => broker),
    ['paper', 'zerodha'],
  );
  const keys = 'broker strategy_id charges starting_cash adjustments realised_pnl fees cash held_at_cost valuation';
  for (const book of books) assert.equal(Object.keys(book).join(' '), keys);
});

test('positions names the symbols, and what they cost together is the portfolio’s number', async (t) => {
  const directory = smallData(t);
  const { stdout } = await runCli(['positions', '--broker', 'paper', '--data-dir', directory]);
  assert.equal(
    stdout,
    `paper: 2 positions, held at a cost of 21646.8180
strategy  symbol     token  quantity  average price
demo      INFY      408065         6      1403.2013
demo      RELIANCE  738561         6      2204.6018
`,
  );
  const json = await runCli(['positions', '--json', '--broker', 'paper', '--data-dir', directory]);
  const [first] = JSON.parse(json.stdout) as unknown[];
  const { instrument_token, quantity, average_price } = POSITIONS[0] ?? assert.fail();
  const broker = 'paper';
  assert.deepEqual(first, { broker, strategy_id: 'demo', instrument_token, symbol: 'INFY', quantity, average_price });
});

test('orders stand in the order in which they were submitted, with the total of their fees', async (t) => {
  const directory = smallData(t);
  const { stdout } = await runCli(['orders', '--broker', 'paper', '--data-dir', directory]);
  assert.equal(
    stdout,
    `paper
submitted                 strategy  symbol    side  quantity  filled  type    product  for    limit  trigger  average price     fees  status  message
2021-06-11T03:45:00.000Z  demo      RELIANCE  BUY          3       3  market  CNC      trade      -        -      2202.1005   6.6063  filled
2021-06-11T03:45:00.000Z  demo      INFY      BUY          3       3  market  CNC      trade      -        -        1400.70   4.2021  filled
2021-06-11T03:46:00.000Z  demo      RELIANCE  BUY          3       3  market  CNC      trade      -        -      2207.1030   6.6213  filled
2021-06-11T03:46:00.000Z  demo      INFY      BUY          3       3  market  CNC      trade      -        -      1405.7025   4.2171  filled
------------------------  --------  --------  ----  --------  ------  ------  -------  -----  -----  -------  -------------  -------  ------  -------
total 4 orders                                                                                                               21.6468
`,
  );
  const json = await runCli(['orders', '--json', '--data-dir', directory]);
  const orders = JSON.parse(json.stdout) as { broker: string; order_id: string }[];
  assert.equal(orders.length, 8);
  assert.equal(orders.find(({ broker }) => broker === 'paper')?.order_id, 'small:0/s.paper.0/r.paper.0/e.paper.0');
});

test('orders with an id shows each step of that order, and refuses an id that no order has', async (t) => {
  const directory = smallData(t);
  const orderId = 'small:0/s.paper.0/r.paper.0/e.paper.0';
  const { code, stdout } = await runCli(['orders', orderId, '--data-dir', directory]);
  assert.equal(code, 0);
  assert.deepEqual(
    stdout.split('\n').map((line) => line.trimEnd()),
    [
      'at                        event            quantity  type    limit  trigger  fill price  message',
      '2021-06-11T03:45:00.000Z  order_submitted         3  market      -        -           -',
      '2021-06-11T03:45:00.000Z  order_placed            3  market      -        -           -',
      '2021-06-11T03:45:05.000Z  order_filled            3  market      -        -   2202.1005',
      '',
    ],
  );
  const json = await runCli(['orders', orderId, '--json', '--data-dir', directory]);
  assert.deepEqual(
    (JSON.parse(json.stdout) as { event: string }[]).map(({ event }) => event),
    ['order_submitted', 'order_placed', 'order_filled'],
  );
  const unknown = await runCli(['orders', 'nobody', '--data-dir', directory]);
  assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
  assert.match(unknown.stderr, /expected the id of an order, as `orders --json` shows it; found "nobody"/);
});

test('a broker that nothing knows is refused with 2 and the known ones', async (t) => {
  const directory = smallData(t);
  for (const command of ['portfolio', 'positions', 'orders']) {
    const { code, stdout, stderr } = await runCli([command, '--broker', 'papr', '--data-dir', directory]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, `alpha-panda ${command}: expected --broker to be one of paper, zerodha, found "papr"\n`);
  }
});

test('verify says what it compared, and that it is equal', async (t) => {
  const { code, stdout, stderr } = await runCli(['verify', '--data-dir', smallData(t)]);
  assert.equal(stdout, 'compared from the first input: 3 inputs, 140 ticks, 42 events, 1 snapshots, 2 books\nequal\n');
  assert.deepEqual([code, stderr], [0, '']);
});

test('verify names the first difference, with 1', async (t) => {
  const directory = smallData(t);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const [row] = store.rows('book', 'paper');
  const value = (row?.value ?? '').replace('"cash":"978331.5352"', '"cash":"978331.5353"');
  const rows = [{ kind: 'book', broker: 'paper', id: 'demo', value } as const];
  store.commit({ inputs: [], messages: [], rows, offsets: [], snapshot: undefined });
  store.close();

  const { code, stdout } = await runCli(['verify', '--data-dir', directory]);
  assert.equal(code, 1);
  const [, place, expected, found] = stdout.split('\n');
  assert.equal(place, 'different at book paper/demo');
  assert.match(expected ?? '', /^expected .*"cash":"978331\.5352"/);
  assert.match(found ?? '', /^found {4}.*"cash":"978331\.5353"/);
  const json = await runCli(['verify', '--json', '--data-dir', directory]);
  assert.equal((JSON.parse(json.stdout) as { equal: boolean }).equal, false);
});

test('verify reads one committed moment beside a writer', async (t) => {
  const directory = smallData(t);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  const market = new SmallMarket(store, inbox);
  market.run(70, 80);
  const { code, stdout } = await runCli(['verify', '--data-dir', directory]);
  inbox.close();
  store.close();
  assert.deepEqual([code, stdout.split('\n')[1]], [0, 'equal']);
});

test('topics list shows what every topic holds, those without messages too', async (t) => {
  const { code, stdout } = await runCli(['topics', 'list', '--data-dir', smallData(t)]);
  const lines = stdout.split('\n');
  assert.equal(code, 0);
  assert.equal(lines[0], 'topic                              messages  first  next  types');
  assert.ok(lines.includes('market.ticks                            140      0   140  market_tick feed_gap'));
  assert.ok(
    lines.includes('paper.signals.raw.dlq                     1      0     1  system_error dead_letter_settled'),
  );
  assert.ok(lines.includes('zerodha.orders.failed                     0      -     0  order_failed'));
});

test('topics answers before the first start, and has nothing to bootstrap', async (t) => {
  const missing = `${smallData(t)}-not-there`;
  const { code, stdout } = await runCli(['topics', 'list', '--json', '--data-dir', missing]);
  assert.equal(code, 0);
  assert.ok((JSON.parse(stdout) as { end: number }[]).every(({ end }) => end === 0));
  const bootstrap = await runCli(['topics', 'bootstrap']);
  const nothing = 'Nothing to do: the embedded profile makes its topics and groups by itself.\n';
  assert.deepEqual(bootstrap, { code: 0, stdout: nothing, stderr: '' });
  assert.equal((await runCli(['topics', 'make'])).code, 2);
});

test('a terminal gets a bold heading, unless NO_COLOR is set', async (t) => {
  const directory = smallData(t);
  const bold = await runCli(['state', '--data-dir', directory], { tty: true });
  assert.ok(bold.stdout.startsWith('\u001B[1mbroker'));
  const plain = await runCli(['state', '--data-dir', directory], { tty: true, env: { NO_COLOR: '1' } });
  assert.ok(plain.stdout.startsWith('broker'));
});

test('progress is shown on a terminal only, and taken away at the end', async (t) => {
  const directory = smallData(t);
  const { stderr } = await runCli(['verify', '--data-dir', directory], { tty: true });
  assert.ok(stderr.startsWith('\r\u001B[Kverifying '));
  assert.ok(stderr.endsWith('\r\u001B[K'));
});
