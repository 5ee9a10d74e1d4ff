// Events in compact binary frames, for the journal of a backtest: what every order goes through in columns of its own kind, and
// what is rare as the message that it is in the log. This file has what writer and reader must agree on.
import {
  type DomainEvent,
  type OrderType,
  type Product,
  type Purpose,
  type Side,
  type Validity,
} from '#core/events.ts';

/*
 * Layout, in bytes, all little-endian:
 *   0  magic 'APEV'   4  version u32   8  events u32   12  length of the frame u32   16  CRC-32 of what follows the header u32
 *  20  the events one after the other: kind u8, then by kind
 *
 * A text is its length doubled, plus 1 when its units need 16 bits, as u32, then its UTF-16 units of 8 or 16 bits. A named
 * text is its number in the frame as u16; a number that has not been seen is followed by the text.
 * A trace is its steps from the last to the first (letter u8 from 1 on, plus `OTHER_BROKER` when a named broker follows; index u8,
 * or `LONG_INDEX` and a named text), then its root: `ROOT_TICK`, named source and sequence f64, or `ROOT_KNOWN` and three texts.
 * An id is how many steps above the event's own the trace has it, u8; or `OTHER_ID` and a text.
 */
export const MAGIC = 0x5645_5041;
export const VERSION = 1;
export const HEADER_BYTES = 20;

/** The kinds, by their number. */
export const KINDS = [
  'message',
  'trading_signal',
  'validated_signal',
  'order_submitted',
  'order_placed',
  'order_filled',
  'rejected_signal',
] as const satisfies readonly ('message' | DomainEvent['type'])[];
export const KIND = {
  message: 0,
  trading_signal: 1,
  validated_signal: 2,
  order_submitted: 3,
  order_placed: 4,
  order_filled: 5,
  rejected_signal: 6,
} as const;

export const SIDES: readonly Side[] = ['BUY', 'SELL'];
export const ORDER_TYPES: readonly OrderType[] = ['market', 'limit', 'stop', 'stop_limit'];
export const VALIDITIES: readonly Validity[] = ['DAY', 'IOC'];
export const PRODUCTS: readonly Product[] = ['CNC', 'MIS', 'NRML'];
export const PURPOSES: readonly Purpose[] = ['trade', 'bracket', 'square_off', 'exit_again', 'flatten'];

/** Terms are packed into one word: first the choices, each from its bit on, then what is there besides. */
export const ORDER_TYPE_BIT = 1;
export const VALIDITY_BIT = 3;
export const PRODUCT_BIT = 4;
export const PURPOSE_BIT = 6;
export const HAS_LIMIT = 1 << 9;
export const HAS_TRIGGER = 1 << 10;
export const HAS_PRICE = 1 << 11;
export const HAS_BRACKET = 1 << 12;
export const HAS_CONFIDENCE = 1 << 13;
export const HAS_METADATA = 1 << 14;
/** All of the metadata is numbers. */
export const HAS_NUMBERS = 1 << 15;
export const HAS_SLICE = 1 << 16;
export const IS_QUEUED = 1 << 17;

/** Whether what is nested in an event is written, or is the one of its kind that was written last. */
export const AS_BEFORE = 0;
export const WRITTEN = 1;

export const ROOT_TICK = 0;
export const ROOT_KNOWN = 0x40;
export const OTHER_BROKER = 0x80;
export const LONG_INDEX = 0xff;
export const OTHER_ID = 0xff;
export const STEPS_MAX = 0x3f;
/** Names that a frame can give numbers to; what comes later has this number, and is written out. */
export const NAMES_MAX = 0xffff;

/** A frame cannot be read; the message says what was expected, what was found and what to do. */
export class EventFrameError extends Error {
  override readonly name = 'EventFrameError';
}
