// A day's position as brokers report it: what was carried, what was traded, and what both are worth. The identities hold
// by construction, so that our numbers can be laid beside a broker's row by row.
import { divideHalfUp } from '../decimal.ts';

/** What a report is made from; amounts in 1/10,000 rupee, values with the multiplier in them. */
export interface PositionFacts {
  /** Units carried into the day, negative for shorts, and what they cost; negative for shorts too. */
  readonly overnightQuantity: number;
  readonly overnightValue: number;
  readonly dayBuyQuantity: number;
  readonly dayBuyValue: number;
  readonly daySellQuantity: number;
  readonly daySellValue: number;
  /** Of one unit; the close is that of the day before. */
  readonly lastPrice: number;
  readonly closePrice: number;
  /** Units of the underlying in one unit of quantity: of a lot where quantities are lots, else 1. */
  readonly multiplier: number;
}

export interface PositionReport {
  /** overnight + day_buy - day_sell */
  readonly quantity: number;
  /** The carried units are on the side on which they were opened. */
  readonly buyQuantity: number;
  readonly buyValue: number;
  readonly sellQuantity: number;
  readonly sellValue: number;
  /** The same with the carried units at yesterday's close. */
  readonly buyM2m: number;
  readonly sellM2m: number;
  /** Of the open side, rounded half up; 0 when flat. */
  readonly averagePrice: number;
  /** sell_value - buy_value */
  readonly value: number;
  /** value + quantity * last_price * multiplier */
  readonly pnl: number;
  /** P&L of the day alone: the same of the values at yesterday's close. */
  readonly m2m: number;
  /** What the position would bring at the last price; negative for shorts. */
  readonly exposure: number;
}

export function positionReport(facts: PositionFacts): PositionReport {
  const { overnightQuantity: carried, overnightValue, lastPrice, closePrice, multiplier } = facts;
  const { dayBuyQuantity, dayBuyValue, daySellQuantity, daySellValue } = facts;
  const quantity = carried + dayBuyQuantity - daySellQuantity;
  const [long, short] = [Math.max(carried, 0), Math.max(0 - carried, 0)];
  const buyQuantity = dayBuyQuantity + long;
  const sellQuantity = daySellQuantity + short;
  const buyValue = dayBuyValue + Math.max(overnightValue, 0);
  const sellValue = daySellValue + Math.max(0 - overnightValue, 0);
  const buyM2m = dayBuyValue + long * closePrice * multiplier;
  const sellM2m = daySellValue + short * closePrice * multiplier;
  const exposure = quantity * lastPrice * multiplier;
  const average = quantity > 0 ? averageOf(buyValue, buyQuantity) : averageOf(sellValue, sellQuantity);
  return {
    quantity,
    buyQuantity,
    buyValue,
    sellQuantity,
    sellValue,
    buyM2m,
    sellM2m,
    averagePrice: quantity === 0 ? 0 : average,
    value: sellValue - buyValue,
    pnl: sellValue - buyValue + exposure,
    m2m: sellM2m - buyM2m + exposure,
    exposure,
  };

  function averageOf(value: number, units: number): number {
    return units === 0 ? 0 : divideHalfUp(value, units * multiplier);
  }
}

/** Exposure of many positions: all of them, and longs less shorts. */
export interface Exposure {
  readonly gross: number;
  readonly net: number;
}

export function exposureOf(exposures: readonly number[]): Exposure {
  let [gross, net] = [0, 0];
  for (const each of exposures) {
    gross += Math.abs(each);
    net += each;
  }
  return { gross, net };
}
