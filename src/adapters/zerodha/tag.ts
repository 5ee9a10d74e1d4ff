// The tag of an order: the only id that is a hash, because Kite takes twenty characters. It lets us find an order in the
// broker's book; Kite itself never looks at it.
import { createHash } from 'node:crypto';
import { dayNumber, dayOf, type EpochMs } from '#core/time.ts';
import { type EventId } from '#core/ids.ts';

/** Crockford's base 32: letters and digits that are not taken for each other. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const HASH_DIGITS = 15;
const DAY_DIGITS = 3;
const EPOCH = dayNumber(2020, 1, 1);
/** Our mark and the version of the format. */
const MARK = 'A';

/** The 20 characters: the mark, the deployment's letter, the trading day, and 75 bits of the order's id. */
export function tagOf(orderId: EventId, at: EpochMs, deployment: string): string {
  const day = dayOf(at) - EPOCH;
  return `${MARK}${deployment}${base32(BigInt(day), DAY_DIGITS)}${hashOf(orderId)}`;
}

/** The part of a tag that names the order, whatever its day. */
export function hashOf(orderId: EventId): string {
  const digest = createHash('sha256').update(orderId).digest('hex');
  return base32(BigInt(`0x${digest}`) & ((1n << 75n) - 1n), HASH_DIGITS);
}

/** The hash in a tag of this deployment; undefined for anybody else's. */
export function hashIn(tag: string | undefined, deployment: string): string | undefined {
  if (tag?.length !== 2 + DAY_DIGITS + HASH_DIGITS || !tag.startsWith(`${MARK}${deployment}`)) return undefined;
  return tag.slice(2 + DAY_DIGITS);
}

function base32(value: bigint, digits: number): string {
  let text = '';
  for (let k = 0, rest = value; k < digits; k++, rest >>= 5n) text = `${DIGITS[Number(rest & 31n)]}${text}`;
  return text;
}
