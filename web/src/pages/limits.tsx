// The limits of the risk gate, strategy by strategy, with what is used of each, and changing one.
import { useState } from 'react';
import { call, type Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { count, rupees, unitsOf, words } from '../format.ts';
import { CommandButton } from '../parts/command.tsx';
import { BrokerChoice, StrategyChoice, useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';

type Limit = Item<'GET /api/v1/limits'>;

const COLUMNS: readonly Column<Limit>[] = [
  { head: 'Limit', cell: ({ limit }) => words(limit) },
  { head: 'Used', cell: ({ use }) => (use === null ? null : <UsageBar use={use} />) },
  { head: 'Value', cell: ({ value }) => valueText(value), numeric: true },
  { head: 'Of', cell: ({ of }) => (of === 'book' ? 'this book' : 'the whole account') },
  { head: 'Change', cell: (line) => <Change line={line} /> },
];

export function Limits() {
  const query = { broker: useParam('broker'), strategy_id: useParam('strategy_id'), limit: 1_000 };
  const read = useApi('GET /api/v1/limits', { query }, 5_000);
  const groups = Map.groupBy(
    (read.data?.items ?? []).toSorted(byWeight),
    (line) => `${line.broker} · ${line.strategy_id}`,
  );
  return (
    <>
      <div className="page-head">
        <h1>Risk limits</h1>
        <div className="filters">
          <BrokerChoice />
          <StrategyChoice />
        </div>
      </div>
      <Shown
        of={{ ...read, data: read.data === undefined ? undefined : [...groups] }}
        empty="No strategy runs that a limit could hold for."
      >
        {(all) =>
          all.map(([name, lines]) => (
            <Panel
              key={name}
              title={name}
              aside={
                <span className="quiet">
                  {query.strategy_id === undefined
                    ? 'those in force; choose the strategy for all'
                    : 'used where the gate keeps count'}
                </span>
              }
            >
              <Table label={`Limits of ${name}`} columns={COLUMNS} rows={lines} keyOf={({ limit }) => limit} />
            </Panel>
          ))
        }
      </Shown>
    </>
  );
}

/** What is being used first, what is off last. */
function byWeight(a: Limit, b: Limit): number {
  const weight = ({ use, value }: Limit): number => (use !== null ? 0 : isOff(value) ? 2 : 1);
  return weight(a) - weight(b);
}

function isOff(value: string): boolean {
  return /^0(\.0+)?$/.test(value);
}

function valueText(value: string): string {
  if (isOff(value)) return 'off';
  return /^\d+$/.test(value) ? count(Number(value)) : /^\d+\.\d+$/.test(value) ? rupees(value).slice(1) : words(value);
}

function UsageBar({ use: { unit, used, most } }: { readonly use: NonNullable<Limit['use']> }) {
  const whole = unitsOf(most);
  const percent = whole === 0n ? 0 : Number((unitsOf(used) * 100n) / whole);
  const tone = percent >= 100 ? 'bar-bad' : percent >= 75 ? 'bar-warn' : '';
  const text = (value: string): string => (unit === 'rupees' ? rupees(value) : count(Number(value)));
  return (
    <span className="usage">
      <meter className={tone} min={0} max={100} value={Math.min(100, percent)} aria-label={`${percent} percent used`} />
      <span>
        {text(used)} of {text(most)} <span className="quiet">({percent} %)</span>
      </span>
    </span>
  );
}

function Change({ line }: { readonly line: Limit }) {
  const [value, setValue] = useState(line.value);
  const strategyId = line.of === 'book' ? line.strategy_id : undefined;
  return (
    <CommandButton
      label="Change"
      title={`${words(line.limit)} of ${line.broker}`}
      action="Set the limit"
      role="risk"
      stepUp
      run={async (why, idempotencyKey) => {
        const body = { limit: line.limit, value: value.trim(), broker: line.broker, strategy_id: strategyId, why };
        return call('POST /api/v1/limits', { body }, { idempotencyKey });
      }}
    >
      {strategyId === undefined
        ? `It holds for all of ${line.broker}.`
        : `It holds for ${strategyId} in ${line.broker}.`}{' '}
      Now it is {valueText(line.value)}; 0 switches most limits off.
      <label className="fixes">
        Value
        <input value={value} onChange={(event) => setValue(event.target.value)} inputMode="decimal" />
      </label>
    </CommandButton>
  );
}
