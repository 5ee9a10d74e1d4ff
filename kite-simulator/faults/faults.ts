// The faults that are on: each strikes a number of times, with a probability that is drawn from the seed, and only where
// its scope says. What struck is counted, so that a test can tell that its fault was met.
import { draw } from '#core/random.ts';
import { FAULTS, type FaultKind } from './fault-list.ts';

export type Route = 'place' | 'modify' | 'cancel' | 'orders' | 'order' | 'trades' | 'positions' | 'holdings' | 'other';

export interface FaultSpec {
  readonly kind: FaultKind;
  /** How often it strikes before it is spent; without a number it goes on. */
  readonly count?: number | undefined;
  /** In 1/1,000,000 of the chances to strike; always, where it is left out. */
  readonly ppm?: number | undefined;
  /** Chances that pass before the first that counts. */
  readonly skip?: number | undefined;
  /** Only there. A tag matches by its beginning. */
  readonly route?: Route | undefined;
  readonly tag?: string | undefined;
  readonly symbol?: string | undefined;
  /** How long, for the faults that take time. */
  readonly ms?: number | undefined;
  /** The status code, for a refused upgrade. */
  readonly status?: number | undefined;
}

export interface Chance {
  readonly route?: Route | undefined;
  readonly tag?: string | null | undefined;
  readonly symbol?: string | undefined;
}

export interface ArmedFault extends FaultSpec {
  readonly id: number;
  readonly chances: number;
  readonly struck: number;
}

interface Armed {
  readonly id: number;
  readonly spec: FaultSpec;
  chances: number;
  struck: number;
}

const PPM = 1_000_000;

export class FaultBox {
  readonly #seed: number;
  readonly #struck = new Map<FaultKind, number>();
  #armed: Armed[] = [];
  #ids = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Turns a fault on; its id turns it off again. */
  arm(spec: FaultSpec): number {
    const id = ++this.#ids;
    this.#armed.push({ id, spec, chances: 0, struck: 0 });
    return id;
  }

  disarm(id: number): boolean {
    const before = this.#armed.length;
    this.#armed = this.#armed.filter((armed) => armed.id !== id);
    return this.#armed.length < before;
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly ArmedFault[] {
    return this.#armed.map(({ id, spec, chances, struck }) => ({ ...spec, id, chances, struck }));
  }

  /** How often each kind has struck since the start. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#struck);
  }

  /** The fault of this kind that strikes now, if one does. */
  strikes(kind: FaultKind, chance: Chance = {}): FaultSpec | undefined {
    if (this.#armed.length === 0) return undefined;
    const armed = this.#armed.find(
      (each) => each.spec.kind === kind && isInScope(each.spec, chance) && this.#falls(each),
    );
    if (armed === undefined) return undefined;
    armed.struck++;
    this.#struck.set(kind, (this.#struck.get(kind) ?? 0) + 1);
    if (armed.spec.count !== undefined && armed.struck >= armed.spec.count) this.disarm(armed.id);
    return armed.spec;
  }

  /** The first fault of a place that strikes now, in the order in which they were turned on. */
  strikesAt(at: 'request' | 'answer', chance: Chance): FaultSpec | undefined {
    for (const { spec } of this.#armed) {
      if (FAULTS[spec.kind].at !== at) continue;
      const struck = this.strikes(spec.kind, chance);
      if (struck !== undefined) return struck;
    }
    return undefined;
  }

  #falls(armed: Armed): boolean {
    const number = armed.chances++;
    if (number < (armed.spec.skip ?? 0)) return false;
    const { ppm = PPM } = armed.spec;
    return ppm >= PPM || draw(this.#seed, `fault ${armed.id}`, number) % PPM < ppm;
  }
}

function isInScope({ route, tag, symbol }: FaultSpec, chance: Chance): boolean {
  if (route !== undefined && route !== chance.route) return false;
  if (tag !== undefined && !(chance.tag ?? '').startsWith(tag)) return false;
  return symbol === undefined || symbol === chance.symbol;
}
