// What a strategy may want: an order, a position, the cancelling or the changing of an order. Strategies may come from a
// user's folder, where no compiler has seen them, so what they want is checked here before anything is said of it.
import { type Price } from '../decimal.ts';
import { type OrderType, type Product, type Side, type Validity } from '../events.ts';
import { DAY_MS, parseClock, type EpochMs } from '../time.ts';

interface Explained {
  /** 0 to 1. */
  readonly confidence?: number;
  /** A few words or numbers for the person who asks why: at most 32, texts of at most 256 characters. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>;
}

/** How the engine ends the position that the order opens: the first of these that happens does it. */
export interface WantedBracket {
  /** Takes the profit at this limit. */
  readonly target?: Price;
  /** Ends the loss when the market reaches this trigger. */
  readonly stop?: Price;
  /** Keeps the stop at this distance from the best price since the entry. */
  readonly trail?: Price;
  /** Ends the position at this instant, or at this clock time of the day, such as `15:10`. */
  readonly exitAt?: EpochMs | string;
}

interface Opening extends Explained {
  /** Default `CNC`, which cannot be sold short. */
  readonly product?: Product;
  readonly bracket?: WantedBracket;
  /** After so long the signal is too old; the namespace's own time when it is not said. */
  readonly ttlMs?: number;
}

/** An order. */
export interface WantedOrder extends Opening {
  readonly side: Side;
  /** Whole units, more than zero. */
  readonly quantity: number;
  /** Default `market`. */
  readonly orderType?: OrderType;
  /** Of a `limit` and a `stop_limit` order. */
  readonly limitPrice?: Price;
  /** Of a `stop` and a `stop_limit` order. */
  readonly triggerPrice?: Price;
  /** Default `DAY`. */
  readonly validity?: Validity;
}

/** A position: what is missing, after own orders at work, becomes a market order. */
export interface WantedTarget extends Opening {
  /** Whole units to hold; negative is short, which delivery takes as zero. */
  readonly target: number;
}

export interface WantedCancel {
  /** Id of an own order, from `own.orders`. */
  readonly cancel: string;
}

/** New terms of an own order; what is not named stays. */
export interface WantedModify {
  readonly modify: string;
  /** The new total, what is filled already included. */
  readonly quantity?: number;
  readonly limitPrice?: Price;
  readonly triggerPrice?: Price;
}

export type Wanted = WantedOrder | WantedTarget | WantedCancel | WantedModify;

/** What a strategy returns: nothing, one wish or several, which are taken in their order. */
export type Wants = Wanted | readonly Wanted[] | undefined;

const NEEDS: Readonly<Record<OrderType, { readonly limit: boolean; readonly trigger: boolean }>> = {
  market: { limit: false, trigger: false },
  limit: { limit: true, trigger: false },
  stop: { limit: false, trigger: true },
  stop_limit: { limit: true, trigger: true },
};

/** Throws a sentence when the wish makes no sense. */
export function checkWanted(wanted: Wanted): void {
  if (typeof wanted !== 'object' || wanted === null) {
    throw new Error(`wants ${String(wanted)}: a wish is an order, a target, a cancel or a modify`);
  }
  if ('cancel' in wanted) return checkId(wanted.cancel);
  if ('modify' in wanted) return checkModify(wanted);
  if ('target' in wanted) checkTarget(wanted);
  else checkOrder(wanted);
  checkOpening(wanted);
}

function checkOrder(wanted: WantedOrder): void {
  const { side, quantity, orderType = 'market', validity, limitPrice, triggerPrice, bracket } = wanted;
  if (!isSide(side) || !Number.isSafeInteger(quantity) || quantity <= 0) {
    throw new Error(`wants to ${side} ${quantity}: a signal needs BUY or SELL and a whole quantity above zero`);
  }
  if (!Object.hasOwn(NEEDS, orderType)) {
    throw new Error(`wants a ${orderType as string} order: an order is of the type ${Object.keys(NEEDS).join(', ')}`);
  }
  const needs = NEEDS[orderType];
  if (needs.limit !== (limitPrice !== undefined)) {
    throw new Error(`wants a ${orderType} order ${limitPrice === undefined ? 'without' : 'with'} a limit price`);
  }
  if (needs.trigger !== (triggerPrice !== undefined)) {
    throw new Error(`wants a ${orderType} order ${triggerPrice === undefined ? 'without' : 'with'} a trigger price`);
  }
  checkPrice('limit price', limitPrice);
  checkPrice('trigger price', triggerPrice);
  if (validity !== undefined && validity !== 'DAY' && validity !== 'IOC') {
    throw new Error(`wants the validity ${String(validity)}: it is DAY or IOC`);
  }
  if (bracket !== undefined) checkLegs(bracket, side, limitPrice ?? triggerPrice);
}

function checkTarget({ target, bracket }: WantedTarget): void {
  if (!Number.isSafeInteger(target)) throw new Error(`wants to hold ${target}: a target is a whole number of units`);
  if (bracket !== undefined) checkLegs(bracket, target < 0 ? 'SELL' : 'BUY', undefined);
}

function checkOpening({ product, ttlMs, confidence, metadata }: Opening): void {
  if (product !== undefined && product !== 'CNC' && product !== 'MIS' && product !== 'NRML') {
    throw new Error(`wants the product ${String(product)}: it is CNC, MIS or NRML`);
  }
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0 && ttlMs <= DAY_MS)) {
    throw new Error(`wants a life of ${ttlMs} ms: it is a whole number from 1 to ${DAY_MS}`);
  }
  if (confidence !== undefined && !(typeof confidence === 'number' && confidence >= 0 && confidence <= 1)) {
    throw new Error(`gives the confidence ${confidence}: it is a number from 0 to 1`);
  }
  if (metadata !== undefined) checkMetadata(metadata);
}

