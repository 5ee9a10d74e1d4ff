// What an account holds at the end of the log, from the log alone: carried against today's units, and what is delivered
// against what is on its way.
import type { Calendar } from '#core/market/calendar.ts';
import { divideHalfUp, formatDecimal } from '#core/decimal.ts';
import { deliveredBy } from '#core/market/settlement.ts';
import { type DayPosition, holdingOf, type Lots } from '#core/portfolio/lots.ts';
import { positionReport } from '#core/portfolio/position-report.ts';
import type { DayNumber } from '#core/time.ts';
import { type Account, lotsOf } from './account.ts';

export interface HoldingLine {
  readonly broker: string;
  readonly symbol: string;
  readonly product: string;
  /** overnight_quantity + day_buy_quantity - day_sell_quantity */
  readonly quantity: number;
  readonly overnight_quantity: number;
  /** Of the overnight units: delivered, and bought on the last trading day and on their way. */
  readonly delivered_quantity: number;
  readonly t1_quantity: number;
  readonly day_buy_quantity: number;
  readonly day_buy_value: string;
  readonly day_sell_quantity: number;
  readonly day_sell_value: string;
  /** Of what was carried, first in, first out. */
  readonly average_price: string;
  /** sell_value - buy_value */
  readonly value: string;
}

/** The holdings of an account on a day, which is not before its last fill. */
export function holdingsOf(account: Account, today: DayNumber, calendar: Calendar): readonly HoldingLine[] {
  const lots = lotsOf(account, () => undefined);
  lots.startDay(today);
  return lots.positions().map((position) => holdingLine(account, position, lots, today, calendar));
}

function holdingLine(
  { broker, instruments }: Account,
  position: DayPosition,
  lots: Lots,
  today: DayNumber,
  calendar: Calendar,
): HoldingLine {
  const { token, product, overnightQuantity, overnightValue, buyQuantity, buyValue, sellQuantity, sellValue } =
    position;
  const instrument = instruments.get(token);
  const delivered = deliveredBy(calendar, instrument?.segment ?? 'NSE', today);
  const isShare = (instrument?.kind ?? 'equity') === 'equity';
  const held = holdingOf(lots.carried(token, product), (day) => !isShare || delivered(day));
  const report = positionReport({
    overnightQuantity,
    overnightValue,
    dayBuyQuantity: buyQuantity,
    dayBuyValue: buyValue,
    daySellQuantity: sellQuantity,
    daySellValue: sellValue,
    lastPrice: 0,
    closePrice: 0,
    multiplier: 1,
  });
  const average = overnightQuantity === 0 ? 0 : divideHalfUp(Math.abs(overnightValue), Math.abs(overnightQuantity));
  return {
    broker,
    symbol: instrument?.symbol ?? `${token}`,
    product,
    quantity: report.quantity,
    overnight_quantity: overnightQuantity,
    delivered_quantity: held.quantity,
    t1_quantity: held.t1Quantity,
    day_buy_quantity: buyQuantity,
    day_buy_value: formatDecimal(buyValue),
    day_sell_quantity: sellQuantity,
    day_sell_value: formatDecimal(sellValue),
    average_price: formatDecimal(average),
    value: formatDecimal(report.value),
  };
}
