// How a service sends: the full envelope around what it says, an id that a second run derives again, and a refusal in
// words of whatever does not belong on a topic.
import { isBrokerId, type BrokerId } from '#core/ids.ts';
import { formatInstant } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type EventLog } from '#ports/event-log.ts';
import { decodeEnvelope } from '#wire/decode.ts';
import { describe } from '#wire/describe.ts';
import { envelopeText, type Envelope } from '#wire/envelope.ts';
import { MARKET_TYPES, parseTopic, STREAMS } from '#wire/topics.ts';
import { type WireTypeName } from '#wire/versions.ts';
import { textOf } from './error-policy.ts';
import { ServiceError } from './service-error.ts';

export interface OutgoingMessage {
  readonly topic: string;
  /** Orders messages among themselves: `strategy_id:instrument_token` for signals. */
  readonly key: string;
  readonly type: string;
  /** The payload; decimals as text. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Names the message; a second one of the same id does nothing. Derived inside a handler, needed outside of one. */
  readonly id?: string;
}

export interface Producer {
  /** Writes a message; resolves to its id once it is durable. Rejects with a `ServiceError` what the topic cannot take. */
  send(message: OutgoingMessage): Promise<string>;
}

export interface ProducerOptions {
  readonly service: string;
  readonly brokers: readonly BrokerId[];
  readonly log: EventLog;
  readonly clock: Clock;
  readonly sent: () => void;
}

/** What sends are made for: one attempt at a message, the start of the service, or its life. */
export interface SendScope {
  /** The message being handled, and its broker; undefined outside of a handler. */
  readonly cause: Envelope | undefined;
  /** Topics that the handler said it sends to; undefined when it did not say. */
  readonly declared: readonly string[] | undefined;
  /** Why nothing may be sent, or no more; undefined while it may. */
  readonly closed: () => ServiceError | undefined;
  /** Whether somebody waits for everything that was sent, at the end. */
  readonly settles: boolean;
}

/** The sends of one scope, in order. */
export class ScopedProducer implements Producer {
  readonly #options: ProducerOptions;
  readonly #scope: SendScope;
  /** How many were sent to each broker: a namespace never moves another's ids. */
  readonly #counts = new Map<string, number>();
  /** The failure of each send; undefined for one that succeeded. */
  readonly #outcomes: Promise<{ readonly error: unknown } | undefined>[] = [];

  constructor(options: ProducerOptions, scope: SendScope) {
    this.#options = options;
    this.#scope = scope;
  }

  send(message: OutgoingMessage): Promise<string> {
    const sending = this.#send(message);
    if (this.#scope.settles)
      this.#outcomes.push(
        sending.then(
          () => undefined,
          (error: unknown) => ({ error }),
        ),
      );
    return sending;
  }

  /**
   * Resolves when everything sent is durable, whether its sender waited for it or not. Rejects with the first failure,
   * even of a send whose sender went on without it: what was to be written is then missing.
   */
  async settle(): Promise<void> {
    const failed = (await Promise.all(this.#outcomes)).find((outcome) => outcome !== undefined);
    if (failed !== undefined) throw failed.error;
  }

  async #send(message: OutgoingMessage): Promise<string> {
    const closed = this.#scope.closed();
    if (closed !== undefined) throw closed;
    checkShape(message);
    const broker = carrierOf(message, this.#options.brokers);
    this.#checkDeclared(message.topic);
    const id = message.id ?? this.#derive(broker);
    const value = this.#encode(message, broker, id);
    await this.#options.log.append([{ topic: message.topic, key: message.key, id, value }]);
    this.#options.sent();
    return id;
  }

  #checkDeclared(topic: string): void {
    const { declared } = this.#scope;
    if (declared === undefined || declared.includes(topic)) return;
    const expected = declared.length === 0 ? 'no topic' : declared.join(', ');
    throw new ServiceError(
      'NOT_DECLARED',
      `the handler said that it sends to ${expected}, found ${topic}; add it to sends`,
    );
  }

  /** The path of an id: the cause, this service, the broker and the index among that broker's messages. */
  #derive(broker: string): string {
    const { cause } = this.#scope;
    if (cause === undefined) {
      throw new ServiceError(
        'ID_REQUIRED',
        'expected an id, because this message follows from no other one, found none; give one that is the same ' +
          'whenever it is the same message, such as the number of a request',
      );
    }
    const index = this.#counts.get(broker) ?? 0;
    this.#counts.set(broker, index + 1);
    const { service } = this.#options;
    // Two namespaces may hold messages of the same id, and what crosses from each of them is not the same message.
    const crossing = isBrokerId(cause.broker) && cause.broker !== broker;
    const step = crossing ? `${service}.${cause.broker}.${broker}.${index}` : `${service}.${broker}.${index}`;
    return `${cause.id}/${step}`;
  }

