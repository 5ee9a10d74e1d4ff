// Which namespaces run, of which kind, and under which terms: ACTIVE_BROKERS, the two kinds' sections and the settings of
// one namespace alone, each under two values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kiteHosts } from '#app/kite-hosts.ts';
import { brokerFields } from '#app/config/brokers.ts';
import { upperSnake } from '#app/config/settings-schema.ts';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { BROKERS, deployment, ofType, units } from '../support/builders.ts';
import { loaded, planOf, refusalsOf, settingsOf, SettingsRun, type Env } from './settings-run.ts';

const ZERODHA = 'zerodha' as BrokerId;
const BOTH = { ACTIVE_BROKERS: 'paper,zerodha' };

/** The namespaces that run under a plan, and trade in it. */
function brokersUnder(env: Env): readonly string[] {
  const run = new SettingsRun(env, [deployment({ brokers: BROKERS })]);
  for (let second = 0; second < 8; second++) run.price(second, 100);
  return [...new Set(ofType(run.events, 'order_filled').map(({ broker }) => broker))];
}

/** Price and fees, in rupees, of a fill of ten units at 100 rupees in a namespace. */
function fillUnder(env: Env, broker: BrokerId): { readonly price: number; readonly fees: number } | undefined {
  const run = new SettingsRun(env);
  run.price(0, 100);
  run.ask(1, { broker, quantity: units(10) });
  run.price(2, 100);
  const [fill] = ofType(run.events, 'order_filled');
  return fill === undefined ? undefined : { price: fill.fillPrice / 10_000, fees: fill.fees / 10_000 };
}

/** The cash with which books start in a namespace, in rupees. */
function startingCash(env: Env, broker: BrokerId): number {
  return new SettingsRun(env, [deployment({ brokers: BROKERS })]).cash(broker);
}

test('ACTIVE_BROKERS lists the namespaces that trade', () => {
  assert.deepEqual(brokersUnder({ ACTIVE_BROKERS: 'paper' }), ['paper']);
  assert.deepEqual(brokersUnder({ ACTIVE_BROKERS: '["zerodha","paper"]' }), ['zerodha', 'paper']);
});

test('PAPER_TRADING__ENABLED and ZERODHA__ENABLED keep their kind out, and the start says so', () => {
  for (const [name, kept, left] of [
    ['PAPER_TRADING__ENABLED', 'paper', 'zerodha'],
    ['ZERODHA__ENABLED', 'zerodha', 'paper'],
  ] as const) {
    assert.deepEqual(brokersUnder({ ...BOTH, [name]: 'true' }), ['paper', 'zerodha']);
    assert.deepEqual(brokersUnder({ ...BOTH, [name]: 'false' }), [left]);
    const { notices } = loaded({ ...BOTH, [name]: 'false' });
    assert.ok(notices.includes(`${kept} is listed in ACTIVE_BROKERS, but ${name}=false keeps it out`));
    assert.match(refusalsOf({ ACTIVE_BROKERS: kept, [name]: 'false' }).join(), /no namespace is left to run/);
  }
});

test('PAPER_TRADING__SLIPPAGE_PERCENT moves fills against the trader', () => {
  const price = (percent: string) =>
    fillUnder({ PAPER_TRADING__SLIPPAGE_PERCENT: percent }, BROKERS[0] as BrokerId)?.price;
  assert.deepEqual([price('0'), price('1.5')], [100, 101.5]);
});

test('PAPER_TRADING__COMMISSION_PERCENT is taken from each fill', () => {
  const fees = (percent: string) =>
    fillUnder({ PAPER_TRADING__COMMISSION_PERCENT: percent }, BROKERS[0] as BrokerId)?.fees;
  assert.deepEqual([fees('0'), fees('0.25')], [0, 2.5]);
});

test('PAPER_TRADING__STARTING_CASH and ZERODHA__STARTING_CASH are what the books of their kind begin with', () => {
  const env = { ...BOTH, PAPER_TRADING__STARTING_CASH: '2500.5', ZERODHA__STARTING_CASH: '70000' };
  const cash = (of: Env) => [startingCash(of, BROKERS[0] as BrokerId), startingCash(of, ZERODHA)];
  assert.deepEqual(
    [cash(env), cash(BOTH)],
    [
      [2_500.5, 70_000],
      [1_000_000, 1_000_000],
    ],
  );
});

/** A delivery of 1,000 rupees in June 2021: tax 1, stamp 0.15, exchange 0.0345, SEBI 0.001 and GST on the last two. */
const DATED_FEES = 1.1919;

test('PAPER_TRADING__CHARGES decides between the flat commission and the dated tables, and flat is the default', () => {
  const fees = (env: Env) =>
    fillUnder({ PAPER_TRADING__COMMISSION_PERCENT: '0.5', ...env }, BROKERS[0] as BrokerId)?.fees;
  const asked = ['flat', 'dated'].map((charges) => fees({ PAPER_TRADING__CHARGES: charges }));
  assert.deepEqual([fees({}), ...asked], [5, 5, DATED_FEES]);
});