/** The legs of a long position lie above and below its entry, those of a short one the other way round. */
function checkLegs({ target, stop, trail, exitAt }: WantedBracket, side: Side, entry: Price | undefined): void {
  if (target === undefined && stop === undefined && trail === undefined && exitAt === undefined) {
    throw new Error('wants a bracket of nothing: it needs a target, a stop, a trail or a time to exit');
  }
  checkPrice('target', target);
  checkPrice('stop', stop);
  checkPrice('trail', trail);
  const rising = side === 'BUY' ? [stop, entry, target] : [target, entry, stop];
  const [low, middle, high] = rising;
  const fits = below(low, middle) && below(middle, high) && below(low, high);
  if (!fits) {
    const legs = `a target of ${target} and a stop of ${stop} around ${entry ?? 'the market'}`;
    throw new Error(
      `wants to ${side} with ${legs}: a position's target lies on its winning side, its stop on the other`,
    );
  }
  if (typeof exitAt === 'string' ? parseClock(exitAt) === undefined : exitAt !== undefined && !isInstant(exitAt)) {
    throw new Error(`wants to exit at ${exitAt}: it is an instant in milliseconds or a clock time such as 15:10`);
  }
}

function checkModify({ modify, quantity, limitPrice, triggerPrice }: WantedModify): void {
  checkId(modify);
  if (quantity === undefined && limitPrice === undefined && triggerPrice === undefined) {
    throw new Error(`wants to modify ${modify} without a new quantity, limit price or trigger price`);
  }
  if (quantity !== undefined && !(Number.isSafeInteger(quantity) && quantity > 0)) {
    throw new Error(`wants to modify ${modify} to ${quantity} units: a quantity is whole and above zero`);
  }
  checkPrice('limit price', limitPrice);
  checkPrice('trigger price', triggerPrice);
}

function checkId(id: string): void {
  if (typeof id !== 'string' || id === '') throw new Error(`names the order ${id as string}: an order has an id`);
}

function checkPrice(name: string, price: Price | undefined): void {
  if (price !== undefined && !(Number.isSafeInteger(price) && price > 0)) {
    throw new Error(`wants a ${name} of ${price}: it is a whole number of 1/10000 rupee above zero`);
  }
}

const METADATA_MAX = 32;
const METADATA_TEXT_MAX = 256;

/** What a strategy says besides must be writable by anybody, and short. */
function checkMetadata(metadata: Readonly<Record<string, unknown>>): void {
  let count = 0;
  for (const name in metadata) {
    const value = metadata[name];
    const short = typeof value === 'string' ? value.length <= METADATA_TEXT_MAX : Number.isFinite(value);
    if (++count > METADATA_MAX || !(short || typeof value === 'boolean' || value === null)) {
      throw new Error(
        `gives metadata that cannot be written: ${name} must be one of at most ${METADATA_MAX} numbers, booleans and ` +
          `texts of at most ${METADATA_TEXT_MAX} characters`,
      );
    }
  }
}

function below(low: Price | undefined, high: Price | undefined): boolean {
  return low === undefined || high === undefined || low < high;
}

function isInstant(at: EpochMs): boolean {
  return Number.isSafeInteger(at) && at > 0;
}

function isSide(side: Side): boolean {
  return side === 'BUY' || side === 'SELL';
}
