// What /metrics tells of a platform as it is started, held against what the API tells of the same one.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import * as contract from '#api/contract.ts';
import { metricLines, metricsAt, sumOf } from '../support/metrics-text.ts';
import { tapeOf } from './platform-run.ts';
import { listening, statusOf, until } from './listening-run.ts';
import { type Env } from './settings-run.ts';

/** A platform that has played a tape, and goes on answering. */
async function played(t: TestContext, env: Env): Promise<number> {
  const tape = { ACTIVE_BROKERS: '["paper","zerodha"]', FEED__SOURCE: tapeOf(t, 300), FEED__SPEED: 'max' };
  const { port } = await listening(t, { ...tape, ...env });
  await until('a platform that answers', async () => (await statusOf(port, '/health')) === 200);
  const fills = async (): Promise<number> => (await listed(port, 'fills')).length;
  await until('fills in both namespaces', async () => (await fills()) > 4);
  let before = -1;
  await until('the end of the tape', async () => {
    const now = sumOf(metricLines(await metricsAt(port).catch(() => '')), 'market_ticks_received_total');
    const done = now === before;
    before = now;
    return done;
  });
  return port;
}

/** The items of a list, as the server sent them. */
async function listed(port: number, list: string): Promise<readonly unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${list}?limit=1000`);
  return ((await answer.json()) as { readonly items: readonly unknown[] }).items;
}

test('MONITORING__METRICS_ENABLED and MONITORING__PERFORMANCE_MONITORING_ENABLED decide what /metrics tells', async (t) => {
  const port = await played(t, {});
  const text = await metricsAt(port);
  const lines = metricLines(text);
  const fills = z.array(contract.fill).parse(await listed(port, 'fills'));
  for (const broker of ['paper', 'zerodha']) {
    const count = fills.filter((fill) => fill.broker === broker).length;
    assert.ok(count > 0, broker);
    assert.equal(sumOf(lines, 'trading_orders_executed_total', { broker, status: 'filled' }), count);
    const ofType = { service: 'trading_engine', broker, event_type: 'order_filled' };
    assert.equal(sumOf(lines, 'trading_events_processed_total', ofType), count);
    assert.ok(sumOf(lines, 'trading_last_activity_timestamp_unix', { broker, stage: 'order_filled' }) > 1.7e9);
    assert.ok(sumOf(lines, 'trading_signals_generated_total', { broker }) > 0);
    assert.ok(sumOf(lines, 'trading_tick_to_order_seconds_count', { broker }) > 0);
  }
  assert.equal(sumOf(lines, 'market_ticks_received_total', { source: 'tape' }), 300);
  assert.ok(sumOf(lines, 'trading_commit_seconds_count') > 0);
  assert.equal(sumOf(lines, 'nodejs_eventloop_delay_seconds', { quantile: '0.99' }) >= 0, true);
  assert.equal(sumOf(lines, 'trading_consumer_lag'), 0);
  assert.ok(lines.some(({ name }) => name === 'trading_consumer_lag'));
  assert.equal(sumOf(lines, 'trading_connection_status', { connection_type: 'database', broker: 'shared' }), 1);
  assert.equal(sumOf(lines, 'trading_pipeline_stage_healthy', { stage: 'risk_manager', broker: 'paper' }), 1);
  const books = z.array(contract.portfolio).parse(await listed(port, 'portfolios'));
  for (const { broker, strategy_id: strategy, cash } of books) {
    const labels = { broker, strategy_id: strategy };
    assert.equal(sumOf(lines, 'paper_cash_balance', labels), broker === 'paper' ? Number(cash) : 0);
  }
  assert.match(text, /^# TYPE trading_commit_seconds histogram$/m);
  const of = (broker: string): number => fills.filter((fill) => fill.broker === broker).length;
  assert.equal(sumOf(lines, 'paper_fill_latency_seconds_count', { broker: 'paper' }), of('paper'));
  assert.equal(sumOf(lines, 'paper_slippage_bps_count', { broker: 'paper' }), of('paper'));
  assert.equal(sumOf(lines, 'paper_slippage_bps_count', { broker: 'zerodha' }), 0);
  // A tick later at the earliest, and the tape has one a second.
  assert.equal(sumOf(lines, 'paper_fill_latency_seconds_bucket', { broker: 'paper', le: '0.5' }), 0);
  const took = (service: string, type: string): number =>
    sumOf(lines, 'trading_processing_latency_seconds_count', { service, event_type: type });
  const signals = sumOf(lines, 'trading_signals_generated_total');
  assert.equal(took('risk_manager', 'trading_signal'), signals);
  assert.equal(took('portfolio_manager', 'order_filled'), fills.length);
  assert.ok(took('trading_engine', 'validated_signal') > 0);
  assert.ok(took('strategy_runner', 'market_tick') > 0);
  assert.ok(sumOf(lines, 'market_tick_emit_latency_seconds_count', { service: 'market_feed' }) > 0);
  assert.equal(sumOf(lines, 'market_tick_enqueue_delay_seconds_count'), 0, 'a tape has a time of its own');
  assert.ok(sumOf(lines, 'trading_event_loop_delay_seconds_count') > 0);
  assert.equal(sumOf(lines, 'trading_control_level', { broker: 'paper', scope: 'paper' }), 0);
  assert.ok(lines.some(({ name, labels }) => name === 'trading_limit_used_ratio' && labels['broker'] === 'paper'));
  assert.equal(sumOf(lines, 'alpha_panda_logging_queue_dropped_total'), 0);

  const unmeasured = metricLines(
    await metricsAt(await played(t, { MONITORING__PERFORMANCE_MONITORING_ENABLED: 'false' })),
  );
  assert.equal(sumOf(unmeasured, 'market_ticks_received_total'), 300);
  const measured = /^(trading|market)_.*_seconds_count$|^nodejs_eventloop/;
  assert.ok(!unmeasured.some(({ name }) => measured.test(name)));

  const { port: without } = await listening(t, { MONITORING__METRICS_ENABLED: 'false' });
  await until('a platform that answers', async () => (await statusOf(without, '/health')) === 200);
  assert.equal(await statusOf(without, '/metrics'), 404);
});
