// Reads the messages of `market.ticks` back into numbers. By hand, without schemas, because a process whose feed is the log
// reads every tick of the market; what is not exactly a tick is left to whoever counts it.
import { parseDecimal } from '#core/decimal.ts';
import { DEPTH_LEVELS, DEPTH_WIDTH, NO_VOLUME } from '#core/market/tick.ts';
import { parseInstant } from '#core/time.ts';

export interface ReadTick {
  readonly token: number;
  /** What names the tick: its source, and its number there. */
  readonly source: string;
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly time: number;
  /** In 1/10,000 rupee. */
  readonly price: number;
  /** `NO_VOLUME` when the tick has none. */
  readonly volume: number;
  /** `DEPTH_WIDTH` numbers, as a batch holds them; undefined when the tick has none. */
  readonly depth: readonly number[] | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The tick of a message; undefined when it is another type of message, or no tick as the platform writes them. */
export function readTick(value: string): ReadTick | undefined {
  const envelope = fieldsOf(parsed(value));
  const data = fieldsOf(envelope?.['data']);
  if (envelope?.['type'] !== 'market_tick' || data === undefined) return undefined;
  const { id } = envelope;
  const { instrument_token: token, timestamp, last_price: priceText, volume_traded: volume = NO_VOLUME } = data;
  const colon = typeof id === 'string' ? id.lastIndexOf(':') : -1;
  if (typeof id !== 'string' || colon === -1) return undefined;
  const sequence = Number(id.slice(colon + 1));
  const time = typeof timestamp === 'string' ? parseInstant(timestamp) : undefined;
  const price = typeof priceText === 'string' ? parseDecimal(priceText) : undefined;
  if (time === undefined || price === undefined || !isCount(token) || !isCount(sequence)) return undefined;
  if (volume !== NO_VOLUME && !isCount(volume)) return undefined;
  const depth = data['depth'] === undefined ? undefined : depthOf(fieldsOf(data['depth']));
  if (data['depth'] !== undefined && depth === undefined) return undefined;
  return { token, source: id.slice(0, colon), sequence, time, price, volume, depth };
}

function depthOf(depth: Fields | undefined): readonly number[] | undefined {
  const levels = [depth?.['buy'], depth?.['sell']].flatMap((side): readonly unknown[] =>
    Array.isArray(side) && side.length === DEPTH_LEVELS ? side : [],
  );
  const numbers = levels.flatMap((level) => {
    const { price, quantity, orders } = fieldsOf(level) ?? {};
    return [typeof price === 'string' ? parseDecimal(price) : undefined, quantity, orders];
  });
  return numbers.length === DEPTH_WIDTH && numbers.every((number) => isCount(number)) ? numbers : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A stranger's text.
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