test('ZERODHA__CHARGES decides between the flat commission and the dated tables, and dated is the default', () => {
  const fees = (env: Env) => fillUnder({ ...BOTH, PAPER_TRADING__COMMISSION_PERCENT: '0.5', ...env }, ZERODHA)?.fees;
  const asked = ['flat', 'dated'].map((charges) => fees({ ZERODHA__CHARGES: charges }));
  assert.deepEqual([fees({}), ...asked], [DATED_FEES, 5, DATED_FEES]);
});

/** How many of twelve orders of one second leave at once. */
function leftAtOnce(env: Env, broker: BrokerId): number {
  const run = new SettingsRun(env);
  run.price(0, 100);
  for (let order = 0; order < 12; order++) run.ask(1, { broker, strategyId: `s${order}` as StrategyId });
  return ofType(run.events, 'order_submitted').filter(({ queued }) => !queued).length;
}

test('PAPER_TRADING__ORDER_LIMITS and ZERODHA__ORDER_LIMITS keep an account within its broker’s dated limits, or do not', () => {
  const paper = (env: Env) => leftAtOnce(env, BROKERS[0] as BrokerId);
  const zerodha = (env: Env) => leftAtOnce({ ...BOTH, ...env }, ZERODHA);
  assert.deepEqual([paper({}), paper({ PAPER_TRADING__ORDER_LIMITS: 'dated' })], [12, 7]);
  assert.deepEqual([zerodha({}), zerodha({ ZERODHA__ORDER_LIMITS: 'none' })], [7, 12]);
});

const OWN = { ACTIVE_BROKERS: 'paper,zerodha,paper_two', BROKERS__PAPER_TWO__KIND: 'paper' };
const [PAPER, , SECOND] = BROKERS as readonly [BrokerId, BrokerId, BrokerId];

test('BROKERS__{ID}__KIND makes a namespace of any id, and without it an unknown id is refused', () => {
  assert.deepEqual(brokersUnder(OWN), ['paper', 'zerodha', 'paper_two']);
  assert.equal(settingsOf({ ...OWN, BROKERS__PAPER_TWO__KIND: 'zerodha' }).brokers[2]?.kind, 'zerodha');
  assert.match(refusalsOf({ ACTIVE_BROKERS: 'paper_two' }).join(), /^error BROKERS__PAPER_TWO__KIND: /);
});

test('BROKERS__{ID}__ENABLED keeps one namespace out and no other of its kind', () => {
  assert.deepEqual(brokersUnder({ ...OWN, BROKERS__PAPER__ENABLED: 'false' }), ['zerodha', 'paper_two']);
  assert.deepEqual(brokersUnder({ ...OWN, BROKERS__ZERODHA__ENABLED: 'false' }), ['paper', 'paper_two']);
});

test('BROKERS__{ID}__STARTING_CASH is the cash of one namespace alone', () => {
  const cash = (broker: BrokerId, env: Env = {}) => startingCash({ ...OWN, ...env }, broker);
  assert.deepEqual([cash(SECOND), cash(SECOND, { BROKERS__PAPER_TWO__STARTING_CASH: '10' })], [1_000_000, 10]);
  assert.equal(cash(PAPER, { BROKERS__PAPER_TWO__STARTING_CASH: '10' }), 1_000_000);
  assert.equal(cash(ZERODHA, { BROKERS__ZERODHA__STARTING_CASH: '20' }), 20);
});

const FLAT = { ...OWN, BROKERS__ZERODHA__CHARGES: 'flat' };

test('BROKERS__{ID}__SLIPPAGE_PERCENT and BROKERS__{ID}__COMMISSION_PERCENT are the costs of one namespace alone', () => {
  for (const broker of [ZERODHA, SECOND]) {
    const own = `BROKERS__${broker.toUpperCase()}`;
    const env = { ...FLAT, [`${own}__SLIPPAGE_PERCENT`]: '2', [`${own}__COMMISSION_PERCENT`]: '1' };
    assert.deepEqual(fillUnder(env, broker), { price: 102, fees: 10.2 });
    assert.deepEqual(fillUnder(env, PAPER), { price: 100, fees: 0 });
  }
});

test('BROKERS__{ID}__CHARGES are the charges of one namespace alone', () => {
  const env = { ...OWN, BROKERS__PAPER_TWO__CHARGES: 'dated', BROKERS__ZERODHA__CHARGES: 'flat' };
  const fees = [PAPER, ZERODHA, SECOND].map((broker) => fillUnder(env, broker)?.fees);
  assert.deepEqual(fees, [0, 0, DATED_FEES]);
});

test('BROKERS__{ID}__ORDER_LIMITS are the limits of one namespace alone', () => {
  const env = { ...OWN, BROKERS__PAPER_TWO__ORDER_LIMITS: 'dated', BROKERS__ZERODHA__ORDER_LIMITS: 'none' };
  assert.deepEqual(
    [PAPER, ZERODHA, SECOND].map((broker) => leftAtOnce(env, broker)),
    [12, 12, 7],
  );
});

