// A kill on the virtual clock: once it is applied nothing more is sent, whether it came from inside or waited in the inbox.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type BrokerId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { encodeEvent } from '#wire/encode.ts';
import {
  after,
  BROKERS,
  catalogueOf,
  controlled,
  deployment,
  namespacePlan,
  plan,
  rs,
  signal,
  strategyOf,
} from '../../test/support/builders.ts';
import { kill } from './control.ts';
import { Ingest } from './ingest.ts';
import { Intake } from './intake.ts';
import { type Intent } from './sink.ts';
import { recover } from './recovery.ts';

/** Buys one unit with every tick. */
const eager = strategyOf('eager', () => ({ side: 'BUY', quantity: 1 }));
const [ONE, TWO] = BROKERS as readonly [BrokerId, BrokerId];

/** Two real brokers that are armed, each sent an order with every tick. */
class Floor {
  readonly disk = new MemoryDisk();
  readonly inbox = openMemoryInbox();
  readonly sent: { readonly broker: string; readonly at: EpochMs }[] = [];
  readonly store = openMemoryStore(this.disk);
  readonly ingest: Ingest;
  readonly #intake: Intake;
  #tick = 0;

  constructor() {
    const { store } = this;
    this.ingest = new Ingest({
      store,
      context: { catalogue: catalogueOf(eager), calendar: alwaysOpen },
      groupsOf: () => [],
      send: (order: Intent) => this.sent.push({ broker: order.broker, at: this.ingest.cascade.at }),
      committed: () => undefined,
    });
    recover(store, this.ingest);
    this.#intake = new Intake(this.ingest, store, this.inbox, after(0));
    const namespaces = [ONE, TWO].map((broker) => namespacePlan({ broker, answeredBy: 'gateway' }));
    const deployments = [deployment({ strategyType: 'eager', tokens: [1], brokers: [ONE, TWO] })];
    this.ingest.plan(plan({ calendar: 'always_open', namespaces, deployments }));
    for (const broker of [ONE, TWO]) {
      const armed = controlled('armed', { broker, id: `armed ${broker}` });
      this.inbox.put([encodeEvent(armed)]);
    }
    this.turn(0);
  }

  get at(): EpochMs {
    return this.ingest.cascade.at;
  }

  /** One turn as the pump takes it: messages first, then so many ticks, a second apart. */
  turn(ticks: number): void {
    this.#intake.takeWaiting(256);
    const batch = new TickBatch(Math.max(1, ticks), false);
    for (let k = 0; k < ticks; k++, this.#tick++) batch.push(0, after(this.#tick), rs(100), NO_VOLUME, this.#tick);
    for (let from = 0; from < batch.count;) {
      from = this.ingest.ticks(batch, from, () => 'floor');
      this.ingest.commit(false);
    }
    this.ingest.commit(false);
  }

  sentBy(broker: BrokerId): number {
    return this.sent.filter((each) => each.broker === broker).length;
  }

  codes(broker: BrokerId): ReadonlySet<string> {
    const rejected = this.disk.contents.topics.get(`${broker}.signals.rejected`) ?? [];
    return new Set(
      rejected.map(({ value }) => (JSON.parse(value) as { data: { rejection_reason: string } }).data.rejection_reason),
    );
  }
}

const about = { flatten: false, who: 'desk', why: 'news', id: 'kill' };

describe('after a kill', () => {
  test('from inside nothing more is sent, by any broker, until a person releases it', () => {
    const floor = new Floor();
    floor.turn(5);
    assert.deepEqual([floor.sentBy(ONE), floor.sentBy(TWO)], [5, 5]);
    kill(floor.ingest, { ...about, broker: undefined, at: floor.at });
    floor.turn(50);
    floor.inbox.put([encodeEvent(signal({ broker: ONE, id: 'outside', at: floor.at }))]);
    floor.turn(50);
    assert.equal(floor.sent.length, 10);
    assert.match([...floor.codes(ONE)].join(), /NAMESPACE_HALTED/);
    for (const broker of [ONE, TWO]) {
      floor.inbox.put([
        encodeEvent(controlled('released', { broker, subject: 'global', id: `up ${broker}`, at: floor.at })),
      ]);
    }
    floor.turn(1);
    assert.equal(floor.sent.length, 12);
  });

  test('of one broker the others go on', () => {
    const floor = new Floor();
    floor.turn(5);
    kill(floor.ingest, { ...about, broker: ONE, at: floor.at });
    floor.turn(5);
    assert.deepEqual([floor.sentBy(ONE), floor.sentBy(TWO)], [5, 10]);
  });

  test('that waits in the inbox nothing is sent for the ticks that wait behind it', () => {
    const floor = new Floor();
    floor.turn(5);
    const killed = { action: 'killed', subject: 'global', at: floor.at } as const;
    for (const broker of [ONE, TWO])
      floor.inbox.put([encodeEvent(controlled('killed', { ...killed, broker, id: `k ${broker}` }))]);
    floor.turn(500);
    assert.equal(floor.sent.length, 10);
  });

  test('it is durable when it returns: a process that dies then starts halted', () => {
    const floor = new Floor();
    floor.turn(5);
    kill(floor.ingest, { ...about, broker: ONE, flatten: true, at: floor.at });
    floor.disk.crash();
    const store = openMemoryStore(floor.disk);
    const again = new Ingest({
      store,
      context: { catalogue: catalogueOf(eager), calendar: alwaysOpen },
      groupsOf: () => [],
      send: () => undefined,
      committed: () => undefined,
    });
    recover(store, again);
    assert.equal(again.cascade.namespace(ONE)?.risk.stateOf(ONE), 'halted');
    const actions = (floor.disk.contents.topics.get(`${ONE}.control.changes`) ?? []).map(
      ({ value }) => (JSON.parse(value) as { data: { action: string } }).data.action,
    );
    assert.deepEqual(actions, ['armed', 'killed', 'flatten']);
  });
});

test('a broker that must not be armed is not: the message goes to the dead letters and nothing is sent', () => {
  const floor = new Floor();
  kill(floor.ingest, { ...about, broker: ONE, at: floor.at });
  floor.inbox.put([encodeEvent(controlled('disarmed', { broker: TWO, id: 'down', at: floor.at }))]);
  floor.turn(1);
  const strict = new Intake(floor.ingest, floor.store, floor.inbox, after(0), (broker) => `${broker} is fed by a tape`);
  floor.inbox.put([encodeEvent(controlled('armed', { broker: TWO, id: 'up', at: floor.at }))]);
  strict.takeWaiting(10);
  floor.ingest.commit(false);
  assert.equal(floor.ingest.cascade.namespace(TWO)?.risk.stateOf(TWO), 'disarmed');
  const [letter] = floor.disk.contents.topics.get(`${TWO}.control.changes.dlq`) ?? [];
  assert.match(letter?.value ?? '', /ARMING_REFUSED.*is fed by a tape/);
});
