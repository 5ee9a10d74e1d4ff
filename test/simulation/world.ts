// A small world that a seed decides: a market of a few instruments, strategies that trade much, messages from outside,
// and a process that can be killed between any two steps that touch the world.
import { type Calendar } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { NO_VOLUME, type TickBatch } from '#core/market/tick.ts';
import { price, quantity, type Money, type Ppm } from '#core/decimal.ts';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { type Deployment, type NamespacePlan, type Plan } from '#core/plan.ts';
import { draw } from '#core/random.ts';
import { LIMITS_OFF } from '#core/risk/limits.ts';
import { defineStrategy, type Strategy } from '#core/strategy/strategy.ts';
import { type EpochMs } from '#core/time.ts';
import { type Feed, type FeedPosition, type FeedRead } from '#ports/feed.ts';
import { type Inbox, type Store } from '#ports/store.ts';

/** The process ends here, as with kill -9: whatever was only in memory is gone. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Counts the steps that touch the world, and ends the process before or after the chosen ones. */
export class Steps {
  count = 0;
  readonly #crashAt: Set<number>;

  constructor(crashAt: readonly number[]) {
    this.#crashAt = new Set(crashAt);
  }

  /** Takes a step with a chance to die just before and just after it. */
  take<T>(step: () => T): T {
    this.#maybeDie();
    const result = step();
    this.#maybeDie();
    return result;
  }

  #maybeDie(): void {
    const now = this.count++;
    if (this.#crashAt.delete(now)) throw new Crash(`killed at step ${now}`);
  }
}

/** Whole numbers that a seed decides. */
export class Dice {
  readonly #seed: number;
  readonly #name: string;
  #drawn = 0;

  constructor(seed: number, name: string) {
    this.#seed = seed;
    this.#name = name;
  }