test('BROKERS__{ID}__MODE, BROKERS__{ID}__API_KEY and BROKERS__{ID}__API_SECRET exist for no namespace of kind paper', () => {
  for (const field of Object.keys(brokerFields.zerodha).filter((name) => !(name in brokerFields.paper))) {
    const name = `BROKERS__PAPER_TWO__${upperSnake(field)}`;
    assert.match(
      refusalsOf({ ...OWN, [name]: 'x' }).join(),
      new RegExp(`^error ${name}: .*takes no mode or credential`),
    );
  }
});

const LIVE: Env = {
  ...OWN,
  FEED__SOURCE: 'zerodha',
  AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef',
  ZERODHA__API_KEY: 'key',
  ZERODHA__API_SECRET: 'hidden',
  ZERODHA__MODE: 'live',
  ZERODHA__USER_ID: 'AB1234',
};

test('ZERODHA__MODE=live makes a namespace of an account, which ZERODHA__USER_ID names, and needs both and more', () => {
  const plans = (env: Env) =>
    planOf({ ...LIVE, ...env }).namespaces.map(({ broker, answeredBy, account }) => [broker, answeredBy, account]);
  const [paper, , second] = plans({});
  assert.deepEqual([paper?.[1], second?.[1]], ['simulated', 'simulated'], 'paper stays paper');
  assert.deepEqual(plans({})[1], ['zerodha', 'gateway', 'AB1234']);
  assert.deepEqual(plans({ BROKERS__ZERODHA__USER_ID: 'CD5678' })[1], ['zerodha', 'gateway', 'CD5678']);
  assert.deepEqual(plans({ ZERODHA__MODE: 'simulator' })[1], ['zerodha', 'simulated', undefined]);
  assert.match(
    refusalsOf({ ...LIVE, FEED__SOURCE: 'simulator' }).join(),
    /^error BROKERS__ZERODHA__MODE: live follows/,
  );
  assert.match(refusalsOf({ ...LIVE, ZERODHA__USER_ID: '' }).join(), /^error BROKERS__ZERODHA__USER_ID: a live broker/);
});

test('BROKERS__{ID}__USER_ID, BROKERS__{ID}__DEPLOYMENT and BROKERS__{ID}__KITE_ROOT are the account of one namespace alone', () => {
  const own = { USER_ID: 'CD5678', DEPLOYMENT: 'Z', KITE_ROOT: 'http://127.0.0.1:1' };
  const named = Object.fromEntries(Object.entries(own).map(([field, value]) => [`BROKERS__SECOND__${field}`, value]));
  const env = { ...LIVE, ACTIVE_BROKERS: 'zerodha,second', BROKERS__SECOND__KIND: 'zerodha', ...named };
  const accounts = settingsOf(env).brokers.map((broker) =>
    broker.kind === 'zerodha' ? [broker.userId, broker.deployment, broker.kiteRoot] : [],
  );
  assert.deepEqual(accounts, [['AB1234', 'P', ''], Object.values(own)]);
});

test('ZERODHA__KITE_ROOT is where Kite is found, and without it at its own hosts', () => {
  const hosts = (env: Env) => Object.values(kiteHosts(settingsOf({ ...LIVE, ...env }).zerodha.kiteRoot));
  assert.deepEqual(hosts({}), ['https://api.kite.trade', 'https://kite.zerodha.com', 'wss://ws.kite.trade']);
  const root = 'http://127.0.0.1:8090';
  assert.deepEqual(hosts({ ZERODHA__KITE_ROOT: root }), [root, root, 'ws://127.0.0.1:8090']);
  for (const bad of ['127.0.0.1:8090', 'http://a/b', 'ftp://a']) {
    assert.match(refusalsOf({ ...LIVE, ZERODHA__KITE_ROOT: bad }).join(), /^error ZERODHA__KITE_ROOT: found/);
  }
});

test('orders leave through a gateway in namespaces of kind zerodha only, and only when the feed keeps to the clock', () => {
  const answered = (env: Env) => planOf({ ...OWN, ...env }).namespaces.map(({ answeredBy }) => answeredBy);
  const simulator = { FEED__SOURCE: 'simulator' };
  assert.deepEqual(answered(simulator), ['simulated', 'gateway', 'simulated']);
  const none = ['simulated', 'simulated', 'simulated'];
  assert.deepEqual(answered({ FEED__SOURCE: 'tape:ticks' }), none);
  for (const speed of ['max', '2']) assert.deepEqual(answered({ ...simulator, FEED__SPEED: speed }), none);
});

test('a rehearsal is told which account it has: what its books need, and no other namespace has one', () => {
  const deployments = [
    deployment({ brokers: BROKERS }),
    deployment({ brokers: BROKERS, strategyId: 'b' as StrategyId }),
  ];
  const plan = planOf({ ...OWN, FEED__SOURCE: 'simulator', ZERODHA__STARTING_CASH: '250' }, deployments);
  assert.deepEqual(
    plan.namespaces.map(({ funds }) => funds),
    [undefined, 5_000_000, undefined],
  );
});
