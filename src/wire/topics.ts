// The names of topics. This is the only file that knows the dot.
import { isBrokerId, type BrokerId } from '#core/ids.ts';
import { type WireTypeName } from './versions.ts';

/** Streams that every broker namespace has, with what a Kafka-compatible log needs to create them. */
export const STREAMS = {
  'signals.raw': { partitions: 6, retention: 'signal', types: ['trading_signal', 'order_change'] },
  'signals.validated': { partitions: 6, retention: 'signal', types: ['validated_signal', 'validated_change'] },
  'signals.rejected': { partitions: 3, retention: 'signal', types: ['rejected_signal', 'rejected_change'] },
  'signals.expired': { partitions: 3, retention: 'signal', types: ['expired_signal', 'expired_change'] },
  'orders.submitted': {
    partitions: 3,
    retention: 'order',
    types: [
      'order_submitted',
      'order_claimed',
      'modify_submitted',
      'cancel_submitted',
      'order_placed',
      'order_modified',
      'change_refused',
      'order_unknown',
    ],
  },
  'orders.filled': { partitions: 3, retention: 'order', types: ['order_filled'] },
  'orders.failed': { partitions: 3, retention: 'order', types: ['order_failed'] },
  'orders.cancelled': { partitions: 3, retention: 'order', types: ['order_cancelled', 'order_expired'] },
  'pnl.snapshots': {
    partitions: 3,
    retention: 'order',
    types: ['pnl_snapshot', 'ledger_adjusted', 'corporate_action'],
  },
  'reconciliation.breaks': {
    partitions: 1,
    retention: 'control',
    types: ['reconciliation_break', 'reconciliation_settled'],
  },
  'control.changes': {
    partitions: 1,
    retention: 'control',
    types: ['control_changed', 'alert_raised', 'external_position'],
  },
} as const satisfies Readonly<
  Record<string, { readonly types: readonly WireTypeName[] } & Readonly<Record<string, unknown>>>
>;

export type Stream = keyof typeof STREAMS;

export const MARKET_TICKS = 'market.ticks';
/** What `market.ticks` carries. */
export const MARKET_TYPES = ['market_tick', 'feed_gap'] as const satisfies readonly WireTypeName[];
const DEAD_LETTERS = '.dlq';
/** What every topic of dead letters carries: the letters, and what became of them. */
export const DEAD_LETTER_TYPES = ['system_error', 'dead_letter_settled'] as const satisfies readonly WireTypeName[];

/** A topic's name taken apart. */
export type ParsedTopic =
  | { readonly scope: 'market'; readonly deadLetters: boolean }
  | { readonly scope: 'broker'; readonly broker: BrokerId; readonly stream: Stream; readonly deadLetters: boolean };

/** Names that were put together before: every message asks for one, and a kept text need not be hashed again. */
const NAMES = new Map<BrokerId, Map<Stream, string>>();

/** The topic of a stream in a broker's namespace. */
export function topic(broker: BrokerId, stream: Stream): string {
  let names = NAMES.get(broker);
  if (names === undefined) NAMES.set(broker, (names = new Map()));
  let name = names.get(stream);
  if (name === undefined) names.set(stream, (name = `${broker}.${stream}`));
  return name;
}

/** How every topic of a namespace begins, and of no other namespace. */
export function namespacePrefix(broker: BrokerId): string {
  return `${broker}.`;
}

/** Where messages of a topic go that cannot be handled. */
export function deadLetterTopic(name: string): string {
  return name.endsWith(DEAD_LETTERS) ? name : name + DEAD_LETTERS;
}

/** Takes a topic's name apart; undefined when it is no topic of the platform. Inverse of `topic`. */
export function parseTopic(name: string): ParsedTopic | undefined {
  const deadLetters = name.endsWith(DEAD_LETTERS);
  const base = deadLetters ? name.slice(0, -DEAD_LETTERS.length) : name;
  if (base === MARKET_TICKS) return { scope: 'market', deadLetters };
  const dot = base.indexOf('.');
  const [broker, stream] = [base.slice(0, Math.max(dot, 0)), base.slice(dot + 1)];
  if (!isBrokerId(broker) || !Object.hasOwn(STREAMS, stream)) return undefined;
  return { scope: 'broker', broker, stream: stream as Stream, deadLetters };
}

/** Every topic of a set of brokers, dead letters included, in a fixed order. */
export function topicsOf(brokers: readonly BrokerId[]): readonly string[] {
  const streams = Object.keys(STREAMS) as Stream[];
  const names = [MARKET_TICKS, ...brokers.flatMap((broker) => streams.map((stream) => topic(broker, stream)))];
  return names.flatMap((name) => [name, deadLetterTopic(name)]);
}
