// What each strategy of a namespace holds, from its fills alone: how the engine knows an exit from an entry.
import { type Product, type Side } from '../events.ts';
import { type StrategyId } from '../ids.ts';

/** Units of one strategy in one instrument; negative when short. */
export interface Holding {
  readonly strategyId: StrategyId;
  readonly token: number;
  units: number;
  /** Product of the last fill. */
  product: Product;
}

export type HoldingsState = readonly Holding[];

export class Holdings {
  readonly #byStrategy = new Map<StrategyId, Map<number, Holding>>();

  units(strategyId: StrategyId, token: number): number {
    return this.#byStrategy.get(strategyId)?.get(token)?.units ?? 0;
  }

  /** Whether an order on this side brings the position down. */
  reduces(strategyId: StrategyId, token: number, side: Side): boolean {
    const units = this.units(strategyId, token);
    return side === 'SELL' ? units > 0 : units < 0;
  }

  fill(strategyId: StrategyId, token: number, side: Side, quantity: number, product: Product): void {
    let own = this.#byStrategy.get(strategyId);
    if (own === undefined) this.#byStrategy.set(strategyId, (own = new Map()));
    const signed = side === 'BUY' ? quantity : -quantity;
    const holding = own.get(token);
    if (holding === undefined) own.set(token, { strategyId, token, units: signed, product });
    else {
      holding.units += signed;
      holding.product = product;
    }
  }

  /** Every position that is not flat, by strategy and token, whatever came first. */
  open(): readonly Holding[] {
    const all = [...this.#byStrategy.values()].flatMap((own) => [...own.values()]);
    return all
      .filter(({ units }) => units !== 0)
      .toSorted((a, b) => (a.strategyId === b.strategyId ? a.token - b.token : a.strategyId < b.strategyId ? -1 : 1));
  }

  snapshot(): HoldingsState {
    return this.open().map((holding) => ({ ...holding }));
  }

  restore(state: HoldingsState): void {
    for (const { strategyId, token, units, product } of state) {
      this.fill(strategyId, token, units < 0 ? 'SELL' : 'BUY', Math.abs(units), product);
    }
  }
}
