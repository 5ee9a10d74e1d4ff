// `alpha-panda orders`: every order with its status, in the order in which they were submitted; or the steps of one.
import { placeOf } from '#app/place.ts';
import type { OrderStep } from '#app/reading/order-history.ts';
import type { OrderLine } from '#app/reading/orders.ts';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

export const ordersCommand = defineCommand(
  {
    name: 'orders',
    summary: 'Prints every order with its status, in the order in which they were submitted; or each step of one.',
    operands: '[ORDER_ID]',
    operandsMin: 0,
    operandsMax: 1,
    flags: {
      open: { kind: 'switch', value: '', help: 'Only those that may still be filled; exit code 1 when there are any.' },
      broker: BROKER_FLAG,
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: ['--json has every field, such as the ids of the order and of its signal.'],
  },
  async ({ flags, operands: [orderId] }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    if (orderId !== undefined) {
      const { readOrderHistory } = await import('#app/reading/order-history.ts');
      const steps = readOrderHistory(placeOf(settings), orderId);
      await io.stdout.write(flags.json ? jsonText(steps) : stepsAsText(steps, io));
      return EXIT.good;
    }
    const { atWork, readOrders } = await import('#app/reading/orders.ts');
    const { activeBrokers: active } = settings;
    const place = placeOf(settings);
    const all = readOrders({ place, active, broker: flags.broker });
    const orders = flags.open ? atWork(all) : all;
    if (!flags.json && flags.open && orders.length === 0) await io.stdout.write('no order is at work\n');
    else await io.stdout.write(flags.json ? jsonText(orders) : asText(orders, io));
    return flags.open && orders.length > 0 ? EXIT.no : EXIT.good;
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
  words('product'),
  words('for'),
  numbers('limit'),
  numbers('trigger'),
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
      order.product,
      order.purpose,
      order.limit_price ?? '-',
      order.trigger_price ?? '-',
      order.average_price ?? '-',
      order.fees,
      order.status,
      order.message ?? '',
    ]);
    const fees = mine.reduce((sum, order) => sum + (parseDecimal(order.fees) ?? 0), 0);
    const footer = [`total ${mine.length} orders`, '', '', '', '', '', '', '', '', '', '', '', formatDecimal(fees)];
    return `${broker}\n${renderTable(COLUMNS, rows, { footer, heading: (text) => paint(io, 'bold', text) })}`;
  });
  return texts.join('\n');
}

const STEP_COLUMNS = [
  words('at'),
  words('event'),
  numbers('quantity'),
  words('type'),
  numbers('limit'),
  numbers('trigger'),
  numbers('fill price'),
  words('message'),
];

function stepsAsText(steps: readonly OrderStep[], io: Io): string {
  const rows = steps.map((step) => [
    step.at,
    step.event,
    `${step.quantity}`,
    step.order_type,
    step.limit_price ?? '-',
    step.trigger_price ?? '-',
    step.fill_price ?? '-',
    step.message ?? '',
  ]);
  return renderTable(STEP_COLUMNS, rows, { heading: (text) => paint(io, 'bold', text) });
}
