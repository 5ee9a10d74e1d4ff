// Filters stand in the address, so that a view can be sent to somebody else.
import { useApi } from '../api/queries.ts';
import { words } from '../format.ts';
import { setParam, useAddress } from '../router.tsx';

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly all: string;
  readonly values: readonly string[];
}

export function Choice({ name, label, all, values }: ChoiceProps) {
  const address = useAddress();
  return (
    <select
      aria-label={label}
      value={address.params.get(name) ?? ''}
      onChange={(event) => setParam(address, name, event.target.value)}
    >
      <option value="">{all}</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {name === 'broker' || name === 'strategy_id' ? value : words(value)}
        </option>
      ))}
    </select>
  );
}

export function BrokerChoice() {
  const { data } = useApi('GET /api/v1/brokers');
  const names = (data?.items ?? []).map(({ broker }) => broker);
  return <Choice name="broker" label="Namespace" all="Every namespace" values={names} />;
}

export function StrategyChoice() {
  const { data } = useApi('GET /api/v1/portfolios', { query: { limit: 1_000 } });
  const names = [...new Set((data?.items ?? []).map(({ strategy_id: id }) => id))];
  return <Choice name="strategy_id" label="Strategy" all="Every strategy" values={names} />;
}

/** A parameter of the address; undefined when it is not there. */
export function useParam(name: string): string | undefined {
  const { params } = useAddress();
  const value = params.get(name);
  return value === null || value === '' ? undefined : value;
}
