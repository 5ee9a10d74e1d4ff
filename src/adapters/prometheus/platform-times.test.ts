import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainEvent } from '#core/events.ts';
import { PlatformTimes } from './platform-times.ts';

const submitted = { type: 'order_submitted', broker: 'paper' } as DomainEvent;

/** Runs `work` on times whose clock is moved by it, and returns what was counted, by name and labels. */
function counted(work: (times: PlatformTimes, pass: (ms: number) => void) => void): ReadonlyMap<string, number> {
  let ms = 0;
  const times = new PlatformTimes({ source: 'zerodha', monotonicMs: () => ms });
  work(times, (by) => (ms += by));
  times.close();
  const lines = times.histograms().flatMap((histogram) => histogram.text().split('\n'));
  return new Map(
    lines
      .filter((line) => /_(sum|count)\{/.test(line))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

test('a batch is measured from its reading until it is committed, and so is an order that followed from it', () => {
  const found = counted((times, pass) => {
    times.onBatch();
    pass(20);
    times.commit(() => pass(5), true);
    times.onCommitted([submitted, submitted], 3, 1_500);
  });
  assert.equal(found.get('trading_commit_seconds_sum{urgent="true"}'), 0.005);
  assert.equal(found.get('market_tick_emit_latency_seconds_sum{service="market_feed"}'), 0.025);
  assert.equal(found.get('trading_tick_to_order_seconds_count{broker="paper"}'), 1);
  assert.equal(found.get('market_tick_enqueue_delay_seconds_sum{source="zerodha"}'), 1.5);
});

test('what a recovery does before the first batch is not measured', () => {
  const found = counted((times) => {
    times.took('risk_manager', 'trading_signal', 7);
    times.decided(7);
    times.onCommitted([submitted], 1, undefined);
    times.onBatch();
    times.took('risk_manager', 'trading_signal', 2);
  });
  const labels = '{service="risk_manager",event_type="trading_signal"}';
  assert.equal(found.get(`trading_processing_latency_seconds_sum${labels}`), 0.002);
  const decided = '{service="strategy_runner",event_type="market_tick"}';
  assert.equal(found.get(`trading_processing_latency_seconds_count${decided}`), 0);
  assert.ok(![...found.keys()].some((name) => name.startsWith('trading_tick_to_order')));
});
