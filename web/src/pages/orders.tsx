// Every order with its state, filtered by what stands in the address.
import type { Answer, Item } from '../api/client.ts';
import { useList } from '../api/queries.ts';
import { BrokerChoice, Choice, StrategyChoice, useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { MoreButton, Table, type Column } from '../parts/table.tsx';
import { Instrument, Money, Side, Status, Time } from '../parts/values.tsx';
import { Link, to } from '../router.tsx';

type Order = Item<'GET /api/v1/orders'>;

const STATES: readonly Answer<'GET /api/v1/orders'>['items'][number]['status'][] = [
  'pending_new',
  'sending',
  'new',
  'unknown',
  'partially_filled',
  'filled',
  'rejected',
  'cancelled',
  'expired',
];

const COLUMNS: readonly Column<Order>[] = [
  { head: 'Submitted (IST)', cell: ({ submitted_at: at }) => <Time at={at} exact /> },
  { head: 'Instrument', cell: ({ symbol, instrument_token: token }) => <Instrument symbol={symbol} token={token} /> },
  { head: 'Side', cell: ({ side }) => <Side side={side} /> },
  { head: 'Quantity', cell: ({ filled_quantity: filled, quantity }) => `${filled} / ${quantity}`, numeric: true },
  { head: 'Average', cell: ({ average_price: price }) => <Money value={price} />, numeric: true },
  { head: 'State', cell: ({ status }) => <Status status={status} /> },
  {
    head: 'Life',
    cell: ({ order_id: id }) => (
      <Link href={to('/order', { id })}>
        Life<span className="hidden"> of {id}</span>
      </Link>
    ),
  },
  { head: 'Type', cell: ({ order_type: type, product }) => `${type} ${product}` },
  { head: 'Limit', cell: ({ limit_price: limit }) => <Money value={limit} />, numeric: true },
  { head: 'Namespace', cell: ({ broker }) => broker },
  { head: 'Strategy', cell: ({ strategy_id: id }) => id },
  { head: 'Fees', cell: ({ fees }) => <Money value={fees} />, numeric: true },
  { head: 'Message', cell: ({ message }) => message },
];

export function Orders() {
  const query = {
    broker: useParam('broker'),
    state: useParam('state'),
    strategy_id: useParam('strategy_id'),
    limit: 50,
  };
  const orders = useList('GET /api/v1/orders', query, 5_000);
  return (
    <>
      <div className="page-head">
        <h1>Orders</h1>
        <div className="filters">
          <BrokerChoice />
          <StrategyChoice />
          <Choice name="state" label="State" all="Every state" values={STATES} />
        </div>
      </div>
      <Panel title="In the order in which they were submitted">
        <Shown of={{ ...orders, data: orders.items }} empty="No order is like this.">
          {(items) => <Table label="Orders" columns={COLUMNS} rows={items} keyOf={({ order_id: id }) => id} />}
        </Shown>
        <MoreButton list={orders} />
      </Panel>
    </>
  );
}
