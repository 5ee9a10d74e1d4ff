// What another part of the deployment says is taken only from a part whose stages decide such things.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type BrokerId } from '#core/ids.ts';
import { encodeEvent } from '#wire/encode.ts';
import { BROKERS, controlled } from '../../test/support/builders.ts';
import { SMALL_BROKERS, SmallMarket, smallPlan } from '../../test/support/small-market.ts';
import { Fellows } from './fellows.ts';
import { UNKNOWN_TOPIC_DEAD_LETTERS } from './intake.ts';
import { partOf } from './part.ts';
import { type StageName } from './pipeline.ts';

const SECRET = Buffer.alloc(32, 1);
const STAGES: Readonly<Record<string, readonly StageName[]>> = {
  feed: ['market_feed'],
  risk: ['risk_manager', 'strategy_runner'],
};
const [BROKER] = BROKERS as readonly [BrokerId, ...BrokerId[]];

/** A kill as one part publishes it, offered to the part that runs the engine. */
function killFrom(part: string): { readonly market: SmallMarket; readonly letters: readonly string[] } {
  const store = openMemoryStore(new MemoryDisk());
  const market = new SmallMarket(store, openMemoryInbox(), smallPlan(SMALL_BROKERS));
  const fellows = new Fellows({ self: 'engine', secret: SECRET, taken: new Map() });
  const stagesOf = (name: string): readonly StageName[] => STAGES[name] ?? [];
  market.intake.apart = { fellows, part: partOf(['trading_engine']), stagesOf };
  market.run(0, 1);
  const message = {
    ...encodeEvent(controlled('killed', { broker: BROKER, subject: BROKER })),
    partition: 0,
    offset: 0,
  };
  const sender = new Fellows({ self: part, secret: SECRET, taken: new Map() });
  const seal = fellows.sealOf({ ...message, seal: sender.sign(message, 1, 0) });
  assert.ok(seal !== undefined);
  fellows.offer(message, seal);
  market.run(1, 2);
  return { market, letters: store.read(UNKNOWN_TOPIC_DEAD_LETTERS, 0, 10).map(({ value }) => value) };
}

test('a part is believed what its stages decide', () => {
  const { market, letters } = killFrom('risk');
  assert.deepEqual(letters, []);
  assert.equal(market.ingest.cascade.namespace(BROKER)?.risk.stateOf(BROKER), 'halted');
});

for (const part of ['feed', 'a_part_that_never_entered']) {
  test(`a kill that the part ${part} signed is a dead letter, and kills nothing`, () => {
    const { market, letters } = killFrom(part);
    assert.equal(letters.length, 1);
    assert.match(letters[0] ?? '', /NOT_ITS_TOPIC/);
    assert.ok(letters[0]?.includes(`found ${BROKER}.control.changes from the part ${part};`));
    assert.equal(market.ingest.cascade.namespace(BROKER)?.risk.stateOf(BROKER), 'active');
  });
}
