// Signals with what became of them; a refusal with every limit and what was found.
import type { Item } from '../api/client.ts';
import { useList } from '../api/queries.ts';
import { words } from '../format.ts';
import { BrokerChoice, Choice, StrategyChoice, useParam } from '../parts/filters.tsx';
import { Reasons } from '../parts/reasons.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { MoreButton, Table, type Column } from '../parts/table.tsx';
import { Instrument, Money, Side, Status, Time, WhyLink } from '../parts/values.tsx';

type Signal = Item<'GET /api/v1/signals'>;

const COLUMNS: readonly Column<Signal>[] = [
  { head: 'Made (IST)', cell: ({ ts }) => <Time at={ts} exact /> },
  { head: 'Instrument', cell: ({ symbol, instrument_token: token }) => <Instrument symbol={symbol} token={token} /> },
  { head: 'Side', cell: ({ side }) => <Side side={side} /> },
  { head: 'Outcome', cell: ({ outcome }) => <Status status={outcome} /> },
  {
    head: 'Because',
    cell: ({ reasons, code, checks }) =>
      reasons.length > 0 ? <Reasons reasons={reasons} /> : code === null ? passed(checks) : words(code),
  },
  { head: 'Quantity', cell: ({ quantity }) => quantity, numeric: true },
  { head: 'Price', cell: ({ price }) => <Money value={price} />, numeric: true },
  { head: 'Way', cell: ({ correlation_id: id, signal_id: focus }) => <WhyLink id={id} focus={focus} /> },
  { head: 'Namespace', cell: ({ broker }) => broker },
  { head: 'Strategy', cell: ({ strategy_id: id }) => id },
];

function passed(checks: Signal['checks']) {
  if (checks === null) return null;
  return <span className="quiet">{Object.keys(checks).length} rules let it pass</span>;
}

export function Signals() {
  const query = {
    broker: useParam('broker'),
    outcome: useParam('outcome'),
    strategy_id: useParam('strategy_id'),
    sort: 'newest',
    limit: 50,
  };
  const signals = useList('GET /api/v1/signals', query, 10_000);
  return (
    <>
      <div className="page-head">
        <h1>Signals</h1>
        <div className="filters">
          <BrokerChoice />
          <StrategyChoice />
          <Choice
            name="outcome"
            label="Outcome"
            all="Every outcome"
            values={['rejected', 'expired', 'validated', 'made']}
          />
        </div>
      </div>
      <Panel title="Newest first in each namespace and outcome">
        <Shown of={{ ...signals, data: signals.items }} empty="No signal is like this.">
          {(items) => (
            <Table
              label="Signals"
              columns={COLUMNS}
              rows={items}
              keyOf={(each) => `${each.signal_id} ${each.outcome}`}
            />
          )}
        </Shown>
        <MoreButton list={signals} />
      </Panel>
    </>
  );
}
