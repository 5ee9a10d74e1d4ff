import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { runCli, smallData, temporaryFolder, type Ran } from '../../../test/support/cli.ts';
import { SmallMarket } from '../../../test/support/small-market.ts';

function waiting(directory: string): Record<string, unknown>[] {
  const inbox = openInbox(directory);
  const messages = inbox.after(0, 100).slice(1);
  inbox.close();
  return messages.map(({ topic, value }) => ({ topic, ...(JSON.parse(value) as { data: object }).data }));
}

/** The next start of the platform in the data directory, for a few ticks. */
function startAgain(directory: string, from = 70): void {
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  new SmallMarket(store, inbox).run(from, from + 1);
  inbox.close();
  store.close();
}

function deposit(directory: string, ...args: readonly string[]): Promise<Ran> {
  const common = ['--broker', 'paper', '--strategy', 'demo', '--why', 'more capital', '--data-dir', directory];
  return runCli([...args, ...common]);
}

test('a deposit and a withdrawal reach the book at the next start, with who and why', async (t) => {
  const directory = smallData(t);
  const first = await deposit(directory, 'deposit', '--amount', '1000.50', '--request-id', 'req-1');
  assert.deepEqual(first, {
    code: 0,
    stdout: 'deposit of 1000.50 for paper/demo is requested as req-1\n',
    stderr: '',
  });
  const second = await deposit(directory, 'withdraw', '--amount', '400');
  assert.match(second.stdout, /^withdrawal of 400 for paper\/demo is requested as [0-9a-f-]{36}\n$/);
  const [put, taken] = waiting(directory);
  assert.deepEqual([put?.['topic'], put?.['amount'], put?.['who']], ['paper.pnl.snapshots', '1000.50', 'asha']);
  assert.deepEqual([taken?.['amount'], taken?.['kind'], taken?.['why']], ['-400.00', 'withdrawal', 'more capital']);

  startAgain(directory);
  const { stdout } = await runCli(['state', '--json', '--data-dir', directory]);
  const { brokers } = JSON.parse(stdout) as {
    brokers: Record<string, { books: { cash: string; adjustments: string }[] }>;
  };
  assert.equal(brokers['paper']?.books[0]?.adjustments, '600.50');
  assert.equal(brokers['paper']?.books[0]?.cash, '978932.0352');
  assert.equal(brokers['zerodha']?.books[0]?.adjustments, '0.00');
  assert.equal((await runCli(['verify', '--data-dir', directory])).code, 0);
});

test('the same request id twice is one deposit', async (t) => {
  const directory = smallData(t);
  for (let k = 0; k < 2; k++) await deposit(directory, 'deposit', '--amount', '1', '--request-id', 'same');
  startAgain(directory);
  const { stdout } = await runCli(['portfolio', '--broker', 'paper', '--json', '--data-dir', directory]);
  assert.equal((JSON.parse(stdout) as { adjustments: string }[])[0]?.adjustments, '1.00');
});

test('an amount that is none, a book that is not there, or a missing flag is refused with 2', async (t) => {
  const directory = smallData(t);
  for (const amount of ['0', '-5', '1.23456', '1e3', 'all', '1,000']) {
    const { code, stderr } = await deposit(directory, 'deposit', '--amount', amount);
    assert.equal(code, 2, amount);
    assert.match(stderr, /expected --amount to be rupees above zero/);
  }
  const args = [
    'deposit',
    '--broker',
    'paper',
    '--strategy',
    'dmo',
    '--amount',
    '1',
    '--why',
    'x',
    '--data-dir',
    directory,
  ];
  const nowhere = await runCli(args);
  const books = 'paper/demo, zerodha/demo';
  assert.deepEqual([nowhere.code, waiting(directory)], [2, []]);
  assert.equal(
    nowhere.stderr,
    `alpha-panda deposit: expected a book that is there, one of ${books}; found paper/dmo\n`,
  );
  assert.match((await deposit(directory, 'deposit')).stderr, /^alpha-panda deposit: --amount is needed\n/);
});

