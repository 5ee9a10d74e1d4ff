// The sets of parameters that a search goes through: every point of a grid, or draws from it with a seed.
import { draw } from '../random.ts';

/** One parameter with the values that are tried, as text. */
export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

export type ParameterSet = Readonly<Record<string, string>>;

/** More values on one axis than this are a mistake in the step. */
const VALUES_MAX = 100_000;
const DECIMALS = 1e9;

/**
 * `5:20:5` is 5, 10, 15, 20; `a,b` is a and b; anything else is itself. A sentence when it is none of them.
 */
export function readAxis(name: string, text: string): Axis | string {
  const range = /^(-?[\d.]+):(-?[\d.]+)(?::([\d.]+))?$/.exec(text);
  if (range === null) return { name, values: [...new Set(text.split(',').map((each) => each.trim()))] };
  const [from, to, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? '1')];
  if (!(step > 0) || !(to >= from)) {
    return `expected ${name}=FROM:TO:STEP with FROM at most TO and STEP above 0, such as fast=5:20:5, found "${text}"`;
  }
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  if (count > VALUES_MAX) return `${name}=${text} has ${count} values; at most ${VALUES_MAX} are tried`;
  // Cut to nine decimals, so that 0.1 + 0.2 is 0.3.
  const values = Array.from({ length: count }, (_, k) => String(Math.round((from + k * step) * DECIMALS) / DECIMALS));
  return { name, values };
}

/** How many points the grid has. */
export function sizeOf(axes: readonly Axis[]): number {
  return axes.reduce((product, { values }) => product * values.length, 1);
}

/** The point of the grid at a place; the last axis moves fastest. */
export function pointAt(axes: readonly Axis[], place: number): ParameterSet {
  const point: Record<string, string> = {};
  let rest = place;
  for (const { name, values } of axes.toReversed()) {
    point[name] = values[rest % values.length] as string;
    rest = Math.floor(rest / values.length);
  }
  return Object.fromEntries(axes.map(({ name }) => [name, point[name] as string]));
}

/** Different points drawn without a preference, in the order of the draws; all of them when there are no more. */
export function samplePoints(axes: readonly Axis[], samples: number, seed: number): readonly ParameterSet[] {
  const size = sizeOf(axes);
  if (samples >= size) return Array.from({ length: size }, (_, place) => pointAt(axes, place));
  // Fisher and Yates over places that are only written down once they move.
  const moved = new Map<number, number>();
  return Array.from({ length: samples }, (_, k) => {
    const chosen = k + Math.floor((draw(seed, 'sample', k) / 0x1_0000_0000) * (size - k));
    const place = moved.get(chosen) ?? chosen;
    moved.set(chosen, moved.get(k) ?? k);
    return pointAt(axes, place);
  });
}
