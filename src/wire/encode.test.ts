import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { type DomainEvent } from '#core/events.ts';
import { decodeMessage } from './decode.ts';
import { encodeEvent } from './encode.ts';
import { type Envelope } from './envelope.ts';
import { parseTopic, STREAMS } from './topics.ts';
import { anyEvent } from './any-event-under-test.ts';
import { DEFAULTS, OPEN, sampleEvents, withPlainTraces } from './wire-under-test.ts';

test('decoding what was encoded gives the same event, for events of every type', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const { topic, value } = encodeEvent(event);
      const decoded = decodeMessage(topic, value, DEFAULTS);
      assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message);
      assert.deepEqual(withPlainTraces(decoded.value), withPlainTraces(event));
      assert.equal(encodeEvent(decoded.value).value, value, 'and the same bytes again');
    }),
    { numRuns: 400 },
  );
});

test('ids and names with any character are escaped as JSON does', () => {
  const odd = ['a"b', 'a\\b', '\u007f', '\u001f', '₹', '😀', '\ud800', '', ' ~!#[]'];
  for (const text of odd) {
    const trace = knownTrace(text as EventId, `${text}1` as EventId, `${text}2` as EventId);
    const [first] = sampleEvents();
    assert.ok(first?.type === 'trading_signal');
    const { value } = encodeEvent({ ...first, trace, strategyId: text as StrategyId }, text);
    const { id, correlation_id: root, causation_id: parent, source, key } = JSON.parse(value) as Envelope;
    assert.deepEqual([id, root, parent, source, key], [text, `${text}1`, `${text}2`, text, `${text}:738561`]);
    assert.equal(JSON.stringify(JSON.parse(value)), value);
  }
});

test('every event goes to a topic of its own broker that carries its type', () => {
  for (const event of sampleEvents()) {
    const { topic } = encodeEvent(event);
    const parsed = parseTopic(topic);
    assert.ok(parsed?.scope === 'broker');
    assert.equal(parsed.broker, 'paper');
    assert.ok(
      (STREAMS[parsed.stream].types as readonly string[]).includes(event.type),
      `${topic} carries ${event.type}`,
    );
  }
});

test('every envelope has the same fields in the same order, and one trace', () => {
  for (const event of sampleEvents()) {
    const { id, key, value } = encodeEvent(event);
    const envelope = JSON.parse(value) as Envelope;
    assert.deepEqual(Object.keys(envelope), [
      'id',
      'type',
      'version',
      'broker',
      'key',
      'source',
      'ts',
      'correlation_id',
      'causation_id',
      'trace_id',
      'parent_trace_id',
      'data',
    ]);
    assert.equal(envelope.id, id);
    assert.equal(envelope.key, key);
    assert.equal(envelope.ts, '2021-06-11T03:45:00.000Z');
    assert.equal(envelope.correlation_id, event.trace.correlationId);
    assert.equal(envelope.trace_id, envelope.correlation_id);
    assert.equal(envelope.causation_id, event.trace.causationId ?? null);
    assert.equal(envelope.parent_trace_id, envelope.causation_id);
  }
});

test('the key is strategy and instrument for signals and orders, the strategy for books, the subject for control', () => {
  const keys = new Map(sampleEvents().map((event) => [event.type, encodeEvent(event).key]));
  assert.equal(keys.get('trading_signal'), 'sma_crossover:738561');
  assert.equal(keys.get('order_filled'), 'sma_crossover:738561');
  assert.equal(keys.get('pnl_snapshot'), 'sma_crossover');
  assert.equal(keys.get('ledger_adjusted'), 'sma_crossover');
  assert.equal(keys.get('corporate_action'), '738561');
  assert.equal(keys.get('control_changed'), 'sma_crossover');
});

function sourceOf(event: DomainEvent, given?: string): string {
  return (JSON.parse(encodeEvent(event, given).value) as Envelope).source;
}

test('the source is the stage that decided, unless it is given', () => {
  const sources = new Map(sampleEvents().map((event) => [event.type, sourceOf(event)]));
  assert.deepEqual(Object.fromEntries(sources), {
    trading_signal: 'strategy_runner',
    validated_signal: 'risk_manager',
    rejected_signal: 'risk_manager',
    expired_signal: 'risk_manager',
    order_change: 'strategy_runner',
    validated_change: 'risk_manager',
    rejected_change: 'risk_manager',
    expired_change: 'risk_manager',
    order_claimed: 'trading_engine',
    modify_submitted: 'trading_engine',
    cancel_submitted: 'trading_engine',
    order_modified: 'trading_engine',
    change_refused: 'trading_engine',
    order_submitted: 'trading_engine',
    order_placed: 'trading_engine',
    order_unknown: 'trading_engine',
    order_filled: 'trading_engine',
    order_failed: 'trading_engine',
    order_cancelled: 'trading_engine',
    order_expired: 'trading_engine',
    pnl_snapshot: 'portfolio_manager',
    ledger_adjusted: 'outside',
    corporate_action: 'outside',
    control_changed: 'outside',
    alert_raised: 'trading_engine',
    reconciliation_break: 'outside',
    reconciliation_settled: 'outside',
    external_position: 'outside',
  });
  for (const event of sampleEvents()) assert.equal(sourceOf(event, 'api'), 'api');
});

test('the source of a control event or an expiry follows from the stage in its id', () => {
  const control = (id: string): DomainEvent => ({
    type: 'control_changed',
    broker: 'paper' as BrokerId,
    trace: knownTrace(id as EventId),
    at: OPEN,
    action: 'strategy_quarantined',
    subject: 'rsi',
    who: 'strategy_runner',
    why: 'threw',
  });
  assert.equal(sourceOf(control('tape:1/s.paper.0')), 'strategy_runner');
  assert.equal(sourceOf(control('tape:1/s.paper.0/r.paper.0')), 'risk_manager');
  assert.equal(sourceOf(control('tape:1/e.paper.12')), 'trading_engine');
  assert.equal(sourceOf(control('a/simple/name')), 'outside');
  assert.equal(sourceOf(control('tape:1/q.paper.0')), 'outside');
});