test('more than the cash of the book cannot be taken out, which is a no and not a mistake', async (t) => {
  const directory = smallData(t);
  const { code, stderr } = await deposit(directory, 'withdraw', '--amount', '978331.5353');
  assert.deepEqual([code, waiting(directory)], [1, []]);
  assert.match(stderr, /the book paper\/demo has 978331\.5352 in cash; take out at most that/);
  assert.equal((await deposit(directory, 'withdraw', '--amount', '978331.5352')).code, 0);
});

test('strategies list shows what ships, what is deployed, and what was stopped by whom', async (t) => {
  const directory = smallData(t);
  const args = [
    'strategies',
    'disable',
    'momentum',
    '--broker',
    'paper',
    '--why',
    'too noisy',
    '--data-dir',
    directory,
  ];
  assert.deepEqual(await runCli(args), {
    code: 0,
    stdout: 'disable momentum is requested for paper\n',
    stderr: '',
  });
  startAgain(directory);
  const { stdout } = await runCli(['strategies', 'list', '--data-dir', directory]);
  assert.match(stdout, /^sma_crossover +1 +Buys when the fast average/m);
  assert.match(stdout, /^Deployed \(the shipped set, as you deployed none of your own\)$/m);
  assert.match(stdout, /^momentum +momentum +all +paper +disabled +asha: too noisy$/m);
  assert.match(stdout, /^momentum +momentum +all +zerodha +enabled$/m);

  await runCli(['strategies', 'enable', 'momentum', '--data-dir', directory]);
  startAgain(directory, 71);
  const again = await runCli(['strategies', 'list', '--data-dir', directory]);
  assert.match(again.stdout, /^momentum +momentum +all +paper +enabled$/m);
});

test('strategies show tells the parameters with their bounds', async (t) => {
  const { code, stdout } = await runCli(['strategies', 'show', 'rsi', '--data-dir', temporaryFolder(t)]);
  assert.equal(code, 0);
  assert.match(stdout, /^rsi, version 1, first signal after \d+ ticks$/m);
  assert.match(stdout, /^rsi_period +14 +a whole number from 2 to \d+ +/m);
});

function deploymentFile(t: TestContext, content: object): { folder: string; directory: string } {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'mine.json'), JSON.stringify(content));
  return { folder, directory: join(folder, 'data') };
}

test('strategies deploy lays the file down and tells what changes by it', async (t) => {
  const content = { strategy_id: 'fast_rsi', strategy: 'rsi', parameters: { rsi_period: 5 }, instruments: ['NOSUCH'] };
  const { folder, directory } = deploymentFile(t, content);
  const { code, stdout, stderr } = await runCli(['strategies', 'deploy', 'mine.json', '--data-dir', directory], {
    folder,
  });
  assert.equal(code, 0);
  const path = join(directory, 'deployments', 'fast_rsi.json');
  assert.equal(stdout, `deployed fast_rsi as ${path}; it runs from the next start on\n`);
  assert.match(stderr, /instead of the shipped set\n.*NOSUCH\n$/);
  const list = await runCli(['strategies', 'list', '--json', '--data-dir', directory]);
  const report = JSON.parse(list.stdout) as { deployed: string; deployments: { strategy_id: string }[] };
  assert.deepEqual([report.deployed, report.deployments.map((each) => each.strategy_id)], ['files', ['fast_rsi']]);
});

test('a deployment that cannot run is refused with 2 before it is laid down', async (t) => {
  const bad: readonly [object, RegExp][] = [
    [{ strategy_id: 'x', strategy: 'nope' }, /no strategy is called nope; known are sma_crossover/],
    [{ strategy_id: 'x', strategy: 'rsi', parameters: { period: 5 } }, /parameter period is not known/],
    [{ strategy_id: 'X Y', strategy: 'rsi' }, /lower-case letters/],
    [{ strategy: 'rsi' }, /strategy_id/],
  ];
  for (const [content, reason] of bad) {
    const { folder, directory } = deploymentFile(t, content);
    const { code, stderr } = await runCli(['strategies', 'deploy', 'mine.json', '--data-dir', directory], { folder });
    assert.equal(code, 2);
    assert.match(stderr, reason);
    assert.equal((await runCli(['strategies', 'list', '--data-dir', directory])).stdout.includes('shipped set'), true);
  }
  const missing = await runCli(['strategies', 'deploy', 'none.json'], { folder: temporaryFolder(t) });
  assert.equal(missing.code, 2);
});

