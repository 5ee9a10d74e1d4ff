import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { deadLetter, type FailedMessage, type FailureKind } from './dead-letter.ts';
import { decodeEnvelope } from './decode.ts';
import { type Envelope } from './envelope.ts';
import { DEFAULTS, OPEN } from './wire-under-test.ts';

interface Letter {
  readonly dlq_metadata: Readonly<Record<string, unknown>>;
  readonly failure_info: Readonly<Record<string, unknown>>;
  readonly original_message: { readonly key: string; readonly value: string; readonly value_encoding: string };
  readonly replay_metadata: Readonly<Record<string, unknown>>;
}

const FAILED: FailedMessage = {
  topic: 'paper.orders.filled',
  offset: 12,
  key: 'rsi:1',
  value: '{"id":"x"}',
  code: 'INVALID_DATA',
  message: 'expected a price, found nothing',
  attempts: 3,
  service: 'portfolio_manager',
  at: OPEN,
};

function letterOf(failed: FailedMessage): Letter {
  return (JSON.parse(deadLetter(failed).value) as Envelope<Letter>).data;
}

test('a dead letter carries the cause, the origin and the count, on the topic beside the original', () => {
  const { topic, key, id, value } = deadLetter(FAILED);
  assert.deepEqual(
    [topic, key, id],
    ['paper.orders.filled.dlq', 'rsi:1', 'paper.orders.filled:0:12/dlq.portfolio_manager'],
  );
  const envelope = JSON.parse(value) as Envelope<Letter>;
  assert.deepEqual([envelope.type, envelope.broker, envelope.source], ['system_error', 'system', 'portfolio_manager']);
  assert.equal(envelope.causation_id, 'paper.orders.filled:0:12');
  assert.deepEqual(envelope.data, {
    dlq_metadata: {
      original_topic: 'paper.orders.filled',
      original_partition: 0,
      original_offset: 12,
      dlq_timestamp: '2021-06-11T03:45:00.000Z',
      service_name: 'portfolio_manager',
    },
    failure_info: {
      error_type: 'poison',
      error_class: 'INVALID_DATA',
      error_message: 'expected a price, found nothing',
      failure_reason: 'max_retries_exceeded',
      retry_count: 2,
      attempts: 3,
      stack_trace: null,
    },
    original_message: { key: 'rsi:1', value: '{"id":"x"}', value_encoding: 'text' },
    replay_metadata: {
      can_replay: false,
      suggested_delay_minutes: -1,
      consumer_group: null,
      requires_manual_review: true,
    },
  });
});

test('what kind of failure it was decides about a replay', () => {
  const expected: Readonly<Record<FailureKind, readonly [boolean, number, boolean]>> = {
    transient: [true, 5, false],
    infrastructure: [true, 15, false],
    rate_limit: [true, 30, false],
    business: [true, 60, false],
    authentication: [true, 120, true],
    poison: [false, -1, true],
  };
  for (const kind of Object.keys(expected) as FailureKind[]) {
    const { replay_metadata: replay, failure_info: failure } = letterOf({ ...FAILED, kind });
    assert.equal(failure['error_type'], kind);
    assert.deepEqual(
      [replay['can_replay'], replay['suggested_delay_minutes'], replay['requires_manual_review']],
      expected[kind],
    );
  }
});

test('a message that was given up at once was not retried', () => {
  const { failure_info: failure } = letterOf({ ...FAILED, attempts: 1 });
  assert.deepEqual([failure['retry_count'], failure['failure_reason']], [0, 'processing_failed']);
});

test('the same failure of the same message is the same letter; another place, text or service is another', () => {
  const ids = [
    FAILED,
    { ...FAILED, offset: 13 },
    { ...FAILED, partition: 1 },
    { ...FAILED, service: 'risk_manager' },
    { ...FAILED, offset: null },
    { ...FAILED, offset: null, value: 'other' },
  ].map((failed) => deadLetter(failed).id);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(deadLetter(FAILED), deadLetter({ ...FAILED }));
});

test('a dead letter of a dead letter stays on the same topic', () => {
  assert.equal(deadLetter({ ...FAILED, topic: 'paper.orders.filled.dlq' }).topic, 'paper.orders.filled.dlq');
});

function originalValue({ original_message: { value, value_encoding: encoding } }: Letter): string {
  return encoding === 'text' ? value : Buffer.from(value, 'base64').toString('utf16le');
}

test('the original text comes back whole, whatever it was, and the letter can be read', () => {
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'a\udc00b', '\u0000', '₹', ''));
  fc.assert(
    fc.property(anyText, anyText, (value, key) => {
      const failed = { ...FAILED, value, key };
      const { topic, value: text, key: letterKey } = deadLetter(failed);
      assert.equal(originalValue(letterOf(failed)), value);
      assert.equal(letterOf(failed).original_message.key, key);
      assert.ok(letterKey.isWellFormed() && letterOf(failed).original_message.value.isWellFormed());
      const read = decodeEnvelope(topic, text, DEFAULTS);
      assert.ok(read.ok, read.ok ? '' : read.error.message);
    }),
    { numRuns: 300 },
  );
});

test('an original that was refused for its size can be read in its dead letter', () => {
  const { topic, value } = deadLetter({ ...FAILED, value: '"'.repeat(300_000), code: 'TOO_LARGE' });
  assert.ok(decodeEnvelope(topic, value, DEFAULTS).ok);
});
