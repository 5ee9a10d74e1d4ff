// The books as fills and adjustments alone make them, worked out with whole numbers of any size and none of the platform's code, so
// that an error there cannot hide here.

/** What `state --json` says of a book, as far as fills and adjustments decide it. */
export interface RecomputedBook {
  readonly cash: string;
  readonly fees: string;
  readonly realised_pnl: string;
  readonly adjustments: string;
  readonly positions: readonly {
    readonly instrument_token: number;
    readonly quantity: number;
    readonly average_price: string;
  }[];
}

interface Fill {
  readonly strategy_id: string;
  readonly instrument_token: number;
  readonly side: string;
  readonly quantity: number;
  readonly fill_price: string;
  readonly fees: string;
}

interface Holding {
  quantity: bigint;
  cost: bigint;
}

/** The book of one strategy after the fills, in the order in which they came, and the adjustments. */
export function recomputedBook(
  lines: readonly string[],
  ledger: readonly string[],
  strategyId: string,
  startingCash: string,
): RecomputedBook {
  const adjustments = adjusted(ledger, strategyId);
  let [cash, fees, realised] = [units(startingCash) + adjustments, 0n, 0n];
  const holdings = new Map<number, Holding>();
  for (const line of lines) {
    const fill = (JSON.parse(line) as { data: Fill }).data;
    if (fill.strategy_id !== strategyId) continue;
    const holding = holdings.get(fill.instrument_token) ?? { quantity: 0n, cost: 0n };
    const signed = BigInt(fill.quantity) * (fill.side === 'BUY' ? 1n : -1n);
    const price = units(fill.fill_price);
    cash -= signed * price + units(fill.fees);
    fees += units(fill.fees);
    realised += take(holding, signed, price);
    holdings.set(fill.instrument_token, holding);
  }
  const positions = [...holdings]
    .filter(([, { quantity }]) => quantity !== 0n)
    .map(([token, { quantity, cost }]) => ({
      instrument_token: token,
      quantity: Number(quantity),
      average_price: text(divide(cost, quantity)),
    }))
    .toSorted((a, b) => a.instrument_token - b.instrument_token);
  return {
    cash: text(cash),
    fees: text(fees),
    realised_pnl: text(realised),
    adjustments: text(adjustments),
    positions,
  };
}

/** What was paid in and out beside fills. */
function adjusted(lines: readonly string[], strategyId: string): bigint {
  let sum = 0n;
  for (const line of lines) {
    const { type, data } = JSON.parse(line) as { type: string; data: { strategy_id: string; amount: string } };
    if (type === 'ledger_adjusted' && data.strategy_id === strategyId) sum += units(data.amount);
  }
  return sum;
}

/** Adds a fill to a holding at average cost; returns what it realises. */
function take(holding: Holding, signed: bigint, price: bigint): bigint {
  const { quantity: held, cost } = holding;
  const closed = held * signed >= 0n ? 0n : magnitude(signed) < magnitude(held) ? -signed : held;
  const closedCost = closed === 0n ? 0n : divide(cost * closed, held);
  holding.quantity = held + signed;
  holding.cost = cost - closedCost + (signed + closed) * price;
  return closed * price - closedCost;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Rounds half away from zero. */
function divide(numerator: bigint, denominator: bigint): bigint {
  const [n, d] = [magnitude(numerator), magnitude(denominator)];
  const quotient = (2n * n + d) / (2n * d);
  return numerator < 0n === denominator < 0n ? quotient : -quotient;
}

const UNITS = 10_000n;

function units(amount: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(amount) ?? [];
  if (whole === '') throw new Error(`not an amount: ${amount}`);
  const value = BigInt(whole) * UNITS + BigInt(fraction.padEnd(4, '0'));
  return sign === '-' ? -value : value;
}

/** Two decimals, or four when two do not tell it all. */
function text(value: bigint): string {
  const size = magnitude(value);
  const fraction = `${size % UNITS}`.padStart(4, '0');
  return `${value < 0n ? '-' : ''}${size / UNITS}.${fraction.endsWith('00') ? fraction.slice(0, 2) : fraction}`;
}
