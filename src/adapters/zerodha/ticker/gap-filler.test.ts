import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { type EventId } from '#core/ids.ts';
import { type Candle, type FeedGap } from '#core/market/gap.ts';
import { type EpochMs } from '#core/time.ts';
import { CANDLES_MAX } from '#wire/gap-message.ts';
import { INFY } from '../../../../test/support/kite-world.ts';
import { rs } from '../../../../test/support/builders.ts';
import { ist } from '../../../../test/support/tape-builder.ts';
import { type ReadOutcome } from '../kite-client.ts';
import { GapFiller } from './gap-filler.ts';

const MINUTE = 60_000;
const FROM = ist('2026-01-05T09:30:10');
const TO = ist('2026-01-05T09:32:40');

function minute(start: EpochMs, volume = 5): Candle {
  return { start, open: rs(100), high: rs(102), low: rs(99), close: rs(101), volume };
}

function minutes(first: EpochMs, count: number): readonly Candle[] {
  return Array.from({ length: count }, (_, k) => minute((first + k * MINUTE) as EpochMs));
}

function gap(overrides: Partial<FeedGap> = {}): FeedGap {
  return { id: 'gap' as EventId, token: INFY, from: FROM, to: TO, candles: undefined, ...overrides };
}

/** A filler on a virtual clock, which shows `TO` when it begins. */
class Filling {
  readonly clock = new VirtualClock(TO);
  readonly asked: string[] = [];
  readonly told: string[] = [];
  readonly filler: GapFiller;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  signedIn = true;
  answer: (from: EpochMs, to: EpochMs) => ReadOutcome<readonly Candle[]> = (from) => ({
    kind: 'read',
    value: minutes(from, 3),
  });

  constructor() {
    const { clock } = this;
    this.filler = new GapFiller({
      clock,
      marketNow: () => clock.now(),
      isReady: () => this.signedIn,
      candles: async (token, from, to) => {
        this.asked.push(`${token} ${(clock.now() - TO) / 1_000}`);
        return this.answer(from, to);
      },
      tell: (message) => this.told.push(message),
    });
    this.#running = this.filler.run(this.#stop.signal);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

describe('a gap', () => {
  test('is filled when its last minute has ended, with every minute that it touches and no other', async () => {
    const filling = new Filling();
    const begin = ist('2026-01-05T09:30:00');
    filling.answer = () => ({ kind: 'read', value: minutes((begin - MINUTE) as EpochMs, 6) });
    filling.filler.add([gap()]);
    await filling.clock.advance(24_000);
    assert.deepEqual([filling.asked, filling.filler.waiting], [[], 1]);
    await filling.clock.advance(1_000);
    assert.deepEqual(filling.asked, [`${INFY} 25`]);
    assert.deepEqual(filling.filler.take(), [gap({ id: 'gap.filled.0' as EventId, candles: minutes(begin, 3) })]);
    assert.deepEqual(filling.filler.take(), []);
    assert.match(filling.told.join(), /every gap of the feed has been filled/);
    await filling.end();
  });

  test('in which nothing traded is filled with nothing', async () => {
    const filling = new Filling();
    filling.answer = () => ({ kind: 'read', value: [] });
    filling.filler.add([gap()]);
    await filling.clock.advance(30_000);
    assert.deepEqual(filling.filler.take(), [gap({ id: 'gap.filled.0' as EventId, candles: [] })]);
    await filling.end();
  });

  test('is asked for again when there is no answer, and stays open after twenty', async () => {
    const filling = new Filling();
    filling.answer = () => ({ kind: 'failed', message: '503 NetworkException: later' });
    filling.filler.add([gap()]);
    await filling.clock.advance(25_000 + 18 * 30_000);
    assert.deepEqual([filling.asked.length, filling.told], [19, []]);
    await filling.clock.advance(3_600_000);
    assert.equal(filling.asked.length, 20);
    assert.match(filling.told.join(), /a gap of 408065 stays open: .*503 NetworkException: later/);
    assert.deepEqual([filling.filler.take(), filling.filler.waiting], [[], 0]);
    await filling.end();
  });

  test('waits for a session, and nothing is asked without one', async () => {
    const filling = new Filling();
    filling.signedIn = false;
    filling.filler.add([gap()]);
    await filling.clock.advance(7_200_000);
    assert.deepEqual(filling.asked, []);
    filling.signedIn = true;
    filling.filler.renew();
    await filling.clock.advance(1);
    assert.equal(filling.filler.take().length, 1);
    await filling.end();
  });

  test('of many sessions is told in parts that follow each other', async () => {
    const filling = new Filling();
    const count = 2 * CANDLES_MAX + 7;
    const from = ist('2026-01-05T09:30:00');
    const to = (from + count * MINUTE) as EpochMs;
    filling.answer = (first) => ({ kind: 'read', value: minutes(first, count) });
    await filling.clock.advance(to - TO);
    filling.filler.add([gap({ from, to })]);
    await filling.clock.advance(60_000);
    const parts = filling.filler.take();
    assert.deepEqual(
      parts.map(({ id, candles }) => `${id} ${candles?.length}`),
      [`gap.filled.0 ${CANDLES_MAX}`, `gap.filled.1 ${CANDLES_MAX}`, 'gap.filled.2 7'],
    );
    assert.deepEqual(
      parts.flatMap(({ candles }) => candles),
      minutes(from, count),
    );
    assert.deepEqual([parts[0]?.from, parts[2]?.to], [from, to]);
    for (const [k, part] of parts.entries()) if (k > 0) assert.equal(part.from, parts[k - 1]?.to);
    await filling.end();
  });

  test('that is longer than what is given at once is filled from its last sixty days', async () => {
    const filling = new Filling();
    const asked: number[] = [];
    filling.answer = (from, to) => {
      asked.push((to - from) / 86_400_000);
      return { kind: 'read', value: [] };
    };
    filling.filler.add([gap({ from: (TO - 100 * 86_400_000) as EpochMs })]);
    await filling.clock.advance(30_000);
    assert.deepEqual(asked, [60]);
    await filling.end();
  });
});
