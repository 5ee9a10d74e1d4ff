// Why two runs of one strategy came to different gains: every unit of the difference is put into one of five parts, in exact
// integers, so that the parts sum to the whole.
import { multiplyDivide } from '../decimal.ts';

export const DIVERGENCE_PARTS = ['data', 'timing', 'price', 'fill', 'charges'] as const;
export type DivergencePart = (typeof DIVERGENCE_PARTS)[number];
export type Parts = Readonly<Record<DivergencePart, number>>;

/** What became of one signal; money in 1/10,000 rupee. */
export interface SignalOutcome {
  readonly at: number;
  readonly token: number;
  readonly side: 'BUY' | 'SELL';
  /** The last price when it was decided. */
  readonly reference: number;
  /** Units filled, negative for a sale; 0 when nothing was. */
  readonly signed: number;
  /** Sum of signed units times their price. */
  readonly value: number;
  readonly fees: number;
}

export interface RunFacts {
  readonly signals: readonly SignalOutcome[];
  /** The last price of each instrument that was traded. */
  readonly marks: ReadonlyMap<number, number>;
  /** What was posted beside fills and counts as gain or loss, such as a day's rounding of charges. */
  readonly settled: number;
  /** The gain after charges that the run itself reports. */
  readonly netPnl: number;
}

/** Two outcomes of one decision, or a decision that only one run took. */
export interface Pair {
  readonly a: SignalOutcome | undefined;
  readonly b: SignalOutcome | undefined;
  readonly parts: Parts;
}

export interface Divergence {
  /** The gain of B less that of A. */
  readonly difference: number;
  readonly parts: Parts;
  /** What no part explains: zero unless something moved a book beside fills and charges, such as a corporate action. */
  readonly unexplained: number;
  readonly pairs: readonly Pair[];
}

/** Signals for one instrument and side that are at most `toleranceMs` apart are the same decision. */
export function divergenceOf(a: RunFacts, b: RunFacts, toleranceMs: number): Divergence {
  const pairs = aligned(a.signals, b.signals, toleranceMs).map(([left, right]) => ({
    a: left,
    b: right,
    parts: partsOf(left, right, a.marks, b.marks),
  }));
  const parts = { data: 0, timing: 0, price: 0, fill: 0, charges: b.settled - a.settled };
  for (const pair of pairs) for (const part of DIVERGENCE_PARTS) parts[part] += pair.parts[part];
  const difference = b.netPnl - a.netPnl;
  const explained = DIVERGENCE_PARTS.reduce((sum, part) => sum + parts[part], 0);
  return { difference, parts, unexplained: difference - explained, pairs };
}

type Side = SignalOutcome | undefined;

function aligned(
  a: readonly SignalOutcome[],
  b: readonly SignalOutcome[],
  toleranceMs: number,
): readonly (readonly [Side, Side])[] {
  const groups = new Map<string, [SignalOutcome[], SignalOutcome[]]>();
  for (const [place, signals] of [a, b].entries()) {
    for (const signal of signals) {
      const key = `${signal.token} ${signal.side}`;
      const group = groups.get(key) ?? [[], []];
      groups.set(key, group);
      group[place as 0 | 1].push(signal);
    }
  }
  const pairs = [...groups.values()].flatMap(([left, right]) => inStep(left, right, toleranceMs));
  return pairs.sort((x, y) => timeOf(x) - timeOf(y));
}

/** Walks along both in order of time; what has no fellow within the tolerance stands alone. */
function inStep(a: readonly SignalOutcome[], b: readonly SignalOutcome[], toleranceMs: number): [Side, Side][] {
  const pairs: [Side, Side][] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    const apart = left === undefined || right === undefined ? Infinity : Math.abs(left.at - right.at);
    if (apart <= toleranceMs) {
      pairs.push([left, right]);
      i++;
      j++;
    } else if (right === undefined || (left !== undefined && left.at < right.at)) {
      pairs.push([left, undefined]);
      i++;
    } else {
      pairs.push([undefined, right]);
      j++;
    }
  }
  return pairs;
}

function timeOf([a, b]: readonly [Side, Side]): number {
  return Math.min(a?.at ?? Infinity, b?.at ?? Infinity);
}

/**
 * A signal's gain is q (M - r) - s - f: its units from the price it was decided at (r) to the last price (M), less what its
 * fills cost against r (s), less charges (f).
 */
function partsOf(a: Side, b: Side, marksA: RunFacts['marks'], marksB: RunFacts['marks']): Parts {
  const charges = (a?.fees ?? 0) - (b?.fees ?? 0);
  const none = { data: 0, timing: 0, price: 0, fill: 0, charges };
  if (a === undefined || b === undefined) {
    // Only one run decided it, so the two did not see the same market or the same book.
    return { ...none, data: (b === undefined ? 0 : gross(b, marksB)) - (a === undefined ? 0 : gross(a, marksA)) };
  }
  const [markA, markB] = [marksA.get(a.token) ?? a.reference, marksB.get(b.token) ?? b.reference];
  const [costA, costB] = [a.value - a.signed * a.reference, b.value - b.signed * b.reference];
  // What A's fills would have cost against its reference, had it filled as many units as B.
  const scaled = a.signed === 0 ? 0 : multiplyDivide(costA, Math.abs(b.signed), Math.abs(a.signed));
  const comparable = a.signed === 0 ? costB : scaled;
  const moved = 0 - a.signed * (b.reference - a.reference);
  return {
    data: a.signed * (markB - markA) + (a.at === b.at ? moved : 0),
    timing: a.at === b.at ? 0 : moved,
    price: comparable - costB,
    fill: (b.signed - a.signed) * (markB - b.reference) - (comparable - costA),
    charges,
  };
}

function gross({ token, signed, value, reference }: SignalOutcome, marks: RunFacts['marks']): number {
  return signed * (marks.get(token) ?? reference) - value;
}