  /** The envelope as text, proved readable: what a reader would refuse never leaves. */
  #encode(message: OutgoingMessage, broker: string, id: string): string {
    const { cause } = this.#scope;
    const { topic, key } = message;
    const at = this.#options.clock.now();
    const header = {
      id,
      type: message.type as WireTypeName,
      broker,
      key,
      source: this.#options.service,
      ts: cause?.ts ?? formatInstant(at),
      correlationId: cause?.correlation_id ?? id,
      causationId: cause?.id,
    };
    const value = textOfEnvelope(header, message);
    const read = decodeEnvelope(topic, value, { at, ttlMs: 0, offsetId: id });
    if (!read.ok) throw new ServiceError(read.error.code, `cannot send: ${read.error.message}`);
    return value;
  }
}

/** What a type says is checked once more: a service need not be compiled. */
function checkShape({ topic, key, id, data }: OutgoingMessage): void {
  const texts = Object.entries({ key, id: id ?? 'none' });
  const wrong = texts.find(([, text]) => typeof text !== 'string' || text === '');
  if (wrong !== undefined) {
    const [name, found] = wrong;
    const advice = name === 'key' ? ', such as strategy_id:instrument_token' : '';
    throw new ServiceError(
      'BAD_ENVELOPE',
      `cannot send to ${topic}: ${name}: expected text${advice}, found ${describe(found)}`,
    );
  }
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return;
  throw new ServiceError('INVALID_DATA', `cannot send to ${topic}: data: expected an object, found ${describe(data)}`);
}

function textOfEnvelope(header: Parameters<typeof envelopeText>[0], { topic, data }: OutgoingMessage): string {
  try {
    return envelopeText(header, JSON.stringify(data));
  } catch (error) {
    const message = `cannot send to ${topic}: expected data that JSON can say, found ${textOf(error)}; send plain values`;
    throw new ServiceError('INVALID_DATA', message, { cause: error });
  }
}

/** The broker in whose name a topic's messages are written; throws for a topic that does not take this message. */
function carrierOf({ topic, type }: OutgoingMessage, brokers: readonly BrokerId[]): string {
  const { broker, types } = writableTopic(topic, brokers);
  if (!types.includes(type)) {
    throw new ServiceError(
      'WRONG_TYPE',
      `${topic} carries ${types.join(' or ')}, found ${JSON.stringify(type)}; send it to its own topic`,
    );
  }
  return broker;
}

/** A topic that a service of these brokers may write to; throws for any other. */
export function writableTopic(
  topic: string,
  brokers: readonly BrokerId[],
): { readonly broker: string; readonly types: readonly string[] } {
  const parsed = knownTopic(topic, brokers);
  if (parsed.deadLetters) {
    throw new ServiceError(
      'DEAD_LETTER_TOPIC',
      `${topic} is written by consumers when a handler fails: throw an error instead`,
    );
  }
  if (parsed.scope === 'market') return { broker: 'market', types: MARKET_TYPES };
  return { broker: parsed.broker, types: STREAMS[parsed.stream].types };
}

/** A topic of these brokers taken apart; throws for any other. */
export function knownTopic(topic: string, brokers: readonly BrokerId[]): NonNullable<ReturnType<typeof parseTopic>> {
  const parsed = parseTopic(topic);
  if (parsed === undefined) {
    const example = `such as ${brokers[0] ?? 'paper'}.signals.raw or market.ticks`;
    throw new ServiceError(
      'UNKNOWN_TOPIC',
      `expected a topic of the platform, ${example}, found ${JSON.stringify(topic)}`,
    );
  }
  if (parsed.scope === 'broker' && !brokers.includes(parsed.broker)) {
    const active = brokers.length === 0 ? 'none' : brokers.join(', ');
    throw new ServiceError(
      'UNKNOWN_BROKER',
      `expected a topic of an active broker (${active}), found ${topic}; list ${parsed.broker} in ACTIVE_BROKERS`,
    );
  }
  return parsed;
}
