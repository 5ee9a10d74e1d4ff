// What the API asks of the platform it runs in. The server knows neither the store nor how its rows are kept: whoever
// starts it hands these in, and each of them answers in a few milliseconds or gives way between pieces.
import type {
  Broker,
  Candle,
  ControlLine,
  DeploymentLine,
  Fill,
  Instrument,
  LimitLine,
  Order,
  OrderHistory,
  Portfolio,
  Position,
  Signal,
  Topic,
} from './contract.ts';
import type { LetterLine } from './letter-contract.ts';

export interface OrderFilter {
  /** Undefined: of every namespace. */
  readonly brokers: readonly string[] | undefined;
  readonly state: Order['status'] | undefined;
  readonly strategyId: string | undefined;
}

/** Where an order stands in the list; a later one is greater in this order of fields. */
export interface OrderKey {
  readonly submittedAt: string;
  readonly broker: string;
  readonly orderId: string;
}

/** A message as it was stored. */
export interface StoredMessage {
  readonly offset: number;
  readonly text: string;
  /** False when a stranger wrote what is no JSON. */
  readonly json: boolean;
}

export interface FoundMessage extends StoredMessage {
  readonly topic: string;
}

export interface FillFilter {
  readonly brokers: readonly string[];
  readonly strategyId: string | undefined;
}

export interface SignalFilter extends FillFilter {
  /** Undefined: whatever was decided. */
  readonly outcome: Signal['outcome'] | undefined;
}

/** Where a message lies; topics come in an order of their own. */
export interface MessageKey {
  readonly topic: string;
  readonly offset: number;
}

export interface Walk {
  readonly after: MessageKey | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
}

/** A part of a list that is found by reading; it may be short, or empty, and go on all the same. */
export interface Part<Item> {
  readonly items: readonly Item[];
  /** What was looked at last; undefined at the end. */
  readonly last: MessageKey | undefined;
}

export interface InstrumentCandles {
  readonly instrument_token: number;
  readonly symbol: string;
  /** Oldest first. */
  readonly items: readonly Candle[];
}

export interface Reading {
  /** Every namespace that is active or has books, by name. */
  brokers(): readonly Pick<Broker, 'broker' | 'kind' | 'mode'>[];
  portfolios(broker: string | undefined): readonly Portfolio[];
  positions(broker: string | undefined): readonly Position[];
  /** Up to `limit` orders behind `after`, in the order in which they were submitted. */
  orders(filter: OrderFilter, after: OrderKey | undefined, limit: number): Promise<readonly Order[]>;
  /** Undefined when there is no order of that id. */
  order(orderId: string): Promise<OrderHistory | undefined>;
  /** What may be sent: for every namespace its two widest scopes, and each part that is not active. */
  control(): readonly ControlLine[];
  fills(filter: FillFilter, walk: Walk): Promise<Part<Fill>>;
  signals(filter: SignalFilter, walk: Walk): Promise<Part<Signal>>;
  /** What has this id as its root. */
  correlated(brokers: readonly string[], correlationId: string, walk: Walk): Promise<Part<FoundMessage>>;
  topics(): readonly Topic[];
  /** The messages that could not be handled, of a topic with many the newest. */
  letters(): Promise<readonly LetterLine[]>;
  /** What is deployed, by the id of the strategy. */
  deployments(): Promise<readonly DeploymentLine[]>;
  /** The limits as they hold for each strategy that runs. */
  limits(): readonly LimitLine[];
  /** What is watched. */
  instruments(): Promise<readonly Instrument[]>;
  /** The newest candles of an instrument, by its symbol or token; undefined when there is no such one. */
  candles(name: string, limit: number): Promise<InstrumentCandles | undefined>;
  /** Up to `limit` messages from an offset on, fewer when they are large; none behind the end. */
  messages(topic: string, from: number, limit: number): readonly StoredMessage[];
  /** Calls `wake` whenever something has joined the log; returns what ends it. */
  subscribe(wake: () => void): () => void;
}
