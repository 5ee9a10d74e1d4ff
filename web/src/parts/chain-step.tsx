// One message on the way from a tick to the P&L: what it is in words, its numbers, and the message itself.
import { decimalText, words } from '../format.ts';
import { Link, to } from '../router.tsx';
import type { Message } from './envelope.ts';
import { Reasons } from './reasons.tsx';
import { Time } from './values.tsx';

const TITLES: Readonly<Record<string, string>> = {
  market_tick: 'Tick',
  trading_signal: 'Signal made',
  validated_signal: 'Let through by the risk gate',
  rejected_signal: 'Refused by the risk gate',
  expired_signal: 'Signal expired',
  order_submitted: 'Order submitted',
  order_claimed: 'Order on its way',
  order_placed: 'Taken by the broker',
  order_filled: 'Filled',
  order_failed: 'Order failed',
  order_cancelled: 'Order cancelled',
  pnl_snapshot: 'Book after it',
};
const GOOD = new Set(['order_filled', 'validated_signal', 'pnl_snapshot']);
const BAD = new Set(['rejected_signal', 'order_failed', 'expired_signal', 'order_expired', 'rejected_change']);
/** The numbers that matter, in the order in which they are read. */
const FACTS = [
  'last_price',
  'signal_type',
  'side',
  'quantity',
  'order_type',
  'product',
  'price',
  'limit_price',
  'trigger_price',
  'fill_price',
  'fees',
  'realised_pnl',
  'unrealised_pnl',
  'total_pnl',
  'cash',
  'equity',
  'message',
  'error_message',
  'code',
  'strategy_id',
];
const MONEY = /price|fees|pnl|cash|equity/;

export function ChainStep({ message, focus }: { readonly message: Message; readonly focus: string }) {
  const { topic, offset, envelope } = message;
  const { type, id, ts } = envelope;
  const data = flat(envelope.data);
  const tone = GOOD.has(type) ? 'chain-good' : BAD.has(type) ? 'chain-bad' : '';
  const orderId = data['order_id'];
  const token = data['instrument_token'];
  return (
    <li className={`${tone} ${id === focus ? 'chain-focus' : ''}`} aria-current={id === focus ? 'true' : undefined}>
      <Time at={ts} exact />
      <div>
        <h3>{TITLES[type] ?? words(type)}</h3>{' '}
        {typeof orderId === 'string' && type.startsWith('order_') ? (
          <Link href={to('/order', { id: orderId })}>life of the order</Link>
        ) : null}
        {typeof token === 'number' && (type === 'trading_signal' || type === 'market_tick') ? (
          <Link href={to('/chart', { instrument: `${token}`, at: ts })}>on the chart</Link>
        ) : null}
        <dl className="facts">
          {FACTS.filter((name) => isSaid(data[name])).map((name) => (
            <div key={name}>
              <dt>{words(name)}</dt>
              <dd>{valueText(name, data[name])}</dd>
            </div>
          ))}
        </dl>
        <Objections data={data} />
        <details>
          <summary>
            {topic} {offset} · {id}
          </summary>
          <pre>{JSON.stringify(envelope, undefined, 2)}</pre>
        </details>
      </div>
    </li>
  );
}

/** What was decided stands in the message, and the terms in what it decided about. */
function flat(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const inner = ['signal', 'order', 'original_signal'].map((name) => data[name]);
  return Object.assign({}, ...inner.filter((each) => typeof each === 'object'), data) as Record<string, unknown>;
}

function isSaid(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : typeof value === 'number';
}

function valueText(name: string, value: unknown): string {
  const text = String(value);
  return MONEY.test(name) && /^-?\d+(\.\d+)?$/.test(text) ? `₹${decimalText(text)}` : text;
}

function Objections({ data }: { readonly data: Readonly<Record<string, unknown>> }) {
  const reasons = data['reasons'];
  if (!Array.isArray(reasons)) return null;
  const said = reasons.filter((each): each is { code: string; limit: string; found: string } => {
    return typeof each === 'object' && each !== null && 'code' in each;
  });
  return said.length === 0 ? null : <Reasons reasons={said} />;
}
