// Shows that the whole pipeline works without looking at any price: one small signal for an instrument every so often.
import { type Side } from '#core/events.ts';
import { dayOf, SECOND_MS, type DayNumber, type EpochMs } from '#core/time.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';

interface LowFrequencyDemoState {
  lastSignalAt: EpochMs | null;
  /** The day in India that `signalsToday` counts. */
  day: DayNumber | null;
  signalsToday: number;
}

export const lowFrequencyDemo = defineStrategy({
  type: 'low_frequency_demo',
  version: 1,
  summary: 'Makes one signal for an instrument every so often, whatever its price: for seeing the pipeline work.',
  parameters: {
    min_interval_seconds: {
      kind: 'integer',
      default: 900,
      min: 1,
      max: 604_800,
      doc: 'seconds of market time between two signals of an instrument',
    },
    max_daily_signals_per_instrument: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 100_000,
      doc: 'signals of an instrument in one day in India; 0 is no limit',
    },
    side: {
      kind: 'choice',
      default: 'auto',
      choices: ['auto', 'BUY', 'SELL'],
      doc: 'auto buys instruments with an even token and sells those with an odd one',
    },
    quantity: { kind: 'integer', default: 1, min: 1, max: 1_000_000, doc: 'units in each signal' },
  },
  warmUpTicks: () => 1,
  start: (): LowFrequencyDemoState => ({ lastSignalAt: null, day: null, signalsToday: 0 }),
  onTick(parameters, state, tick, _own, instrument) {
    const today = dayOf(tick.time);
    if (today !== state.day) {
      state.day = today;
      state.signalsToday = 0;
    }
    const interval = parameters.min_interval_seconds * SECOND_MS;
    if (state.lastSignalAt !== null && tick.time - state.lastSignalAt < interval) return undefined;
    const dailyMax = parameters.max_daily_signals_per_instrument;
    if (dailyMax > 0 && state.signalsToday >= dailyMax) return undefined;
    state.lastSignalAt = tick.time;
    state.signalsToday += 1;
    return {
      side: sideOf(parameters.side, instrument.token),
      quantity: parameters.quantity,
      confidence: 0.5,
      metadata: { signal_today: state.signalsToday },
    };
  },
});

function sideOf(chosen: string, token: number): Side {
  if (chosen === 'BUY' || chosen === 'SELL') return chosen;
  return token % 2 === 0 ? 'BUY' : 'SELL';
}
