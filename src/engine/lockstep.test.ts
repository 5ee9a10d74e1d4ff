import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Feed } from '#ports/feed.ts';
import { type PartProgress } from '#ports/deployment.ts';
import { TickBatch } from '#core/market/tick.ts';
import { isDone, isQuiet, LockstepFeed, mayGoOn, turnOf } from './lockstep.ts';

const STAGES = {
  feed: 'market_feed',
  engine: 'trading_engine',
  risk: 'risk_manager',
  portfolio: 'portfolio_manager',
  strategy: 'strategy_runner',
} as const;
type Name = keyof typeof STAGES;
const NAMES = Object.keys(STAGES) as Name[];

/** Five parts that have taken so many ticks each, with nothing on its way; some of it changed. */
function parts(ticks: Partial<Record<Name, number>>, changes: Partial<Record<Name, Partial<PartProgress>>> = {}) {
  return NAMES.map((part): PartProgress => {
    const calm = { over: false, published: true, signed: 0, taken: new Map<string, number>() };
    return { part, stages: [STAGES[part]], ticks: ticks[part] ?? 7, ...calm, ...changes[part] };
  });
}

const may = (of: readonly PartProgress[], part: Name, ticks = 7): boolean =>
  mayGoOn(of, turnOf([STAGES[part]]), ticks, false);

describe('a turn', () => {
  test('comes to the feed first, then to the engine, to the books, and to the strategies', () => {
    assert.deepEqual(
      NAMES.map((part) => turnOf([STAGES[part]])),
      [0, 1, 2, 2, 3],
    );
    assert.equal(turnOf(['trading_engine', 'strategy_runner']), 1);
  });

  test('is had when those before are past the tick and all the others have reached it', () => {
    const steps: readonly [Partial<Record<Name, number>>, readonly Name[]][] = [
      [{}, ['feed']],
      [{ feed: 8 }, ['engine']],
      [{ feed: 8, engine: 8 }, ['risk', 'portfolio']],
      [{ feed: 8, engine: 8, risk: 8 }, ['portfolio']],
      [{ feed: 8, engine: 8, risk: 8, portfolio: 8 }, ['strategy']],
    ];
    for (const [ticks, who] of steps) {
      const allowed = NAMES.filter((part) => (ticks[part] ?? 7) === 7 && may(parts(ticks), part));
      assert.deepEqual(allowed, who, JSON.stringify(ticks));
    }
  });

  test('waits for what is decided and not published, and for what is published and not taken', () => {
    assert.ok(!may(parts({}, { risk: { published: false } }), 'feed'));
    const unread = parts({}, { engine: { signed: 5 } });
    assert.ok(!isQuiet(unread) && !may(unread, 'feed'));
    const read = unread.map((part) => ({ ...part, taken: new Map([['engine', 5]]) }));
    assert.ok(isQuiet(read) && may(read, 'feed'));
  });

  test('is nobody’s while a stage is missing', () => {
    assert.ok(!may(parts({}).slice(0, 4), 'feed'));
    assert.ok(!isDone([]));
  });
});

test('a feed in step gives one tick a turn, and ends after those before it have', async () => {
  let given = 0;
  const feed: Feed = {
    kind: 'tape',
    instruments: [],
    firstTime: undefined,
    sourceOf: () => '',
    read: async (batch, max) => {
      assert.equal(max, 1);
      batch.push(0, given++, 1, 1, 1);
      return 'ticks';
    },
    idleMs: () => 0,
    position: () => ({}),
    counts: () => ({ used: given, refused: {} }),
    close: async () => undefined,
  };
  let now = parts({ feed: 8 });
  const stepping = new LockstepFeed(feed, { look: () => now }, ['trading_engine'], 7);
  const read = async () => stepping.read(new TickBatch(10, false));
  assert.equal(await read(), 'ticks');
  assert.equal(await read(), 'idle');
  now = parts({ feed: 8, engine: 8, risk: 8, portfolio: 8, strategy: 8 });
  assert.equal(await read(), 'idle', 'the feed has not said that it is over');
  now = parts({ feed: 8, engine: 8, risk: 8, portfolio: 8, strategy: 8 }, { feed: { over: true } });
  assert.equal(await read(), 'finished');
  assert.equal(given, 1);
});
