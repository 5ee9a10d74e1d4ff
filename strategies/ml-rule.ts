// What the model strategies share: a window of prices, features of it, and what a model's score says to do. A model is
// trained to give the probability that the price will rise; how is the business of whoever trains it.
import { type Side } from '#core/events.ts';
import { fourDecimals } from '#core/strategy/indicators/four-decimals.ts';
import { ringAgo, type Ring } from '#core/strategy/indicators/ring.ts';
import { score, type Model } from '#core/strategy/models/model.ts';

/** What a rule thinks at a tick. */
export interface Opinion {
  readonly side: Side;
  readonly quantity: number;
  readonly confidence: number;
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** Values by their names, in the order in which a model takes them. */
export type Features = Readonly<Record<string, number>>;

/**
 * What the model says of the features: buy when a rise is more probable than the threshold, sell when a fall is. A
 * linear model's score counts as a probability; outside 0 to 1 it is as certain as it can be.
 */
export function predict(model: Model, features: Features, threshold: number, quantity: number): Opinion | undefined {
  const rises = Math.min(1, Math.max(0, score(model, Object.values(features))));
  const side = rises > 0.5 ? 'BUY' : 'SELL';
  const confidence = side === 'BUY' ? rises : 1 - rises;
  if (confidence <= threshold) return undefined;
  const shown = Object.entries(features).map(([name, value]) => [name, fourDecimals(value)] as const);
  const metadata = { ml_prediction: side === 'BUY' ? 1 : 0, ml_confidence: fourDecimals(confidence) };
  return { side, quantity, confidence, metadata: { ...metadata, ...Object.fromEntries(shown) } };
}

/** The change from `from` to `to` as a share of `from`; a change from nothing has no size. */
export function changeOf(from: number, to: number): number {
  return from === 0 ? 0 : (to - from) / from;
}

/** Mean and sample deviation of the changes from tick to tick among the newest `window` prices, at least three. */
export function changesIn(prices: Ring, window: number): { readonly deviation: number; readonly meanSize: number } {
  let sum = 0;
  let sizes = 0;
  const count = window - 1;
  const change = (back: number): number =>
    changeOf(ringAgo(prices, back + 1) as number, ringAgo(prices, back) as number);
  for (let back = count - 1; back >= 0; back--) {
    sum += change(back);
    sizes += Math.abs(change(back));
  }
  const mean = sum / count;
  let squares = 0;
  for (let back = count - 1; back >= 0; back--) squares += (change(back) - mean) * (change(back) - mean);
  return { deviation: Math.sqrt(squares / (count - 1)), meanSize: sizes / count };
}