  /** From 0 to `below` - 1. */
  below(below: number): number {
    return draw(this.#seed, this.#name, this.#drawn++) % below;
  }
}

export interface Row {
  readonly instrument: number;
  readonly time: number;
  readonly price: number;
  readonly volume: number;
}

export const INSTRUMENTS: readonly Instrument[] = [11, 22, 33].map((token) => ({
  token,
  symbol: `S${token}`,
  exchange: 'NSE',
  segment: 'NSE',
  tickSize: price(500),
  lotSize: quantity(1),
  tradable: token !== 33,
}));

/** Rows over the end of one session and the beginning of the next. */
export function market(seed: number, calendar: Calendar): readonly Row[] {
  const dice = new Dice(seed, 'market');
  const first = calendar.nextSession('NSE', Date.UTC(2021, 5, 10) as EpochMs);
  const second = calendar.nextSession('NSE', first.close);
  const prices = [1_000_000, 2_000_000, 3_000_000];
  const volumes = [0, 0, 0];
  const rows: Row[] = [];
  for (const from of [first.close - 200_000, second.preOpen + 895_000]) {
    let time = from;
    volumes.fill(0);
    for (let k = 0; k < 24; k++) {
      const instrument = dice.below(3);
      time += dice.below(20) * 1_000;
      if (time >= first.close && from < first.close) break;
      prices[instrument] = Math.max(500, (prices[instrument] ?? 0) + (dice.below(41) - 20) * 500);
      volumes[instrument] = (volumes[instrument] ?? 0) + dice.below(30);
      const volume = instrument === 2 ? NO_VOLUME : (volumes[instrument] ?? 0);
      rows.push({ instrument, time, price: prices[instrument] ?? 0, volume });
    }
  }
  return rows;
}

/** Trades by the parity of the price and remembers something, so that lost or doubled ticks would show. */
const restless: Strategy = defineStrategy({
  type: 'restless',
  version: 1,
  summary: 'Buys and sells by what the price looks like.',
  parameters: { size: { kind: 'integer', default: 7, min: 1, max: 100, doc: 'Units an order.' } },
  warmUpTicks: () => 1,
  start: () => ({ ticks: 0, sum: 0 }),
  onTick(parameters, state: { ticks: number; sum: number }, tick, own) {
    state.ticks++;
    state.sum = (state.sum * 31 + tick.price) % 1_000_003;
    if (state.sum % 3 === 0) return { side: 'BUY', quantity: parameters.size };
    if (state.sum % 5 === 0 && own.quantity > 0) return { side: 'SELL', quantity: own.quantity };
    if (state.sum % 7 === 0) {
      const limitPrice = price(tick.price - 500);
      return { side: 'BUY', quantity: parameters.size, orderType: 'limit', limitPrice };
    }
    if (state.sum % 401 === 0) throw new Error('a strategy that fails now and then');
    return undefined;
  },
}) as Strategy;

export const catalogue = (): Strategy => restless;

export function planOf(seed: number, brokers: readonly BrokerId[], answeredBy: NamespacePlan['answeredBy']): Plan {
  const dice = new Dice(seed, 'plan');
  const latencyMsMean = dice.below(2) * 3_000;
  const partialFills = dice.below(2) === 0;
  const marketProtection = (dice.below(2) * 1_000) as Ppm;
  const rejects = (dice.below(2) * 50_000) as Ppm;
  const namespaces = brokers.map((broker): NamespacePlan => ({
    broker,
    startingCash: 50_000_000_000 as Money,
    answeredBy,
    exchange: {
      slippage: 500 as Ppm,
      commission: 1_000 as Ppm,
      fillAt: 'next',
      latencyMsMean,
      latencyMsStd: latencyMsMean / 3,
      partialFills,
      roundToTick: true,
      seed,
      marketProtection,
      rejects,
    },
    signalTtlMs: 30_000,
    exits: { stepMs: 5_000, alertAfter: 3, squareOffMs: 900_000 },
    pacing: [],
    limits: {
      ...LIMITS_OFF,
      maxPositionUnits: 60,
      maxOrderQuantity: 50,
      maxOrderValue: 100_000_000_000 as Money,
      maxTradesPerDay: 9,
      priceCollar: 100_000 as Ppm,
      staleAfterMs: 60_000,
      duplicateWindowMs: 2_000,
      cashReserve: 1_010_000 as Ppm,
      maxDrawdown: 500_000 as Ppm,
      drawdownExits: 'allow',
    },
  }));
  const deployment = (id: string, size: number): Deployment => ({
    strategyId: id as StrategyId,
    strategyType: 'restless',
    parameters: { size },
    tokens: 'all',
    brokers,
  });
  return {
    calendar: 'nse',
    segment: 'NSE',
    freshMs: 20_000,
    snapshotIntervalMs: 120_000,
    instruments: INSTRUMENTS,
    namespaces,
    deployments: [deployment('alpha', 7), deployment('beta', 3)],
  };
}

/** Rows as a feed; each read touches the world. */
export function rowsFeed(rows: readonly Row[], position: FeedPosition | undefined, steps: Steps): Feed {
  let next = Number(position?.['row'] ?? 0);
  return {
    kind: 'tape',
    instruments: INSTRUMENTS,
    firstTime: rows[0]?.time as EpochMs | undefined,
    sourceOf: (instrument) => `w${instrument}`,
    read: async (batch: TickBatch, max: number): Promise<FeedRead> =>
      steps.take(() => {
        for (let taken = 0; taken < max && next < rows.length; taken++, next++) {
          const row = rows[next] as Row;
          batch.push(row.instrument, row.time, row.price, row.volume, next + 1);
        }
        return next >= rows.length ? 'finished' : 'ticks';
      }),
    idleMs: () => 0,
    position: () => ({ row: next }),
    counts: () => ({ used: next, refused: {} }),
    close: async () => undefined,
  };
}

/** The store, with a chance to die before and after each commit. */
export function fragileStore(store: Store, steps: Steps): Store {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== 'function') return member;
      const call = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
      return name === 'commit' ? (...args: unknown[]) => steps.take(() => call(...args)) : call;
    },
  });
}

export function fragileInbox(inbox: Inbox, steps: Steps): Inbox {
  return {
    put: (messages) => inbox.put(messages),
    after: (number, limit) => steps.take(() => inbox.after(number, limit)),
    forget: (upTo) => steps.take(() => inbox.forget(upTo)),
    close: () => inbox.close(),
  };
}
