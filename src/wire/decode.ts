// Reads messages from the log, whoever wrote them. Total: whatever the text, the answer is an event or an error that says
// what was expected, what was found and what to do.
import { type DomainEvent } from '#core/events.ts';
import { knownTrace, type BrokerId, type EventId, type Trace } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { formatInstant, parseInstant, type EpochMs } from '#core/time.ts';
import { describe } from './describe.ts';
import { type Envelope } from './envelope.ts';
import { type WireErrorCode } from './error-codes.ts';
import { readJson, type JsonLimits } from './json-guard.ts';
import { schemaOf } from './schemas/catalogue.ts';
import { ID_EXPECTED, isId } from './schemas/fields.ts';
import { upcast, type WireType } from './schemas/wire-type.ts';
import { DEAD_LETTER_TYPES, MARKET_TYPES, parseTopic, STREAMS } from './topics.ts';

export interface DecodeError {
  readonly code: WireErrorCode;
  readonly message: string;
  /** Reading it again gives the same error. */
  readonly poison: true;
}

/** What the reader supplies where a message may be silent. */
export interface DecodeDefaults {
  /** When the message was taken, on the time of the inputs. */
  readonly at: EpochMs;
  /** Default life of a signal on this namespace. */
  readonly ttlMs: number;
  /** Names a message without an id: topic, partition and offset. */
  readonly offsetId: string;
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DecodeError };

const LIMITS: JsonLimits = { bytesMax: 65_536, levelsMax: 32 };
/** What wraps a signal must have room for the largest signal, however its numbers are written out. */
const WRAPPER_LIMITS: JsonLimits = { bytesMax: 8 * 65_536, levelsMax: 34 };
/** A dead letter holds a message that may itself have been too large. */
const DEAD_LETTER_LIMITS: JsonLimits = { bytesMax: Number.MAX_SAFE_INTEGER, levelsMax: 32 };

const WRAPPERS: ReadonlySet<string> = new Set(['signals.validated', 'signals.rejected', 'signals.expired']);

/** What a topic may hold. */
interface Carrier {
  readonly broker: string;
  readonly types: readonly string[];
  readonly limits: JsonLimits;
}

/** The event of a message on one of the topics of a namespace. */
export function decodeMessage(topic: string, value: string, defaults: DecodeDefaults): Decoded<DomainEvent> {
  const read = readMessage(topic, value, defaults);
  if (!read.ok) return read;
  const { envelope, event } = read.value;
  if (event !== undefined) return { ok: true, value: event };
  return refuse(
    'NOT_AN_EVENT',
    `${topic}: expected an event that a stage applies, found ${envelope.type}; read it as a message`,
  );
}

/**
 * The envelope of a message on any topic, its data checked and in the words of the current version. What the writer left
 * out is filled in from the defaults.
 */
export function decodeEnvelope(topic: string, value: string, defaults: DecodeDefaults): Decoded<Envelope> {
  const read = readMessage(topic, value, defaults);
  return read.ok ? { ok: true, value: read.value.envelope } : read;
}

interface Message {
  readonly envelope: Envelope;
  readonly event: DomainEvent | undefined;
}

function readMessage(topic: string, value: string, defaults: DecodeDefaults): Decoded<Message> {
  const carrier = carrierOf(topic);
  if (carrier === undefined) {
    const example = 'such as paper.signals.raw';
    return refuse(
      'UNKNOWN_TOPIC',
      `expected a topic of the platform, ${example}, found ${describe(topic)}; correct the name`,
    );
  }
  const json = readJson(value, carrier.limits);
  if (!json.ok) return refuse(json.code, `${topic}: ${json.message}`);
  const found = findEnvelope(topic, carrier, json.value);
  if (!found.ok) return found;
  const { fields, type } = found.value;
  const read = readEnvelope(topic, fields, type, defaults);
  if (!read.ok) return read;
  const { envelope, trace } = read.value;
  const stray = strayBroker(carrier, envelope.data);
  if (stray !== undefined) return brokerMismatch(topic, carrier, stray);
  const about = { broker: carrier.broker as BrokerId, trace, at: defaults.at, ttlMs: defaults.ttlMs };
  const data = type.read(envelope.data, about);
  if (data.ok) return { ok: true, value: { envelope, event: data.event } };
  return refuse(
    'INVALID_DATA',
    `${topic}: ${envelope.type}: ${data.problem}; correct the field and send the message again`,
  );
}

