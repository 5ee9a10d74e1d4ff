// `alpha-panda orders`: every order with its status, in the order in which they were submitted.
import type { OrderLine } from '#app/reading/orders.ts';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

export const ordersCommand = defineCommand(
  {
    name: 'orders',
    summary: 'Prints every order with its status, in the order in which they were submitted.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { broker: BROKER_FLAG, json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: ['--json has every field, such as the ids of the order and of its signal.'],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readOrders } = await import('#app/reading/orders.ts');
    const { dataDir, activeBrokers: active } = settings;
    const orders = readOrders({ dataDir, active, broker: flags.broker });
    await io.stdout.write(flags.json ? jsonText(orders) : asText(orders, io));
    return EXIT.good;
  },
);

const COLUMNS = [
  words('submitted'),
  words('strategy'),
  words('symbol'),
  words('side'),
  numbers('quantity'),
  numbers('filled'),
  words('type'),
  numbers('limit'),
  numbers('average price'),
  numbers('fees'),
  words('status'),
  words('message'),
];

function asText(orders: readonly OrderLine[], io: Io): string {
  const brokers = [...new Set(orders.map(({ broker }) => broker))].toSorted();
  if (brokers.length === 0) return 'no orders yet\n';
  const texts = brokers.map((broker) => {
    const mine = orders.filter((order) => order.broker === broker);
    const rows = mine.map((order) => [
      order.submitted_at,
      order.strategy_id,
      order.symbol ?? `${order.instrument_token}`,
      order.side,
      `${order.quantity}`,
      `${order.filled_quantity}`,
      order.order_type,
      order.limit_price ?? '-',
      order.average_price ?? '-',
      order.fees,
      order.status,
      order.message ?? '',
    ]);
    const fees = mine.reduce((sum, order) => sum + (parseDecimal(order.fees) ?? 0), 0);
    const footer = [`total ${mine.length} orders`, '', '', '', '', '', '', '', '', formatDecimal(fees)];
    return `${broker}\n${renderTable(COLUMNS, rows, { footer, heading: (text) => paint(io, 'bold', text) })}`;
  });
  return texts.join('\n');
}
