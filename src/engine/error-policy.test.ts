import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { InvariantError } from '#core/invariant.ts';
import { StoreError } from '#ports/store.ts';
import { type FailureKind } from '#wire/dead-letter.ts';
import { BROKERS, OPEN } from '../../test/support/builders.ts';
import { signalMessage } from '../../test/support/service-world.ts';
import { classify, codeOf, deadLetterOf, mayRetry, pauseMs, RETRY_RULES, textOf } from './error-policy.ts';
import { ServiceError } from './service-error.ts';

const KINDS = Object.keys(RETRY_RULES) as FailureKind[];

function withFields(fields: object, message = 'it went wrong'): Error {
  return Object.assign(new Error(message), fields);
}

describe('classify', () => {
  const cases: readonly (readonly [string, unknown, FailureKind])[] = [
    ['an error that nothing is known of', new Error('no idea'), 'business'],
    ['a thrown text', 'no idea', 'business'],
    ['nothing at all', undefined, 'business'],
    ['an error that names its kind', withFields({ retry: 'rate_limit' }, 'connection refused'), 'rate_limit'],
    ['an error that names a kind which does not exist', withFields({ retry: 'sometimes' }), 'business'],
    ['a mistake in how a service is used', new ServiceError('NOT_DECLARED', 'x'), 'poison'],
    ['a handler that took too long', new ServiceError('HANDLER_TIMEOUT', 'x', { retry: 'transient' }), 'transient'],
    ['a refused connection', withFields({ code: 'ECONNREFUSED' }), 'transient'],
    ['a failed fetch', new TypeError('fetch failed', { cause: withFields({ code: 'ECONNRESET' }) }), 'transient'],
    ['a time-out of the HTTP client', withFields({ code: 'UND_ERR_CONNECT_TIMEOUT' }), 'transient'],
    ['an aborted wait', new DOMException('took too long', 'TimeoutError'), 'transient'],
    ['a server that is down', withFields({ status: 503 }), 'transient'],
    ['too many requests', withFields({ statusCode: 429 }), 'rate_limit'],
    ['a refused login', withFields({ status: 401 }), 'authentication'],
    ['a status that says nothing', withFields({ status: 404 }), 'business'],
    ['a store that cannot write', new StoreError('DISK_FULL', 'x'), 'infrastructure'],
    ['a full disk', withFields({ code: 'ENOSPC' }), 'infrastructure'],
    ['a mistake in the handler', new TypeError('x is not a function'), 'poison'],
    ['text that is no JSON', new SyntaxError('Unexpected token'), 'poison'],
    ['a broken invariant', new InvariantError('x'), 'poison'],
    ['a schema that does not match', withFields({ name: 'ZodError' }), 'poison'],
    ['words of a network', new Error('Connection reset by peer'), 'transient'],
    ['words of a time-out', new Error('Request timed out'), 'transient'],
    ['words of a limit', new Error('Rate limit exceeded, forbidden for 1 s'), 'rate_limit'],
    ['words of a login', new Error('Invalid token'), 'authentication'],
    ['words of a format', new Error('malformed order'), 'poison'],
  ];
  for (const [what, error, kind] of cases) {
    test(`${what} is ${kind}`, () => assert.equal(classify(error), kind));
  }

  test('causes that go in a circle end', () => {
    const [first, second] = [new Error('a'), new Error('b')];
    first.cause = second;
    second.cause = first;
    assert.equal(classify(first), 'business');
  });

  test('whatever is thrown has a kind, a code and words', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        assert.ok(KINDS.includes(classify(thrown)));
        assert.equal(typeof codeOf(thrown), 'string');
        assert.equal(typeof textOf(thrown), 'string');
      }),
    );
    assert.equal(textOf(Object.create(null)), 'a thrown object that has no text');
  });
});

describe('retries', () => {
  const attempts: Readonly<Record<FailureKind, number>> = {
    transient: 5,
    infrastructure: 3,
    rate_limit: 8,
    business: 2,
    authentication: 1,
    poison: 1,
  };
  for (const kind of KINDS) {
    test(`${kind} is tried ${attempts[kind]} times in all`, () => {
      assert.equal(mayRetry(kind, attempts[kind]), false);
      assert.equal(mayRetry(kind, attempts[kind] - 1), true);
    });
  }

  test('pauses double up to their bound', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((failures) => pauseMs('transient', failures, 1));
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert.equal(pauseMs('rate_limit', 7, 1), 300_000);
    assert.equal(pauseMs('infrastructure', 1, 1), 2_000);
    assert.equal(pauseMs('business', 9, 1), 10_000);
  });

  test('chance takes away up to half of a pause', () => {
    assert.equal(pauseMs('transient', 1, 0), 500);
    assert.equal(pauseMs('transient', 1, 0.5), 750);
  });
});

describe('deadLetterOf', () => {
  for (const broker of BROKERS) {
    test(`a letter of ${broker} carries the cause, the original and the attempts`, () => {
      const message = { ...signalMessage(broker), offset: 7 };
      const error = withFields({ code: 'ECONNREFUSED' }, 'no connection');
      const letter = deadLetterOf({ message, error, attempts: 5, service: 'listener', group: 'g', at: OPEN });
      assert.equal(letter.topic, `${broker}.signals.raw.dlq`);
      const { data, broker: from, type } = JSON.parse(letter.value);
      assert.deepEqual([from, type], ['system', 'system_error']);
      assert.deepEqual(data.failure_info, {
        error_type: 'transient',
        error_class: 'ECONNREFUSED',
        error_message: 'no connection',
        failure_reason: 'max_retries_exceeded',
        retry_count: 4,
        attempts: 5,
        stack_trace: null,
      });
      assert.equal(data.original_message.value, message.value);
      assert.equal(data.dlq_metadata.original_offset, 7);
      assert.equal(data.replay_metadata.consumer_group, 'g');
      assert.equal(data.replay_metadata.can_replay, true);
    });
  }

  test('a message without end is shortened', () => {
    const message = { ...signalMessage('paper'), offset: 0 };
    const error = new Error('x'.repeat(100_000));
    const letter = deadLetterOf({ message, error, attempts: 1, service: 'listener', group: 'g', at: OPEN });
    assert.ok(letter.value.length < 5_000);
  });
});
