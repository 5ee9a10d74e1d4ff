// The kinds of field that data is made of. Each reads one JSON value into core's own terms, or says what it expected and
// what it found. No kind has a default.
import { z } from 'zod';
import { parseDecimal, type Money, type Price, type Quantity } from '#core/decimal.ts';
import { type EventId, type StrategyId } from '#core/ids.ts';
import { parseDay, parseInstant, type DayNumber, type EpochMs } from '#core/time.ts';
import { type Side } from '#core/events.ts';
import { describe } from '../describe.ts';

const NAME_LENGTH_MAX = 128;
const ID_LENGTH_MAX = 1024;
/** No control characters and no half surrogates: such text does not survive every store and terminal. */
const CLEAN = /^[^\p{Cc}\p{Cs}]+$/u;

/** A field that `read` understands; `read` gives undefined for anything else. */
function field<T>(expected: string, read: (value: unknown) => T | undefined) {
  return z.unknown().transform((value, context): T => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: `expected ${expected}, found ${describe(value)}` });
    return z.NEVER;
  });
}

/** An object with these fields; others are ignored. */
export function record<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape, { error: (issue) => `expected an object, found ${describe(issue.input)}` });
}

/** A list of `item`. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: (issue) => `expected a list, found ${describe(issue.input)}` });
}

export const text = field('text', (value) => (typeof value === 'string' ? value : undefined));

export const flag = field('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

function isCleanText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax && CLEAN.test(value);
}

export const name = field(`text of 1 to ${NAME_LENGTH_MAX} characters without control characters`, (value) =>
  isCleanText(value, NAME_LENGTH_MAX) ? value : undefined,
);

export const strategyId = name.transform((value) => value as StrategyId);

export function isId(value: unknown): value is EventId {
  return isCleanText(value, ID_LENGTH_MAX);
}

/** What an id is, for messages. */
export const ID_EXPECTED = `text of 1 to ${ID_LENGTH_MAX} characters without control characters`;

export const id = field(ID_EXPECTED, (value) => (isId(value) ? value : undefined));

function whole(min: number) {
  const expected = `a whole number from ${min} to ${Number.MAX_SAFE_INTEGER}`;
  return field(expected, (value) =>
    Number.isSafeInteger(value) && (value as number) >= min ? (value as number) : undefined,
  );
}

export const token = whole(0);
export const count = whole(0);
/** Units held, below zero when short. */
export const signedUnits = whole(Number.MIN_SAFE_INTEGER);
export const quantity = whole(1).transform((value) => value as Quantity);
/** What may be nothing yet, such as what was filled of a cancelled order. */
export const quantityOrZero = count.transform((value) => value as Quantity);

/** Decimal text as a safe integer of 1/10,000; a number of JSON is refused because it may have been rounded already. */
function decimal(value: unknown): number | undefined {
  return typeof value === 'string' ? parseDecimal(value) : undefined;
}

export const price = field(
  'a price above zero as decimal text with at most four decimals, such as "1650.05"',
  (value) => {
    const units = decimal(value);
    return units !== undefined && units > 0 ? (units as Price) : undefined;
  },
);

/** A level of the book without orders has the price zero. */
export const priceOrZero = field('a price as decimal text with at most four decimals, such as "1650.05"', (value) => {
  const units = decimal(value);
  return units !== undefined && units >= 0 ? (units as Price) : undefined;
});

const MONEY_EXPECTED = 'an amount as decimal text with at most four decimals, such as "-12.50"';

export const money = field(MONEY_EXPECTED, (value) => decimal(value) as Money | undefined);

export const fees = field(
  'an amount from zero as decimal text with at most four decimals, such as "12.50"',
  (value) => {
    const units = decimal(value);
    return units !== undefined && units >= 0 ? (units as Money) : undefined;
  },
);

export const instant = field(
  'an instant with its zone, such as "2021-06-11T03:45:00.000Z"',
  (value): EpochMs | undefined => (typeof value === 'string' ? parseInstant(value) : undefined),
);

export const day = field('a day such as "2021-06-11"', (value): DayNumber | undefined =>
  typeof value === 'string' ? parseDay(value) : undefined,
);

/** One of these texts. */
export function choice<const Choices extends readonly string[]>(choices: Choices) {
  const expected = choices.length === 1 ? `${choices[0]}` : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  return field(expected, (value) => choices.find((known) => known === value) as Choices[number] | undefined);
}

export const side = choice(['BUY', 'SELL']);
export const orderType = choice(['market', 'limit', 'stop', 'stop_limit']);
export const validity = choice(['DAY', 'IOC']);
export const product = choice(['CNC', 'MIS', 'NRML']);
export const purpose = choice(['trade', 'bracket', 'square_off', 'exit_again', 'flatten']);
export const action = choice(['modify', 'cancel']);
export const rejectCode = choice([
  'MARKET_CLOSED',
  'ORDER_TYPE',
  'TICK_SIZE',
  'LOT_SIZE',
  'FREEZE_QUANTITY',
  'PRICE_BAND',
  'NO_MARKET_PRICE',
  'FUNDS',
  'HOLDINGS',
  'LIMIT_REACHED',
  'OTHER',
]);
export const expiryCode = choice(['EXPIRED', 'SUPERSEDED', 'SESSION_CLOSED']);

/** A signal's direction under the name that the wire has always had for it. */
export const signalType = z.unknown().transform((value, context): Side => {
  if (value === 'BUY' || value === 'SELL') return value;
  const advice = value === 'HOLD' ? '; to hold asks for nothing, so send no signal' : '';
  context.addIssue({ code: 'custom', message: `expected BUY or SELL, found ${describe(value)}${advice}` });
  return z.NEVER;
});

export const confidence = field('a number from 0 to 1', (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined,
);

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const metadata = field('an object', (value) => (isPlainObject(value) ? value : undefined));

/** Names of rules, and whether each passed. */
export const checks = field('an object of rule names with true or false', (value) =>
  isPlainObject(value) && Object.values(value).every((passed) => typeof passed === 'boolean')
    ? (value as Readonly<Record<string, boolean>>)
    : undefined,
);
