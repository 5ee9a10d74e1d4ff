// Dead letters on a store of their own, with the real intake and gate: what is sent again does its work once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { type IntakeCounts } from '#engine/intake.ts';
import { verifyStore } from '#engine/replay.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { BROKERS, OPEN } from '../../test/support/builders.ts';
import { temporaryFolder } from '../../test/support/cli.ts';
import { smallContext, SmallMarket, smallPlan } from '../../test/support/small-market.ts';
import { parseFix } from './dead-letter-fixes.ts';
import { readLetters, type StoredLetter } from './reading/dead-letters.ts';
import { RefusedError } from './requests.ts';
import { planDiscard, planReplay, settle, type ReplayRequest, type SettlingPlan } from './settle-dead-letters.ts';

const ALL = { broker: undefined, topic: undefined, code: undefined };
const FAST = 1_000;
const PER_RUN = 10;

/** A market in a data directory, started anew for each run, as a platform that ends in between. */
class Market {
  readonly folder: string;
  #step = 0;

  constructor(t: TestContext) {
    this.folder = join(temporaryFolder(t), 'data');
    this.run();
  }

  run(...messages: readonly NewMessage[]): IntakeCounts {
    const store = openStore(this.folder, { now: () => 0, checkpointer: 'none' });
    const inbox = openInbox(this.folder);
    inbox.put(messages);
    const market = new SmallMarket(store, inbox, smallPlan(BROKERS));
    // The ticks of one run only give the next its time: what waits is taken before them.
    market.run(this.#step, (this.#step += PER_RUN));
    inbox.close();
    store.close();
    return market.intake.counts();
  }

  letters(): readonly StoredLetter[] {
    return readLetters(this.folder, BROKERS, ALL).letters;
  }

  plan(request: Partial<ReplayRequest> = {}): SettlingPlan {
    return planReplay({ ...this.request(), ...request });
  }

  request(): ReplayRequest {
    const about = { place: this.folder, active: BROKERS, chosen: ALL, again: false, who: 'asha', why: 'typing' };
    return { ...about, fixes: [], ttlMsOf: () => 60_000 };
  }

  async settle({ settlings }: SettlingPlan): Promise<number> {
    return settle(this.folder, settlings, FAST, new AbortController().signal);
  }

  /** Ids of the orders that follow from a message. */
  ordersFrom(broker: string, correlationId: string): readonly string[] {
    const store = openStore(this.folder, { now: () => 0, checkpointer: 'none' });
    const orders = store.read(`${broker}.orders.submitted`, 0, 1_000);
    store.close();
    return orders
      .map(({ value }) => JSON.parse(value) as { id: string; type: string; correlation_id: string })
      .filter(({ type, correlation_id }) => type === 'order_submitted' && correlation_id === correlationId)
      .map(({ id }) => id);
  }

  verify(): void {
    const store = openStore(this.folder, { now: () => 0, checkpointer: 'none' });
    try {
      assert.equal(verifyStore(store, smallContext).difference, undefined);
    } finally {
      store.close();
    }
  }
}

function signal(broker: string, envelope: object = {}, quantity = 0): NewMessage {
  const data = { strategy_id: 'mine', instrument_token: 738_561, signal_type: 'BUY', quantity };
  const value = JSON.stringify({ type: 'trading_signal', version: 1, broker, data, ...envelope });
  const { id } = envelope as { readonly id?: string };
  return { topic: `${broker}.signals.raw`, id, key: 'mine:738561', value };
}

for (const broker of BROKERS) {
  for (const [words, own] of [
    ['without an id', undefined],
    ['with an id', `sig-${broker}`],
  ] as const) {
    test(`${broker}: a malformed signal ${words} is fixed, sent again and becomes one order, once`, async (t) => {
      const market = new Market(t);
      market.run(signal(broker, own === undefined ? {} : { id: own }));
      const [stored] = market.letters();
      assert.equal(stored?.letter.code, 'INVALID_DATA');
      const id = own ?? stored.letter.id;
      const fixes = [parseFix('data.quantity=10')];

      // Twice before the platform takes either: the second does nothing.
      for (let k = 0; k < 2; k++) assert.equal(await market.settle(market.plan({ fixes })), 1);
      assert.deepEqual(market.run(), { applied: 1, duplicates: 2, deadLettered: 0 });
      assert.equal(market.ordersFrom(broker, id).length, 1);
      const [{ settled } = {}] = market.letters();
      assert.deepEqual([settled?.settlement, settled?.who, settled?.why], ['replayed', 'asha', 'typing']);

      const left = market.plan({ fixes });
      assert.deepEqual([left.settlings.length, left.leftOut.length], [0, 1]);
      await market.settle(market.plan({ fixes, again: true }));
      assert.deepEqual(market.run(), { applied: 0, duplicates: 1, deadLettered: 0 });
      assert.equal(market.ordersFrom(broker, id).length, 1);
      assert.equal(market.letters()[0]?.notes.length, 2);
      for (const other of BROKERS) {
        if (other !== broker) assert.deepEqual(market.ordersFrom(other, id), []);
      }
      market.verify();
    });
  }
}

test('one message that would come back keeps all of them from being sent', (t) => {
  const market = new Market(t);
  market.run(...BROKERS.map((broker) => signal(broker)), signal('paper', { type: 'order_filled' }), {
    ...signal('paper'),
    topic: 'paper.orders.lost',
  });
  assert.throws(
    () => market.plan({ fixes: [parseFix('data.quantity=1')] }),
    (error) => {
      assert.ok(error instanceof RefusedError);
      assert.match(error.message, /^nothing was sent:\n {2}/);
      assert.match(error.message, /paper\.signals\.raw\.dlq 1: .*expected trading_signal or order_change, found/);
      assert.match(
        error.message,
        /system\.dlq 0: expected a topic of an active broker namespace, found paper\.orders\.lost/,
      );
      assert.equal(error.message.split('\n').length, 3);
      return true;
    },
  );
  assert.throws(() => market.plan({ chosen: { ...ALL, broker: 'zerodha' } }), /expected a whole number from 1/);
  assert.deepEqual(market.run(), { applied: 0, duplicates: 0, deadLettered: 0 });
});

test('a message that was taken meanwhile, or that only the platform writes, is not sent', (t) => {
  const market = new Market(t);
  market.run(
    signal('paper', { id: 'twice' }),
    signal('paper', { id: 'twice' }, 1),
    signal('paper', { id: 'x/s.paper.0' }),
  );
  const fixes = [parseFix('data.quantity=1')];
  const at = (offset: number) => ({ chosen: { topic: 'paper.signals.raw', offsets: [offset] }, fixes });
  assert.throws(() => market.plan(at(0)), /a message was taken under the id twice, so another would do nothing/);
  assert.throws(() => market.plan(at(1)), /x\/s\.paper\.0 is an id of the platform's own/);
});

test('a message without an id that the platform took, and a service could not handle, is never sent again', (t) => {
  const market = new Market(t);
  const taken = signal('paper', {}, 1);
  const { topic, key, value } = taken;
  const letter = { topic, offset: 0, key, value, code: 'ERROR', message: 'no disk', attempts: 3, service: 'mine' };
  assert.equal(market.run(taken, deadLetter({ ...letter, at: OPEN })).applied, 1);
  for (const again of [false, true]) {
    assert.throws(() => market.plan({ again }), /expected an id, found none, and mine gave it up/);
  }
});

test('a withdrawal that was refused is sent again as it was when there is money, and verify follows it', async (t) => {
  const market = new Market(t);
  const adjusted = (id: string, amount: string, kind: string): NewMessage => {
    const data = { strategy_id: 'mine', amount, kind, who: 'asha', why: 'a test' };
    const value = JSON.stringify({ id, type: 'ledger_adjusted', version: 2, broker: 'paper', data });
    return { topic: 'paper.pnl.snapshots', id, key: 'mine', value };
  };
  market.run(adjusted('out', '-90000000', 'withdrawal'));
  assert.equal(market.letters()[0]?.letter.code, 'INSUFFICIENT_CASH');
  const sent = market.plan().settlings[0]?.message;
  assert.equal(sent?.value, adjusted('out', '-90000000', 'withdrawal').value);
  await market.settle(market.plan());
  assert.deepEqual(market.run(), { applied: 0, duplicates: 0, deadLettered: 1 });
  await market.settle(market.plan());
  assert.deepEqual(market.run(adjusted('in', '90000000', 'deposit')).deadLettered, 1);
  const again = market.letters().filter(({ settled }) => settled === undefined);
  assert.equal(again.length, 1);
  await market.settle(market.plan());
  assert.deepEqual(market.run(), { applied: 1, duplicates: 0, deadLettered: 0 });
  market.verify();
});

test('a discard is a note on the topic of the letter, of system.dlq too', async (t) => {
  const market = new Market(t);
  market.run(signal('paper'), { ...signal('paper'), topic: 'paper.orders.lost' });
  assert.equal(await market.settle(planDiscard({ ...market.request(), why: 'lost' })), 2);
  assert.deepEqual(market.run(), { applied: 0, duplicates: 0, deadLettered: 0 });
  assert.deepEqual(
    market.letters().map(({ topic, settled }) => [topic, settled?.settlement, settled?.why]),
    [
      ['paper.signals.raw.dlq', 'discarded', 'lost'],
      ['system.dlq', 'discarded', 'lost'],
    ],
  );
  assert.deepEqual(market.plan().settlings, []);
  assert.throws(() => planDiscard({ ...market.request(), again: true, who: '' }), /expected --who to be a name/);
  market.verify();
});

test('an interrupt ends between two letters, and what is left is settled later', async (t) => {
  const market = new Market(t);
  market.run(...BROKERS.map((broker) => signal(broker)));
  const { settlings } = market.plan({ fixes: [parseFix('data.quantity=1')] });
  const interrupt = new AbortController();
  const slow = settle(market.folder, settlings, 1, interrupt.signal);
  interrupt.abort();
  assert.equal(await slow, 1);
  assert.equal(market.run().applied, 1);
  assert.equal(market.plan({ fixes: [parseFix('data.quantity=1')] }).settlings.length, BROKERS.length - 1);
});
