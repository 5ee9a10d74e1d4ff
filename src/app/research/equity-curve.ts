// A book's equity over a run: at the end of each minute and day of the market's time, and thinned for a picture. Its memory is
// bounded, however long the tape is.
import { type EquityPoint } from '#core/research/metrics.ts';
import { dayOf, type EpochMs, MINUTE_MS } from '#core/time.ts';

/** From so many days on a year is judged by days; before, by minutes. */
const DAYS_MIN = 20;
export const DAYS_A_YEAR = 252;
const MINUTES_A_DAY = 375;

export type Period = 'day' | 'minute';

/** One stretch of the picture: the last value in it, and the least and the greatest. */
export interface Bucket {
  readonly at: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
}

/** At most `max` stretches of equal length; when there would be more, each two become one. */
export class ThinnedSeries {
  readonly #max: number;
  #lengthMs = MINUTE_MS;
  #buckets: Bucket[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Times never go back. */
  add(at: number, value: number): void {
    const last = this.#buckets.at(-1);
    if (last !== undefined && this.#placeOf(last.at) === this.#placeOf(at)) {
      this.#buckets[this.#buckets.length - 1] = merged(last, { at, last: value, low: value, high: value });
      return;
    }
    this.#buckets.push({ at, last: value, low: value, high: value });
    while (this.#buckets.length > this.#max) this.#halve();
  }

  get buckets(): readonly Bucket[] {
    return this.#buckets;
  }

  #placeOf(at: number): number {
    return Math.floor(at / this.#lengthMs);
  }

  #halve(): void {
    this.#lengthMs *= 2;
    const thinner: Bucket[] = [];
    for (const bucket of this.#buckets) {
      const before = thinner.at(-1);
      if (before !== undefined && this.#placeOf(before.at) === this.#placeOf(bucket.at)) {
        thinner[thinner.length - 1] = merged(before, bucket);
      } else thinner.push(bucket);
    }
    this.#buckets = thinner;
  }
}

function merged(a: Bucket, b: Bucket): Bucket {
  return { at: b.at, last: b.last, low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

const PICTURE_POINTS = 1_500;

export class EquityCurve {
  readonly picture = new ThinnedSeries(PICTURE_POINTS);
  /** Share of the equity that is at work, in percent. */
  readonly exposurePicture = new ThinnedSeries(PICTURE_POINTS);
  readonly #start: EquityPoint;
  readonly #days: EquityPoint[] = [];
  #minutes: EquityPoint[] = [];
  #sampled = 0;
  #held = 0;

  constructor(at: number, equity: number) {
    this.#start = { at, equity, held: false };
  }

  /** What the book is worth after the last tick of a minute. */
  sample(at: number, equity: number, gross: number): void {
    const point = { at, equity, held: gross > 0 };
    this.picture.add(at, equity);
    this.exposurePicture.add(at, equity > 0 ? (100 * gross) / equity : 0);
    this.#sampled++;
    if (point.held) this.#held++;
    const day = this.#days.at(-1);
    if (day !== undefined && dayOf(day.at as EpochMs) === dayOf(at as EpochMs))
      this.#days[this.#days.length - 1] = point;
    else this.#days.push(point);
    if (this.#days.length < DAYS_MIN) this.#minutes.push(point);
    else this.#minutes = [];
  }

  get period(): Period {
    return this.#days.length >= DAYS_MIN ? 'day' : 'minute';
  }

  get periodsPerYear(): number {
    return this.period === 'day' ? DAYS_A_YEAR : DAYS_A_YEAR * MINUTES_A_DAY;
  }

  /** The start, then the end of each period. */
  get points(): readonly EquityPoint[] {
    return [this.#start, ...(this.period === 'day' ? this.#days : this.#minutes)];
  }

  /** The start, then the end of each day. */
  get days(): readonly EquityPoint[] {
    return [this.#start, ...this.#days];
  }

  /** Share of the minutes at whose end something was held. */
  get exposure(): number | null {
    return this.#sampled === 0 ? null : this.#held / this.#sampled;
  }
}
