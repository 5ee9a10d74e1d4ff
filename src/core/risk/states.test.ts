import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ALPHA, BETA, namespacePlan, PAPER, reread } from '../../../test/support/builders.ts';
import { type ControlAction } from '../events.ts';
import { controlTrouble, limitScopeTrouble } from './control-check.ts';
import { CONTROL_STATES, scopeOf, States } from './states.ts';

const SCOPES = ['global', PAPER, `strategy:${ALPHA}`, `strategy:${BETA}`, 'instrument:1', 'instrument:2'] as const;
const ACTIONS = ['armed', 'disarmed', 'killed', 'reducing', 'released', 'namespace_halted', 'flatten'] as const;

/** Where each action leads from each state of its scope, as a table. */
const LEADS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  active: { disarmed: 'disarmed', killed: 'halted', namespace_halted: 'halted', reducing: 'reducing' },
  reducing: { disarmed: 'disarmed', killed: 'halted', namespace_halted: 'halted', released: 'active' },
  halted: { disarmed: 'disarmed', released: 'active' },
  disarmed: { armed: 'active' },
};

describe('the states of a namespace', () => {
  test('a live broker starts disarmed, a simulated one active', () => {
    const stateOf = (answeredBy: 'gateway' | 'simulated') => new States(namespacePlan({ answeredBy })).worst(ALPHA, 1);
    assert.deepEqual([stateOf('gateway'), stateOf('simulated')], ['disarmed', 'active']);
  });

  test('the worst of all scopes that concern an order counts, whatever came in whatever order', () => {
    const anyAction = fc.tuple(fc.constantFrom(...ACTIONS), fc.constantFrom(...SCOPES));
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 30 }), fc.boolean(), (actions, live) => {
        const plan = namespacePlan({ answeredBy: live ? 'gateway' : 'simulated' });
        let states = new States(plan);
        const model = new Map<string, string>(SCOPES.map((scope) => [scope, 'active']));
        if (live) model.set(PAPER, 'disarmed');
        for (const [action, subject] of actions) {
          const before = model.get(subject) ?? '';
          model.set(subject, LEADS[before]?.[action] ?? before);
          states.onControl({ action, subject });
          if (action === 'flatten') {
            const state = reread(states.snapshot());
            states = new States(plan);
            states.restore(state);
          }
        }
        for (const strategyId of [ALPHA, BETA]) {
          for (const token of [1, 2]) {
            const scopes = ['global', PAPER, `strategy:${strategyId}`, `instrument:${token}`];
            const ranks = scopes.map((scope) => CONTROL_STATES.findIndex((state) => state === model.get(scope)));
            const worst = CONTROL_STATES[Math.max(...ranks)];
            assert.equal(states.worst(strategyId, token), worst);
            assert.equal(states.of(states.worstScope(strategyId, token)), worst);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test('the subject of a control event names its scope', () => {
  assert.deepEqual(['global', 'paper', 'strategy:alpha', 'instrument:42', 'instrument:x'].map(scopeOf), [
    { kind: 'global' },
    { kind: 'broker', broker: 'paper' },
    { kind: 'strategy', strategyId: 'alpha' },
    { kind: 'instrument', token: 42 },
    { kind: 'broker', broker: 'instrument:x' },
  ]);
});

test('a control event with a scope that is not there, or that lets more through without a reason, makes no sense', () => {
  const trouble = (action: ControlAction, subject: string, why = 'because') =>
    controlTrouble({ action, subject, why, broker: PAPER })?.split(':', 1)[0];
  assert.deepEqual(
    [
      trouble('killed', 'paper', ''),
      trouble('killed', 'papr'),
      trouble('killed', 'instrument:x'),
      trouble('armed', 'paper'),
      trouble('armed', 'global'),
      trouble('armed', 'paper', ' '),
      trouble('released', 'strategy:alpha', ''),
      trouble('strategy_enabled', 'anything', ''),
    ],
    [undefined, 'data.subject', 'data.subject', undefined, 'data.subject', 'data.why', 'data.why', undefined],
  );
});

test('a limit of the account is changed for the namespace, one of a book also for a strategy', () => {
  const trouble = (name: 'maxOrderQuantity' | 'maxOrdersPerSecond', subject: string) =>
    limitScopeTrouble({ name, value: 1 }, subject);
  assert.equal(trouble('maxOrderQuantity', 'strategy:alpha'), undefined);
  assert.equal(trouble('maxOrdersPerSecond', 'paper'), undefined);
  assert.match(trouble('maxOrdersPerSecond', 'strategy:alpha') ?? '', /max_orders_per_second is of the whole account/);
  assert.match(trouble('maxOrderQuantity', 'instrument:1') ?? '', /expected a namespace or strategy:ID/);
});
