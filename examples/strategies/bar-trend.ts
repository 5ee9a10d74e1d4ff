// A strategy to copy and change that looks at bars and the clock: holds while bars close above their average, with a stop,
// and nothing at the end of the day. docs/guides/write-a-strategy.md goes through it.
import { formatDecimal, type Price } from '#core/decimal.ts';
import { pushSma, startSma, type Sma } from '#core/strategy/indicators/moving-average.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { MINUTE_MS } from '#core/time.ts';

interface BarTrendState {
  readonly average: Sma;
  /** The day is over for this strategy. */
  done: boolean;
}

export const barTrend = defineStrategy({
  type: 'bar_trend',
  version: 1,
  summary: 'Holds while 5-minute bars close above their average, and is flat before the close.',
  parameters: {
    bars: { kind: 'integer', default: 20, min: 2, max: 500, doc: 'bars in the average' },
    quantity: { kind: 'integer', default: 1, min: 1, max: 1_000_000, doc: 'units to hold' },
  },
  warmUpTicks: (parameters) => parameters.bars,
  start: (parameters): BarTrendState => ({ average: startSma(parameters.bars), done: false }),
  bars: () => [5 * MINUTE_MS],
  timers: () => [
    { name: 'begin', at: '09:15' },
    { name: 'end', at: '15:14' },
  ],
  onTick: () => undefined,
  onBar(parameters, state, bar) {
    if (!bar.complete) return undefined; // ticks are missing: better no opinion than a wrong one
    const average = pushSma(state.average, bar.close);
    if (average === undefined || state.done) return undefined;
    if (bar.close <= average) return { target: 0 };
    return {
      target: parameters.quantity,
      product: 'MIS',
      bracket: { stop: bar.low, exitAt: '15:15' },
      metadata: { close: formatDecimal(bar.close), average: formatDecimal(Math.round(average) as Price) },
    };
  },
  onTimer(_parameters, state, due, own) {
    state.done = due.name === 'end';
    // What still rests would be filled in vain.
    return state.done ? own.orders.filter(isMine).map(({ orderId }) => ({ cancel: orderId })) : undefined;
  },
});

/** The engine's own exits stay. */
function isMine({ purpose }: { readonly purpose: string }): boolean {
  return purpose === 'trade';
}
