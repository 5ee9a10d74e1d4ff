// The binary layouts of the ticker: big-endian, prices as integers in a unit that depends on the segment, which is the
// token's low byte. Written from the byte table of the protocol; whoever reads frames has code of their own.
import { DEPTH_LEVELS } from '#core/market/tick.ts';
import { SECOND_MS } from '#core/time.ts';
import { INDEX_SEGMENT } from '../catalogue.ts';
import { totalQuantity, type Level, type Quote } from '../exchange/market.ts';
import { averageTraded } from '../rest/quotes.ts';

export type Mode = 'ltp' | 'quote' | 'full';

const LENGTHS = { ltp: 8, quote: 44, full: 184, indexQuote: 28, indexFull: 32 } as const;
const DEPTH_AT = 64;
const LEVEL_BYTES = 12;
const CURRENCY_SEGMENT = 3;
const BSE_CURRENCY_SEGMENT = 6;
/** As many packets as one frame carries here. */
const PACKETS_MAX = 3_000;
const UINT32 = 0x1_0000_0000;

/** One byte says that the connection lives. */
export const HEARTBEAT = Buffer.from([0]);

export function packet(quote: Quote, mode: Mode): Buffer {
  const { token } = quote.contract.instrument;
  const isIndex = (token & 0xff) === INDEX_SEGMENT;
  if (mode === 'ltp') return header(quote, LENGTHS.ltp);
  if (isIndex) return indexPacket(quote, mode);
  return mode === 'quote' ? quotePacket(quote, LENGTHS.quote) : fullPacket(quote);
}

/** Packets as frames: a count, then each with its length before it. */
export function frames(packets: readonly Buffer[]): readonly Buffer[] {
  const result: Buffer[] = [];
  for (let from = 0; from < packets.length; from += PACKETS_MAX)
    result.push(frame(packets.slice(from, from + PACKETS_MAX)));
  return result;
}

export function frame(packets: readonly Buffer[]): Buffer {
  const parts = [uint16(packets.length)];
  for (const each of packets) parts.push(uint16(each.length), each);
  return Buffer.concat(parts);
}

/** Units of 1/10,000 rupee as the integer that the wire carries for this token. */
export function wirePrice(units: number, token: number): number {
  const segment = token & 0xff;
  if (segment === CURRENCY_SEGMENT) return units * 1_000;
  if (segment === BSE_CURRENCY_SEGMENT) return units;
  return Math.round(units / 100);
}

function header(quote: Quote, length: number): Buffer {
  const { token } = quote.contract.instrument;
  const bytes = Buffer.alloc(length);
  put(bytes, 0, token);
  put(bytes, 4, wirePrice(quote.last, token));
  return bytes;
}

/** An index has its high first, a share its open. */
function indexPacket(quote: Quote, mode: 'quote' | 'full'): Buffer {
  const { token } = quote.contract.instrument;
  const bytes = header(quote, mode === 'quote' ? LENGTHS.indexQuote : LENGTHS.indexFull);
  const prices = [quote.high, quote.low, quote.open, quote.close, quote.last - quote.close];
  for (const [k, price] of prices.entries()) put(bytes, 8 + k * 4, wirePrice(price, token));
  if (mode === 'full') put(bytes, 28, seconds(quote));
  return bytes;
}

function quotePacket(quote: Quote, length: number): Buffer {
  const { token } = quote.contract.instrument;
  const bytes = header(quote, length);
  put(bytes, 8, quote.lastQuantity);
  put(bytes, 12, wirePrice(averageTraded(quote), token));
  put(bytes, 16, quote.volume);
  put(bytes, 20, totalQuantity(quote.bids));
  put(bytes, 24, totalQuantity(quote.offers));
  const prices = [quote.open, quote.high, quote.low, quote.close];
  for (const [k, price] of prices.entries()) put(bytes, 28 + k * 4, wirePrice(price, token));
  return bytes;
}

function fullPacket(quote: Quote): Buffer {
  const { token } = quote.contract.instrument;
  const bytes = quotePacket(quote, LENGTHS.full);
  put(bytes, 44, seconds(quote));
  put(bytes, 60, seconds(quote));
  for (let level = 0; level < DEPTH_LEVELS; level++) {
    putLevel(bytes, DEPTH_AT + level * LEVEL_BYTES, quote.bids[level], token);
    putLevel(bytes, DEPTH_AT + (DEPTH_LEVELS + level) * LEVEL_BYTES, quote.offers[level], token);
  }
  return bytes;
}

function putLevel(bytes: Buffer, at: number, level: Level | undefined, token: number): void {
  if (level === undefined) return;
  put(bytes, at, level.quantity);
  put(bytes, at + 4, wirePrice(level.price, token));
  bytes.writeUInt16BE(Math.min(level.orders, 0xffff), at + 8);
}

/** A 32-bit integer; one below zero as its two's complement, and the low bits of one that does not fit. */
function put(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(((value % UINT32) + UINT32) % UINT32, at);
}

function seconds({ time }: Quote): number {
  return Math.floor(time / SECOND_MS);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
