// What may leave for a broker while the log that others read is behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type OrderSubmitted } from '#core/events.ts';
import { SMALL_BROKERS, SmallMarket } from '../../test/support/small-market.ts';
import { lagOf } from './gateways.ts';

test('behind by more than five seconds nothing that opens a position leaves, and everything else does', () => {
  const market = new SmallMarket(openMemoryStore(new MemoryDisk()), openMemoryInbox());
  market.run(0, 40);
  const [broker] = SMALL_BROKERS;
  const [token] = [738_561];
  const order = (side: 'BUY' | 'SELL', purpose: OrderSubmitted['order']['purpose'] = 'trade'): OrderSubmitted =>
    ({ broker, strategyId: 'demo', token, order: { side, purpose } }) as OrderSubmitted;
  // The strategy holds what it bought.
  assert.match(lagOf(market.ingest, order('BUY'), 6_000) ?? '', /^the log is 6 s behind, and nothing new is opened/);
  assert.equal(lagOf(market.ingest, order('SELL'), 6_000), undefined);
  assert.equal(lagOf(market.ingest, order('BUY', 'flatten'), 6_000), undefined);
  assert.equal(lagOf(market.ingest, order('BUY'), 5_000), undefined);
});
