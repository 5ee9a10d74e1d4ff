// How many units each exit of a strategy in an instrument may offer, while they are tended one after the other. The newest are
// covered first: what goes out another way comes off the oldest. What an older one still offers has to be given back before
// a newer one can offer it.
import { type Side } from '../events.ts';
import { wantedQuantity, type OwnedExit } from './exit.ts';

export interface CoverMeans {
  /** Units of the position that an exit of a side brings down, less what is offered beside the exits. */
  readonly room: (side: Side) => number;
  /** Units that an exit may bring out with what it has asked for. */
  readonly exposed: (exit: OwnedExit) => number;
}

/** The cover of one exit among others of its strategy and instrument. */
export function coverOf(exit: OwnedExit, others: readonly OwnedExit[], { room, exposed }: CoverMeans): number {
  let cover = room(exit.side);
  for (const other of others) {
    if (other === exit || other.side !== exit.side) continue;
    const offered = exposed(other);
    cover -= other.number > exit.number ? Math.max(offered, wantedQuantity(other)) : offered;
  }
  return Math.max(0, cover);
}

/** The covers of many, each asked for in turn, the oldest first: a sum is kept, so that a thousand cost a thousand steps. */
export class Covers {
  readonly #means: CoverMeans;
  readonly #exposed = new Map<OwnedExit, number>();
  readonly #sides = new Map<Side, { room: number; exposed: number; claims: number }>();

  /** `exits` in the order of their numbers. */
  constructor(exits: readonly OwnedExit[], means: CoverMeans) {
    this.#means = means;
    for (const exit of exits) {
      const exposed = means.exposed(exit);
      this.#exposed.set(exit, exposed);
      const side = this.#sides.get(exit.side) ?? { room: means.room(exit.side), exposed: 0, claims: 0 };
      side.exposed += exposed;
      side.claims += claimOf(exit, exposed);
      this.#sides.set(exit.side, side);
    }
  }

  /** What the next exit may offer; those before it have been tended. */
  next(exit: OwnedExit): number {
    const side = this.#sides.get(exit.side);
    const exposed = this.#exposed.get(exit);
    if (side === undefined || exposed === undefined) return coverOf(exit, [], this.#means);
    side.claims -= claimOf(exit, exposed);
    return Math.max(0, side.room - (side.exposed - exposed) - side.claims);
  }

  /** The exit was tended; `isOver`: nothing of it is left. */
  tended(exit: OwnedExit, isOver: boolean): void {
    const side = this.#sides.get(exit.side);
    if (side !== undefined) side.exposed += (isOver ? 0 : this.#means.exposed(exit)) - (this.#exposed.get(exit) ?? 0);
  }
}

/** What a newer exit wants beyond what it offers. */
function claimOf(exit: OwnedExit, exposed: number): number {
  return Math.max(exposed, wantedQuantity(exit)) - exposed;
}
