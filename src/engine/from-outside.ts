// What a message from outside must be before the platform looks at its books. Apart from the intake, so that whoever sends
// a message again can ask first whether it would come back.
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { type FailureKind } from '#wire/dead-letter.ts';
import { decodeMessage, type DecodeDefaults } from '#wire/decode.ts';
import { parseTopic } from '#wire/topics.ts';

/** Whose dead letters are about messages that the platform has not taken. */
export const INTAKE = 'intake';

/** What an outside message may be: anything else would bypass the gate or invent a fact. */
const FROM_OUTSIDE: ReadonlySet<DomainEvent['type']> = new Set([
  'trading_signal',
  'ledger_adjusted',
  'corporate_action',
  'control_changed',
  'external_position',
]);

/** Why a message is not applied; poison unless it is said. */
export interface Cause {
  readonly code: string;
  readonly message: string;
  readonly kind?: FailureKind;
}

export type FromOutside =
  | { readonly ok: true; readonly event: DomainEvent }
  /** `namespace`: whose topic it joins all the same; undefined when there is no such topic. */
  | { readonly ok: false; readonly cause: Cause; readonly namespace: BrokerId | undefined };

/** The event of a message, or why it is refused whatever the books say. */
export function readFromOutside(
  topic: string,
  value: string,
  defaults: DecodeDefaults,
  isActive: (broker: BrokerId) => boolean,
): FromOutside {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.scope === 'market' || parsed.deadLetters) {
    const message = `expected a topic of an active broker namespace, found ${topic}`;
    return { ok: false, cause: { code: 'UNKNOWN_TOPIC', message }, namespace: undefined };
  }
  const { broker } = parsed;
  const refused = (cause: Cause): FromOutside => ({ ok: false, cause, namespace: broker });
  const decoded = decodeMessage(topic, value, defaults);
  if (!decoded.ok) return refused(decoded.error);
  const event = decoded.value;
  if (!isActive(broker)) {
    const message = `expected one of the active brokers, found ${broker}; list it in ACTIVE_BROKERS`;
    return refused({ code: 'UNKNOWN_BROKER', message, kind: 'business' });
  }
  if (FROM_OUTSIDE.has(event.type)) return { ok: true, event };
  const message = `${event.type} is decided by the platform alone; send a trading_signal to ${broker}.signals.raw`;
  return refused({ code: 'NOT_FROM_OUTSIDE', message });
}
