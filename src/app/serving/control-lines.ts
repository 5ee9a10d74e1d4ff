// What may be sent in a namespace now: its two widest scopes, and each part of it that is not active.
import type { ControlLine } from '#api/contract.ts';
import type { Namespace } from '#engine/namespace.ts';

export function controlLines(
  { plan, risk, runner }: Pick<Namespace, 'plan' | 'risk' | 'runner'>,
  symbols: ReadonlyMap<number, string>,
): readonly ControlLine[] {
  const { broker } = plan;
  const lineOf = (scope: string, symbol: string | null = null): ControlLine => {
    return { broker, scope, symbol, state: risk.stateOf(scope) };
  };
  const parts = [
    ...[...runner.strategyIds].map((id) => lineOf(`strategy:${id}`)),
    ...[...symbols].map(([token, symbol]) => lineOf(`instrument:${token}`, symbol)),
  ];
  return [lineOf('global'), lineOf(broker), ...parts.filter(({ state }) => state !== 'active')];
}
