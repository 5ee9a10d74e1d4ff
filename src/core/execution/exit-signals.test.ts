import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, ALPHA, OPEN, PAPER, root, rs, units } from '../../../test/support/builders.ts';
import { knownTrace, type EventId } from '../ids.ts';
import { exitAlert, exitSignal } from './exit-signals.ts';
import { type OwnedExit } from './exit.ts';

function exitOf(): OwnedExit {
  return {
    number: 3,
    strategyId: ALPHA,
    token: 1,
    trace: knownTrace('entry' as EventId),
    side: 'SELL',
    product: 'MIS',
    purpose: 'bracket',
    bracket: undefined,
    entries: [],
    entered: 6,
    exited: 0,
    phase: 'guarding',
    stop: rs(97),
    best: rs(100),
    firedAt: 0,
    orders: [],
    asked: undefined,
    askedUnits: 0,
    made: 0,
    refusals: 0,
    retryAt: 0,
    steps: 0,
  };
}

const PRICES = { orderType: 'stop', limitPrice: undefined, triggerPrice: rs(97) } as const;

test('what an exit asks for has ids that count up after its entry, and carries its purpose', () => {
  const exit = exitOf();
  const signal = exitSignal(exit, units(6), PRICES, rs(99), PAPER, root(), 30_000);
  assert.deepEqual(
    [signal.trace.id, signal.price, signal.triggerPrice, signal.purpose, signal.expiresAt, signal.at],
    ['entry/e.paper.x3-0', rs(99), rs(97), 'bracket', after(30), OPEN],
  );
  const alert = exitAlert(exit, 'EXIT_REFUSED', 'no', PAPER, root());
  assert.deepEqual([alert.trace.id, alert.message], ['entry/e.paper.x3-1', 'the exit of alpha in 1 (bracket): no']);
});

test('without a price seen a signal says none', () => {
  assert.equal(exitSignal(exitOf(), units(6), PRICES, 0, PAPER, root(), 30_000).price, undefined);
});
