// Exact amounts: prices and money are safe integers in 1/10,000 rupee, quantities are whole units. Everything that
// multiplies, divides or rounds an amount goes through here, so that every rounding is named and no float reaches money.
import { invariant } from './invariant.ts';

/** A price for one unit, in 1/10,000 rupee. */
export type Price = number & { readonly brand: 'Price' };
/** An amount of rupees, in 1/10,000 rupee; may be negative. */
export type Money = number & { readonly brand: 'Money' };
/** A number of units; negative when it is a short position. */
export type Quantity = number & { readonly brand: 'Quantity' };
/** A share of a whole in 1/1,000,000 (0.05 % is 500). */
export type Ppm = number & { readonly brand: 'Ppm' };
/** A finer share of a whole, in 1/1,000,000,000: charges go down to a rupee in a crore. */
export type Rate = number & { readonly brand: 'Rate' };

/** Units of `Price` and `Money` in one rupee. */
export const RUPEE = 10_000;
const DECIMALS = 4;
const PPM = 1_000_000;

/** Brands a checked integer; throws when it is not a safe integer. */
export function price(units: number): Price {
  invariant(Number.isSafeInteger(units), `a price is a safe integer of 1/10000 rupee, found ${units}`);
  return units as Price;
}

/** Brands a checked integer; throws when it is not a safe integer. */
export function money(units: number): Money {
  invariant(Number.isSafeInteger(units), `an amount is a safe integer of 1/10000 rupee, found ${units}`);
  return units as Money;
}

/** Brands a checked integer; throws when it is not a safe integer. */
export function quantity(units: number): Quantity {
  invariant(Number.isSafeInteger(units), `a quantity is a safe integer, found ${units}`);
  return units as Quantity;
}

/** `numerator / denominator` rounded half away from zero; `denominator` > 0. Exact for every safe integer. */
export function divideHalfUp(numerator: number, denominator: number): number {
  const magnitude = numerator < 0 ? -numerator : numerator;
  const doubled = 2 * magnitude + denominator;
  if (doubled > Number.MAX_SAFE_INTEGER) return wideDivideHalfUp(BigInt(numerator), BigInt(denominator));
  const rounded = Math.floor(doubled / (2 * denominator));
  // Not `-rounded`, which would be -0 for a small negative numerator.
  return numerator < 0 ? 0 - rounded : rounded;
}

/** `a * b / denominator` rounded half away from zero, exact even when the product passes 2^53. */
export function multiplyDivide(a: number, b: number, denominator: number): number {
  const product = a * b;
  if (isExact(product)) return divideHalfUp(product, denominator);
  return wideDivideHalfUp(BigInt(a) * BigInt(b), BigInt(denominator));
}

/** `a * b / denominator` rounded towards minus infinity, exact even when the product passes 2^53. */
export function multiplyDivideFloor(a: number, b: number, denominator: number): number {
  const product = a * b;
  if (isExact(product)) return Math.floor(product / denominator);
  if (a >= 0 && b >= 0 && isExact(b * denominator)) {
    // a is whole denominators and a rest: only the rest has to be divided, and its product is exact.
    const whole = Math.floor(a / denominator);
    const result = whole * b + Math.floor(((a - whole * denominator) * b) / denominator);
    if (isExact(result)) return result;
  }
  const wide = BigInt(a) * BigInt(b);
  const divisor = BigInt(denominator);
  const quotient = wide / divisor;
  return safe(wide % divisor !== 0n && wide < 0n ? quotient - 1n : quotient);
}

/** The value of `units` at `each`; throws when it leaves the safe range. */
export function notional(each: Price, units: Quantity): Money {
  return money(each * units);
}

/** `amount * share`, rounded half away from zero. */
export function share(amount: number, of: Ppm): number {
  return multiplyDivide(amount, of, PPM);
}

/** Whether a product of integers came out without rounding. */
function isExact(product: number): boolean {
  return product <= Number.MAX_SAFE_INTEGER && product >= -Number.MAX_SAFE_INTEGER;
}

/** The nearest multiple of `step`, half away from zero; `step` > 0. */
export function roundHalfUpTo(amount: number, step: number): number {
  return divideHalfUp(amount, step) * step;
}

/** `divideHalfUp` of numbers beyond the safe integers, whose quotient must be one. */
export function wideDivideHalfUp(numerator: bigint, denominator: bigint): number {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return safe(numerator < 0n ? -rounded : rounded);
}

function safe(value: bigint): number {
  const narrowed = Number(value);
  invariant(Number.isSafeInteger(narrowed), `the result ${value} leaves the safe integer range`);
  return narrowed;
}

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d{1,4}))?$/;

/**
 * Reads decimal text with at most four decimals into 1/10,000 units; undefined when it is not such a text, or more than a
 * safe integer of them.
 */
export function parseDecimal(text: string): number | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const units = Number(match[2]) * RUPEE + Number((match[3] ?? '').padEnd(DECIMALS, '0'));
  if (!Number.isSafeInteger(units)) return undefined;
  return match[1] === '-' && units !== 0 ? -units : units;
}

/** Writes 1/10,000 units as decimal text with at least two decimals: 100.00, 100.05, -3.1425. */
export function formatDecimal(units: number): string {
  const magnitude = units < 0 ? -units : units;
  const whole = Math.floor(magnitude / RUPEE);
  const fraction = magnitude - whole * RUPEE;
  const sign = units < 0 ? '-' : '';
  if (fraction % 100 === 0) return `${sign}${whole}.${fraction < 1_000 ? '0' : ''}${fraction / 100}`;
  return `${sign}${whole}.${`${fraction}`.padStart(DECIMALS, '0')}`;
}

/** Reads a percentage such as `0.05` (with at most four decimals) into parts per million. */
export function parsePercent(text: string): Ppm | undefined {
  const units = parseDecimal(text);
  return units === undefined ? undefined : (units as Ppm);
}

/** Reads a percentage from 0 to 100 with at most seven decimals, such as `0.00307`, into parts per billion. */
export function parseRate(text: string): Rate | undefined {
  const match = /^(\d{1,3})(?:\.(\d{1,7}))?$/.exec(text);
  if (match === null) return undefined;
  const parts = Number(match[1]) * 10_000_000 + Number((match[2] ?? '').padEnd(7, '0'));
  return parts <= 1_000_000_000 ? (parts as Rate) : undefined;
}
