import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BrokerSettings } from './brokers.ts';
import { loadSettings, type LoadedSettings } from './load-settings.ts';
import { formatProblem } from './problem.ts';

type Env = Readonly<Record<string, string>>;

function load(env: Env): LoadedSettings {
  const result = loadSettings({ env });
  assert.ok(result.ok, result.ok ? '' : result.error.map(formatProblem).join('\n'));
  return result.value;
}

function refusal(env: Env): string {
  const result = loadSettings({ env });
  assert.ok(!result.ok, 'the settings were accepted');
  const errors = result.error.filter(({ severity }) => severity === 'error').map(formatProblem);
  assert.equal(errors.length, 1, errors.join('\n'));
  return errors[0] ?? '';
}

function broker(env: Env, id: string): BrokerSettings {
  const found = load(env).settings.brokers.find((candidate) => candidate.id === id);
  assert.ok(found !== undefined, `no namespace ${id}`);
  return found;
}

function warnings(env: Env): string[] {
  return load(env)
    .warnings.filter(({ name }) => name.startsWith('BROKERS__'))
    .map(formatProblem);
}

const STRONG = { AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef' };
const LIVE = {
  ...STRONG,
  FEED__SOURCE: 'zerodha',
  ZERODHA__API_KEY: 'key',
  ZERODHA__API_SECRET: 'hidden',
  ZERODHA__MODE: 'live',
  ZERODHA__USER_ID: 'AB1234',
};
const NSE_ARB = { ACTIVE_BROKERS: 'paper,zerodha,nse_arb', BROKERS__NSE_ARB__KIND: 'paper' };
const NOBODY = { kafkaUsername: '', kafkaPassword: '', postgresRole: '', postgresPassword: '' };

describe('the namespaces of the defaults', () => {
  it('are paper, run by the simulated exchange, and zerodha behind its gateway', () => {
    assert.deepEqual(load({}).settings.brokers, [
      {
        id: 'paper',
        kind: 'paper',
        mode: 'simulated',
        enabled: true,
        runsAs: 'simulated',
        startingCash: '1000000',
        slippagePercent: '0.05',
        commissionPercent: '0.1',
        charges: 'flat',
        orderLimits: 'none',
        access: NOBODY,
        signalTtlSeconds: 30,
      },
      {
        id: 'zerodha',
        kind: 'zerodha',
        mode: 'simulator',
        enabled: true,
        runsAs: 'gateway',
        startingCash: '1000000',
        slippagePercent: '0.05',
        commissionPercent: '0.1',
        charges: 'dated',
        orderLimits: 'dated',
        access: NOBODY,
        apiKey: '',
        apiSecret: '',
        userId: '',
        deployment: 'P',
        kiteRoot: '',
        signalTtlSeconds: 30,
      },
    ]);
  });

  it('come with a notice of who answers zerodha', () => {
    const notice = (who: string): string => `zerodha: ${who} answers this namespace, and no order leaves this machine`;
    assert.deepEqual(load({}).notices, [notice('a Kite simulator of its own')]);
    assert.deepEqual(load({ FEED__SOURCE: 'tape:ticks' }).notices, [notice('the simulated exchange')]);
    assert.deepEqual(load({ ACTIVE_BROKERS: 'paper' }).notices, []);
  });
});

describe('ACTIVE_BROKERS', () => {
  it('is a comma list or a JSON list, in the order in which the namespaces run', () => {
    for (const text of ['nse_arb,paper', ' nse_arb , paper ', '["nse_arb", "paper"]']) {
      assert.deepEqual(load({ ...NSE_ARB, ACTIVE_BROKERS: text }).settings.activeBrokers, ['nse_arb', 'paper']);
    }
  });

  it('refuses what cannot name a namespace, and says why', () => {
    const why = (text: string): string => refusal({ ACTIVE_BROKERS: text });
    assert.match(why('paper,nse.arb'), /^error ACTIVE_BROKERS: found "nse\.arb": a dot would end the namespace/);
    for (const reserved of ['market', 'system', 'global']) assert.match(why(`paper,${reserved}`), /reserved/);
    for (const text of ['Paper', '1a', 'a__b', '_a', 'a_', 'a-b', 'a b', 'é', 'a'.repeat(33)]) {
      assert.match(why(text), /^error ACTIVE_BROKERS: found ".+"; a broker id is lower-case words joined by _/);
    }
    assert.match(why('paper,'), /^error ACTIVE_BROKERS: an item of the list is empty/);
    assert.match(why('paper,zerodha,paper'), /^error ACTIVE_BROKERS: paper is listed twice/);
    assert.match(why(''), /^error ACTIVE_BROKERS: found nothing .*expected one or more broker ids/);
    assert.match(why('["paper"'), /^error ACTIVE_BROKERS: found .*expected one or more broker ids/);
  });

  it('refuses an id whose kind is not known, and says how to set it', () => {
    assert.equal(
      refusal({ ACTIVE_BROKERS: 'paper,nse_arb' }),
      'error BROKERS__NSE_ARB__KIND: nse_arb is in ACTIVE_BROKERS, but not what it is; set BROKERS__NSE_ARB__KIND=paper ' +
        'or BROKERS__NSE_ARB__KIND=zerodha',
    );
    assert.equal(
      refusal({ ...NSE_ARB, BROKERS__NSE_ARB__KIND: 'upstox' }),
      'error BROKERS__NSE_ARB__KIND: found "upstox" in the environment, expected paper or zerodha',
    );
  });
});

describe('a kind', () => {
  it('gives its namespaces their defaults', () => {
    const env = {
      ...NSE_ARB,
      PAPER_TRADING__STARTING_CASH: '250000.50',
      PAPER_TRADING__SLIPPAGE_PERCENT: '0.2',
      PAPER_TRADING__COMMISSION_PERCENT: '0',
      ZERODHA__STARTING_CASH: '5',
      ZERODHA__API_KEY: 'key',
      ZERODHA__API_SECRET: 'secret',
      ZERODHA__CHARGES: 'flat',
    };
    for (const id of ['paper', 'nse_arb']) assert.equal(broker(env, id).startingCash, '250000.5');
    for (const id of ['paper', 'zerodha', 'nse_arb']) {
      assert.equal(broker(env, id).slippagePercent, '0.2');
      assert.equal(broker(env, id).commissionPercent, '0');
    }
    const zerodha = broker(env, 'zerodha');
    assert.equal(zerodha.startingCash, '5');
    assert.equal(zerodha.charges, 'flat');
    assert.ok(zerodha.kind === 'zerodha');
    assert.deepEqual([zerodha.apiKey, zerodha.apiSecret], ['key', 'secret']);
  });

  it('may be paper under the id zerodha, but never anything else under the id paper', () => {
    assert.equal(broker({ BROKERS__ZERODHA__KIND: 'paper' }, 'zerodha').kind, 'paper');
    assert.match(refusal({ BROKERS__PAPER__KIND: 'zerodha' }), /^error BROKERS__PAPER__KIND: .*always of kind paper/);
  });

  it('that is not enabled keeps its namespaces out, and says so', () => {
    const { settings, notices } = load({
      ...NSE_ARB,
      PAPER_TRADING__ENABLED: 'false',
      BROKERS__NSE_ARB__ENABLED: 'true',
    });
    assert.deepEqual(settings.activeBrokers, ['zerodha']);
    assert.ok(notices.includes('paper is listed in ACTIVE_BROKERS, but PAPER_TRADING__ENABLED=false keeps it out'));
    assert.ok(notices.includes('nse_arb is listed in ACTIVE_BROKERS, but PAPER_TRADING__ENABLED=false keeps it out'));
    assert.deepEqual(load({ ZERODHA__ENABLED: '0' }).settings.activeBrokers, ['paper']);
  });
});

describe('a namespace', () => {
  it('may have every field for itself', () => {
    const env = {
      ...NSE_ARB,
      BROKERS__NSE_ARB__STARTING_CASH: '7',
      brokers__nse_arb__slippage_percent: '1',
      BROKERS__ZERODHA__COMMISSION_PERCENT: '2',
      BROKERS__ZERODHA__API_KEY: 'own',
      BROKERS__ZERODHA__API_SECRET: 'own',
    };
    assert.equal(broker(env, 'nse_arb').startingCash, '7');
    assert.equal(broker(env, 'nse_arb').slippagePercent, '1');
    assert.equal(broker(env, 'paper').startingCash, '1000000');
    assert.equal(broker(env, 'paper').slippagePercent, '0.05');
    const zerodha = broker(env, 'zerodha');
    assert.equal(zerodha.commissionPercent, '2');
    assert.ok(zerodha.kind === 'zerodha' && zerodha.apiKey === 'own');
    assert.deepEqual(warnings(env), []);
  });

  it('that is not enabled is kept out, and none left is refused', () => {
    const { settings, notices } = load({ BROKERS__PAPER__ENABLED: 'no' });
    assert.deepEqual(settings.activeBrokers, ['zerodha']);
    assert.equal(notices[0], 'paper is listed in ACTIVE_BROKERS, but BROKERS__PAPER__ENABLED=false keeps it out');
    assert.equal(
      refusal({ ACTIVE_BROKERS: 'paper', PAPER_TRADING__ENABLED: 'false' }),
      'error ACTIVE_BROKERS: no namespace is left to run: paper is listed in ACTIVE_BROKERS, but ' +
        'PAPER_TRADING__ENABLED=false keeps it out',
    );
  });

  it('of kind paper has no field for a credential, and refuses a mode or a credential', () => {
    const paper = broker({ ZERODHA__API_KEY: 'k', ZERODHA__API_SECRET: 's' }, 'paper');
    assert.deepEqual(
      Object.keys(paper).filter((field) => field.startsWith('api')),
      [],
    );
    for (const field of ['API_KEY', 'API_SECRET', 'MODE']) {
      assert.match(refusal({ [`BROKERS__PAPER__${field}`]: 'live' }), /of kind paper, which never trades/);
    }
  });

  it('takes the life of its signals from the setting, else 30 seconds as long as it is simulated', () => {
    assert.equal(broker({}, 'zerodha').signalTtlSeconds, 30);
    assert.equal(broker({ EXECUTION__SIGNAL_TTL_SECONDS: '' }, 'paper').signalTtlSeconds, 30);
    for (const id of ['paper', 'zerodha']) {
      assert.equal(broker({ EXECUTION__SIGNAL_TTL_SECONDS: '2.5' }, id).signalTtlSeconds, 2.5);
    }
  });

  it('that is live has a gateway, says whose money it is, and lets its signals live for ten seconds', () => {
    const env = { ...LIVE, ACTIVE_BROKERS: 'zerodha' };
    const live = broker(env, 'zerodha');
    assert.deepEqual([live.mode, live.runsAs, live.signalTtlSeconds], ['live', 'gateway', 10]);
    assert.match(load(env).notices.join(), /zerodha: live\. Its orders go to the account AB1234 with real money/);
  });

  it('tells a bad value of its own by that name', () => {
    assert.match(
      refusal({ BROKERS__PAPER__STARTING_CASH: '1e6' }),
      /^error BROKERS__PAPER__STARTING_CASH: found "1e6" in the environment, expected rupees from 0/,
    );
  });

  it('gives a hint for a field that it does not have and for one that is not active', () => {
    assert.deepEqual(
      warnings({ BROKERS__PAPER__STARTING_CASHH: '1', BROKERS__OTHER__KIND: 'paper', BROKERS__X: '1' }),
      [
        'warning BROKERS__PAPER__STARTING_CASHH: the section BROKERS__ has no such setting; did you mean ' +
          'BROKERS__PAPER__STARTING_CASH?',
        'warning BROKERS__OTHER__KIND: this has no effect, because "other" is not in ACTIVE_BROKERS',
        'warning BROKERS__X: this has no effect, because "x" is not in ACTIVE_BROKERS',
      ],
    );
  });
});