test('strategies refuses what it cannot do, with 2', async (t) => {
  const folder = ['--data-dir', smallData(t)];
  for (const args of [[], ['lst'], ['list', 'x'], ['show'], ['deploy'], ['show', 'nope'], ['enable', 'nope']]) {
    assert.equal((await runCli(['strategies', ...args, ...folder])).code, 2, args.join(' '));
  }
  const elsewhere = await runCli(['strategies', 'enable', 'rsi', '--broker', 'other', ...folder]);
  assert.match(elsewhere.stderr, /rsi is deployed to paper, zerodha, not to "other"/);
});

test('config masks secrets and has a form for scripts', async () => {
  const env = { AUTH__SECRET_KEY: 'correct-horse-battery-staple-0123456789' };
  const text = await runCli(['config'], { env });
  assert.match(text.stdout, /^AUTH__SECRET_KEY +\*{8} +environment$/m);
  const json = await runCli(['config', '--json'], { env });
  const { settings } = JSON.parse(json.stdout) as { settings: Record<string, { value: string; origin: string }> };
  assert.deepEqual(settings['AUTH__SECRET_KEY'], { value: '********', origin: 'environment' });
  assert.equal(`${text.stdout}${json.stdout}`.includes('battery'), false);
});

test('start refuses stages in the embedded profile, and settings that cannot be, with 2', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'logs'));
  const env = { LOGGING__LOGS_DIR: join(folder, 'logs', 'now') };
  const stages = await runCli(['start', '--stages', 'risk_manager', '--data-dir', folder], { env });
  assert.equal(stages.code, 2);
  assert.match(stages.stderr, /--stages needs PROFILE=distributed/);
  const bad = [
    'start',
    '--feed',
    'tape:',
    '--speed',
    'fast',
    '--port',
    '99999',
    '--brokers',
    'a.b',
    '--data-dir',
    folder,
  ];
  const { code, stderr } = await runCli(bad, { env });
  assert.equal(code, 2);
  for (const name of ['FEED__SOURCE', 'FEED__SPEED', 'API__PORT', 'ACTIVE_BROKERS']) {
    assert.match(stderr, new RegExp(`^ {2}error ${name}: `, 'm'));
  }
});

test('backtest refuses arguments that it cannot run, with 2', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'w.env'), 'NOT_A_SETTING=1\n');
  writeFileSync(join(folder, 'broken.env'), 'what is this\n');
  const base = ['backtest', '--ticks', 'none.csv', '--strategy', 'rsi'];
  const bad: readonly [readonly string[], RegExp][] = [
    [['backtest', '--strategy', 'rsi'], /--ticks is needed/],
    [['backtest', '--ticks', 'x.csv'], /--strategy is needed/],
    [[...base, '--param', 'fast'], /expected --param as NAME=VALUE/],
    [[...base, '--param', 'a=1', '--param', 'a=2'], /the parameter a is given more than once/],
    [[...base, '--capital', '0'], /expected --capital to be rupees above zero/],
    [[...base, '--settings', 'none.env'], /none\.env: expected a readable file of settings/],
    [[...base, '--settings', 'broken.env'], /broken\.env:\n {2}line 1: expected NAME=value/],
    [[...base, '--settings', 'w.env'], /error NOT_A_SETTING: this is no setting/],
  ];
  for (const [args, reason] of bad) {
    const { code, stdout, stderr } = await runCli(args, { folder });
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    assert.match(stderr, reason);
  }
});
