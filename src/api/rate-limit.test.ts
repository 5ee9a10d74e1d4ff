import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RateLimiter } from './rate-limit.ts';

const limits = { burst: 2, perSecond: 0.5, addressesMax: 2 };

it('earns what it gives, address by address, and says when there is something again', () => {
  const limiter = new RateLimiter(limits);
  assert.deepEqual(
    [limiter.take('a', 0), limiter.take('a', 0), limiter.take('a', 0), limiter.take('b', 0)],
    [0, 0, 2, 0],
  );
  assert.deepEqual([limiter.take('a', 1_000), limiter.take('a', 2_000), limiter.take('a', 2_000)], [1, 0, 2]);
  // A long silence earns no more than the burst, and a clock that stands still nothing.
  assert.deepEqual(
    [0, 0, 2, 2],
    [1, 2, 3, 4].map(() => limiter.take('a', 1_000_000)),
  );
});

it('remembers so many addresses, and forgets the one that was silent longest', () => {
  const limiter = new RateLimiter(limits);
  for (const address of ['a', 'a', 'b', 'b', 'a']) limiter.take(address, 0);
  limiter.take('c', 0);
  assert.equal(limiter.take('a', 0), 2);
  assert.equal(limiter.take('b', 0), 0);
});
