// Holds what the books say is held against what the broker says. Two readings of two sides are never of the same instant,
// so a difference counts only when the next comparison finds the very same one; nothing is ever booked for it.

/** Units by instrument token, signed; a token that is not there is at nothing. */
export type Held = ReadonlyMap<number, number>;

export interface Difference {
  readonly token: number;
  readonly ours: number;
  readonly theirs: number;
}

export interface Reconciled {
  /** Found twice in a row, and not told before. */
  readonly breaks: readonly Difference[];
  /** Told as broken before, and equal now. */
  readonly settled: readonly { readonly token: number; readonly held: number }[];
  /** Something was found for the first time, or where nothing can be said now: the next comparison decides. */
  readonly doubtful: boolean;
}

export class Reconciler {
  /** What the last comparison found. */
  #last = new Map<number, Difference>();
  /** What was told and is not settled. */
  readonly #open = new Map<number, Difference>();

  /** Takes up breaks that were told before a restart. */
  resume(open: readonly Difference[]): void {
    for (const difference of open) this.#open.set(difference.token, difference);
  }

  /** Instruments whose break is open. */
  get open(): readonly number[] {
    return [...this.#open.keys()];
  }

  /** `busy`: instruments of which an outcome is open, so that nothing can be said of them now. */
  compare(ours: Held, theirs: Held, busy: ReadonlySet<number>): Reconciled {
    const found = new Map<number, Difference>();
    const breaks: Difference[] = [];
    const settled: { token: number; held: number }[] = [];
    let doubtful = false;
    for (const token of new Set([...ours.keys(), ...theirs.keys(), ...this.#open.keys()])) {
      const difference = { token, ours: ours.get(token) ?? 0, theirs: theirs.get(token) ?? 0 };
      if (busy.has(token)) {
        doubtful ||= difference.ours !== difference.theirs;
        continue;
      }
      if (difference.ours === difference.theirs) {
        if (this.#open.delete(token)) settled.push({ token, held: difference.ours });
        continue;
      }
      found.set(token, difference);
      if (isSame(this.#open.get(token), difference)) continue;
      if (!isSame(this.#last.get(token), difference)) {
        doubtful = true;
        continue;
      }
      this.#open.set(token, difference);
      breaks.push(difference);
    }
    this.#last = found;
    return { breaks, settled, doubtful };
  }
}

function isSame(a: Difference | undefined, b: Difference): boolean {
  return a !== undefined && a.ours === b.ours && a.theirs === b.theirs;
}
