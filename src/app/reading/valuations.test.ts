import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openStore } from '#adapters/sqlite/store.ts';
import type { Money } from '#core/decimal.ts';
import type { PnlSnapshot } from '#core/events.ts';
import { knownTrace, type EventId, type StrategyId } from '#core/ids.ts';
import type { Plan } from '#core/plan.ts';
import type { Store } from '#ports/store.ts';
import { encodeEvent } from '#wire/encode.ts';
import { ALPHA, BETA, inr, namespacePlan, PAPER, plan } from '../../../test/support/builders.ts';
import { temporaryFolder } from '../../../test/support/cli.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { planInForce } from './symbols.ts';
import { lastValuations } from './valuations.ts';

function emptyStore(t: TestContext): Store {
  const store = openStore(temporaryFolder(t), { now: () => 0, checkpointer: 'none' });
  t.after(() => store.close());
  return store;
}

function snapshotAt(
  when: string,
  strategyId: StrategyId,
  netPnl: number,
  more: Partial<PnlSnapshot> = {},
): PnlSnapshot {
  const zero = 0 as Money;
  return {
    type: 'pnl_snapshot',
    broker: PAPER,
    strategyId,
    trace: knownTrace(`${when} ${strategyId}` as EventId),
    at: ist(when),
    realised: zero,
    unrealised: zero,
    cash: inr(1_000),
    fees: zero,
    equity: inr(1_000),
    grossExposure: zero,
    netExposure: zero,
    netPnl: inr(netPnl),
    maxDrawdown: zero,
    ...more,
  };
}

function write(store: Store, ...snapshots: readonly PnlSnapshot[]): void {
  const messages = snapshots.map((snapshot) => ({ ...encodeEvent(snapshot), own: true as const }));
  store.commit({ inputs: [], messages, rows: [], offsets: [], snapshot: undefined });
}

test('the P&L of the day counts from the last snapshot of an earlier day, however many lie between', (t) => {
  const store = emptyStore(t);
  write(store, snapshotAt('2021-06-10T10:00:00', ALPHA, 3), snapshotAt('2021-06-10T15:30:00', ALPHA, 5));
  const minutes = Array.from({ length: 600 }, (_, k) => `2021-06-11T${10 + Math.floor(k / 120)}:${10 + (k % 50)}:00`);
  write(store, ...minutes.map((when) => snapshotAt(when, ALPHA, 9)), snapshotAt('2021-06-11T15:30:00', ALPHA, 12));
  write(store, snapshotAt('2021-06-11T15:30:00', BETA, -4));
  const found = lastValuations(store, 'paper', [ALPHA, BETA]);
  assert.deepEqual(
    [...found].map(([strategyId, { total_pnl, day_pnl }]) => [strategyId, total_pnl, day_pnl]),
    [
      [BETA, '-4.00', '-4.00'],
      [ALPHA, '12.00', '7.00'],
    ],
  );
  assert.equal(lastValuations(store, 'zerodha', [ALPHA]).size, 0);
});

test('shorts block what buying them back would take', (t) => {
  const store = emptyStore(t);
  write(store, snapshotAt('2021-06-11T15:30:00', ALPHA, 0, { grossExposure: inr(900), netExposure: inr(-300) }));
  const valuation = lastValuations(store, 'paper', [ALPHA]).get(ALPHA);
  assert.deepEqual([valuation?.margin_used, valuation?.available], ['600.00', '400.00']);
});

test('the plan in force is the last one that was recorded', (t) => {
  const store = emptyStore(t);
  assert.equal(planInForce(store), undefined);
  const plans: readonly Plan[] = [plan(), plan({ namespaces: [namespacePlan({ charges: 'dated' })] })];
  for (const each of plans) {
    const input = { kind: 'plan', at: 0, body: JSON.stringify(each), ticks: 0 } as const;
    store.commit({ inputs: [input], messages: [], rows: [], offsets: [], snapshot: undefined });
    assert.deepEqual(planInForce(store), JSON.parse(input.body));
  }
});
