import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainEvent } from '#core/events.ts';
import { PaperFills } from './paper-fills.ts';

const BASE = { strategyId: 's1', token: 1, trace: {} };

/** As much of an order's event as is looked at. */
function event(type: string, broker: string, side: 'BUY' | 'SELL', rest: object): DomainEvent {
  return { ...BASE, type, broker, order: { orderId: 'o1', side, quantity: 10 }, ...rest } as unknown as DomainEvent;
}

function told(events: readonly DomainEvent[]): readonly string[] {
  const fills = new PaperFills((broker) => broker === 'paper');
  for (const each of events) fills.take(each);
  return fills.histograms().flatMap((histogram) =>
    histogram
      .text()
      .split('\n')
      .filter((line) => /_(sum|count)\{/.test(line)),
  );
}

test('each fill of a paper order is measured from its submission, and against the price known then', () => {
  for (const [side, slippage] of [
    ['BUY', 30],
    ['SELL', -30],
  ] as const) {
    assert.deepEqual(
      told([
        event('order_submitted', 'paper', side, { at: 1_000, referencePrice: 1_000_000 }),
        event('order_filled', 'paper', side, { at: 1_500, quantity: 4, fillPrice: 1_001_000 }),
        event('order_filled', 'paper', side, { at: 3_000, quantity: 6, fillPrice: 1_002_000 }),
        // The order was filled in full, so this one is of another.
        event('order_filled', 'paper', side, { at: 4_000, quantity: 1, fillPrice: 1_000_000 }),
      ]),
      [
        'paper_fill_latency_seconds_sum{strategy_id="s1",broker="paper"} 2.5',
        'paper_fill_latency_seconds_count{strategy_id="s1",broker="paper"} 2',
        `paper_slippage_bps_sum{side="${side}",broker="paper"} ${slippage}`,
        `paper_slippage_bps_count{side="${side}",broker="paper"} 2`,
      ],
    );
  }
});

test('orders of other kinds of namespaces, and those that ended without a fill, are not measured', () => {
  const submitted = { at: 1_000, referencePrice: 1_000_000 };
  const filled = { at: 1_500, quantity: 4, fillPrice: 1_001_000 };
  const foreign = [
    event('order_submitted', 'zerodha', 'BUY', submitted),
    event('order_filled', 'zerodha', 'BUY', filled),
  ];
  assert.deepEqual(told(foreign), []);
  for (const end of ['order_cancelled', 'order_expired', 'order_failed']) {
    const ended = [event('order_submitted', 'paper', 'BUY', submitted), event(end, 'paper', 'BUY', {})];
    assert.deepEqual(told([...ended, event('order_filled', 'paper', 'BUY', filled)]), [], end);
  }
});
