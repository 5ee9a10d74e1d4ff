// The limits of a namespace as they hold for each of its strategies, and what is used of them now.
import type { LimitLine } from '#api/contract.ts';
import { formatDecimal } from '#core/decimal.ts';
import { formatLimit } from '#core/risk/limits.ts';
import type { Namespace } from '#engine/namespace.ts';

export function limitLines({ plan, risk, runner }: Pick<Namespace, 'plan' | 'risk' | 'runner'>): readonly LimitLine[] {
  return [...runner.strategyIds].flatMap((strategyId) =>
    risk.limitsOf(strategyId).map(({ row, value, use }): LimitLine => {
      const text = (amount: number): string => (use?.kind === 'rupees' ? formatDecimal(amount) : `${amount}`);
      return {
        broker: plan.broker,
        strategy_id: strategyId,
        limit: row.name,
        value: formatLimit(row, value),
        of: row.of,
        use: use === undefined ? null : { unit: use.kind, used: text(use.used), most: text(use.most) },
      };
    }),
  );
}