function carrierOf(topic: string): Carrier | undefined {
  const parsed = parseTopic(topic);
  if (parsed === undefined) return undefined;
  if (parsed.deadLetters) return { broker: 'system', types: DEAD_LETTER_TYPES, limits: DEAD_LETTER_LIMITS };
  if (parsed.scope === 'market') return { broker: 'market', types: MARKET_TYPES, limits: LIMITS };
  const limits = WRAPPERS.has(parsed.stream) ? WRAPPER_LIMITS : LIMITS;
  return { broker: parsed.broker, types: STREAMS[parsed.stream].types, limits };
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of an envelope whose broker, type and version belong on the topic. The broker comes first: it halts. */
function findEnvelope(topic: string, carrier: Carrier, value: unknown): Decoded<{ fields: Fields; type: WireType }> {
  if (!isFields(value) || !('data' in value)) {
    const found = isFields(value) ? 'an object without data' : describe(value);
    const advice = `put the payload into data, for example ${exampleFor(carrier)}`;
    return refuse('NO_ENVELOPE', `${topic}: expected an envelope, found ${found}; ${advice}`);
  }
  const { broker, type, version } = value;
  if (typeof broker !== 'string')
    return badField(topic, 'broker', `the text ${JSON.stringify(carrier.broker)}`, broker);
  if (broker !== carrier.broker) return brokerMismatch(topic, carrier, broker);
  if (typeof type !== 'string') return badField(topic, 'type', carrier.types.join(' or '), type);
  if (!carrier.types.includes(type)) {
    const found = describe(type);
    return refuse(
      'WRONG_TYPE',
      `${topic}: expected ${carrier.types.join(' or ')}, found ${found}; send it to its own topic`,
    );
  }
  const known = schemaOf(type);
  invariant(known !== undefined, `${topic} carries ${type}, which has no schema`);
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    return badField(topic, 'version', `a whole number from 1 to ${known.version}`, version);
  }
  if ((version as number) > known.version) {
    const words = `${topic}: expected ${type} of version ${known.version} or earlier, found ${describe(version)}`;
    return refuse('FUTURE_VERSION', `${words}; update the platform, or send the earlier version`);
  }
  if (!isFields(value['data'])) return badField(topic, 'data', 'an object', value['data']);
  return { ok: true, value: { fields: value, type: known } };
}

const OPTIONAL_IDS = ['id', 'correlation_id', 'causation_id', 'source'] as const;

function readEnvelope(
  topic: string,
  fields: Fields,
  type: WireType,
  defaults: DecodeDefaults,
): Decoded<{ envelope: Envelope; trace: Trace }> {
  for (const name of OPTIONAL_IDS) {
    const given = fields[name];
    if (given != null && !isId(given)) return badField(topic, name, ID_EXPECTED, given);
  }
  const key = fields['key'] ?? '';
  if (typeof key !== 'string') return badField(topic, 'key', 'text', key);
  const ts = fields['ts'] ?? formatInstant(defaults.at);
  if (typeof ts !== 'string' || parseInstant(ts) === undefined) {
    return badField(topic, 'ts', 'an instant with its zone, such as "2021-06-11T03:45:00.000Z"', ts);
  }
  const given = fields as Readonly<Record<(typeof OPTIONAL_IDS)[number], EventId | null | undefined>>;
  const id = given.id ?? (defaults.offsetId as EventId);
  const trace = knownTrace(id, given.correlation_id ?? id, given.causation_id ?? undefined);
  const { correlationId, causationId = null } = trace;
  const envelope: Envelope = {
    id,
    type: fields['type'] as string,
    version: type.version,
    broker: fields['broker'] as string,
    key,
    source: given.source ?? 'outside',
    ts,
    correlation_id: correlationId,
    causation_id: causationId,
    trace_id: correlationId,
    parent_trace_id: causationId,
    data: upcast(type, fields['version'] as number, fields['data']),
  };
  return { ok: true, value: { envelope, trace } };
}

/** A broker that the data names although it is not the topic's; undefined when there is none. */
function strayBroker(carrier: Carrier, data: unknown): unknown {
  if (!isFields(data)) return undefined;
  return [data['broker'], data['execution_mode']].find((named) => named != null && named !== carrier.broker);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SIGNAL_EXAMPLE = '{"strategy_id":"my_strategy","instrument_token":738561,"signal_type":"BUY","quantity":1}';

/** A smallest message that the topic would take. */
function exampleFor({ broker, types: [type = ''] }: Carrier): string {
  const data = type === 'trading_signal' ? SIGNAL_EXAMPLE : '{…}';
  return `{"type":"${type}","version":1,"broker":"${broker}","data":${data}}`;
}

function brokerMismatch(topic: string, carrier: Carrier, found: unknown): Decoded<never> {
  const words = `${topic}: expected the broker ${carrier.broker}, found ${describe(found)}`;
  return refuse('BROKER_MISMATCH', `${words}; find out who wrote it before the namespace goes on`);
}

function badField(topic: string, name: string, expected: string, found: unknown): Decoded<never> {
  const words = `${topic}: ${name}: expected ${expected}, found ${describe(found)}`;
  return refuse('BAD_ENVELOPE', `${words}; correct the field and send the message again`);
}

function refuse(code: WireErrorCode, message: string): Decoded<never> {
  return { ok: false, error: { code, message, poison: true } };
}
