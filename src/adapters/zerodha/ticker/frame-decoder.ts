// Kite's binary frames, big-endian: packets of fixed lengths, from which price, volume, time and depth are read without an
// allocation a packet. A frame is taken whole or not at all, and what is not taken is counted by its reason.
import { DEPTH_LEVELS, DEPTH_WIDTH, NO_VOLUME } from '#core/market/tick.ts';
import { SECOND_MS } from '#core/time.ts';

/** Who takes the packets of a frame; `depth` is a record that the next packet writes over. */
export interface PacketSink {
  /**
   * @param instrument index of the instrument
   * @param price last price in 1/10,000 rupee, above 0
   * @param volume of the day, or `NO_VOLUME` when the mode has none
   * @param time of the exchange in epoch milliseconds, a whole second; 0 when the packet has none
   * @param depth as `TickBatch` holds it; undefined when the mode has none
   */
  packet(instrument: number, price: number, volume: number, time: number, depth: Int32Array | undefined): void;
}

/** Why something was not taken: a frame that breaks the layout, or a packet in a frame that does not. */
export type Refusal = 'malformed_frame' | 'unknown_packet' | 'unknown_instrument' | 'bad_price';

const LTP = 8;
const INDEX_QUOTE = 28;
const INDEX_FULL = 32;
const QUOTE = 44;
const FULL = 184;
const VOLUME_AT = 16;
const INDEX_TIME_AT = 28;
const TIME_AT = 60;
const DEPTH_AT = 64;
const LEVEL_BYTES = 12;
const INT32_MAX = 0x7fff_ffff;

/** The segment is the token's low byte; two of them have prices in units of their own (reference 9). */
const CURRENCY_SEGMENT = 3;
const BSE_CURRENCY_SEGMENT = 6;
const UNITS_PER_PAISA = 100;
const CURRENCY_PER_UNIT = 1_000;

export class FrameDecoder {
  readonly refused: Record<Refusal, number> = {
    malformed_frame: 0,
    unknown_packet: 0,
    unknown_instrument: 0,
    bad_price: 0,
  };
  readonly #indexOf: ReadonlyMap<number, number>;
  readonly #depth = new Int32Array(DEPTH_WIDTH);

  /** @param indexOf index of each instrument that was subscribed to, by its token */
  constructor(indexOf: ReadonlyMap<number, number>) {
    this.#indexOf = indexOf;
  }

  /** Hands the packets of a frame to `sink`. A heartbeat has none. Never throws. */
  decode(frame: Uint8Array, sink: PacketSink): void {
    if (frame.byteLength === 1) return;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    if (!isWhole(view)) {
      this.refused.malformed_frame++;
      return;
    }
    for (let at = 2; at < view.byteLength;) {
      const length = view.getUint16(at);
      this.#packet(view, at + 2, length, sink);
      at += 2 + length;
    }
  }

  #packet(view: DataView, at: number, length: number, sink: PacketSink): void {
    if (length !== LTP && length !== QUOTE && length !== FULL && length !== INDEX_QUOTE && length !== INDEX_FULL) {
      this.refused.unknown_packet++;
      return;
    }
    const token = view.getUint32(at);
    const instrument = this.#indexOf.get(token);
    if (instrument === undefined) {
      this.refused.unknown_instrument++;
      return;
    }
    const segment = token & 0xff;
    const price = unitsOf(view.getInt32(at + 4), segment);
    if (price <= 0) {
      this.refused.bad_price++;
      return;
    }
    const volume = length === QUOTE || length === FULL ? view.getUint32(at + VOLUME_AT) : NO_VOLUME;
    const timeAt = length === FULL ? TIME_AT : length === INDEX_FULL ? INDEX_TIME_AT : 0;
    const time = timeAt === 0 ? 0 : view.getUint32(at + timeAt) * SECOND_MS;
    sink.packet(instrument, price, volume, time, length === FULL ? this.#readDepth(view, at, segment) : undefined);
  }

  /** A level whose price is no whole unit counts as empty. */
  #readDepth(view: DataView, packetAt: number, segment: number): Int32Array {
    const depth = this.#depth;
    for (let level = 0; level < DEPTH_LEVELS * 2; level++) {
      const at = packetAt + DEPTH_AT + level * LEVEL_BYTES;
      const price = unitsOf(view.getInt32(at + 4), segment);
      const isLevel = price > 0;
      depth[level * 3] = isLevel ? Math.min(price, INT32_MAX) : 0;
      depth[level * 3 + 1] = isLevel ? Math.min(view.getUint32(at), INT32_MAX) : 0;
      depth[level * 3 + 2] = isLevel ? view.getUint16(at + 8) : 0;
    }
    return depth;
  }
}

/** A count, and then as many packets as it says, each with its length before it, up to the last byte. */
function isWhole(view: DataView): boolean {
  if (view.byteLength < 2) return false;
  const count = view.getUint16(0);
  const end = view.byteLength;
  let at = 2;
  for (let k = 0; k < count; k++) {
    if (at + 2 > end) return false;
    at += 2 + view.getUint16(at);
  }
  return at === end;
}

/** A price of the wire in 1/10,000 rupee; 0 when it is no whole number of them. */
function unitsOf(wire: number, segment: number): number {
  if (segment === CURRENCY_SEGMENT) return wire % CURRENCY_PER_UNIT === 0 ? wire / CURRENCY_PER_UNIT : 0;
  return segment === BSE_CURRENCY_SEGMENT ? wire : wire * UNITS_PER_PAISA;
}
