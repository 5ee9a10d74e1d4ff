// The rules about the terms of an order by themselves: prices that the exchange takes, and prices and brackets that make
// sense together. They hold for the engine's exits too, because the exchange would refuse those as well.
import { largestOrder } from '../execution/slicing.ts';
import { formatDecimal, multiplyDivideFloor } from '../decimal.ts';
import { type Bracket, type Reason } from '../events.ts';
import { no, type Question, type Rule } from './question.ts';

export const offTick: Rule = ({ signal, instrument }) => {
  const { limitPrice, triggerPrice } = signal;
  const { tickSize } = instrument;
  const off = [limitPrice, triggerPrice].find((price) => price !== undefined && price % tickSize !== 0);
  return off === undefined
    ? undefined
    : no('RISK_PRICE_OFF_TICK', `a multiple of ${formatDecimal(tickSize)}`, formatDecimal(off));
};

export const lotSize: Rule = ({ signal, instrument }) =>
  signal.quantity % instrument.lotSize === 0
    ? undefined
    : no('RISK_LOT_SIZE', `a multiple of ${instrument.lotSize}`, `${signal.quantity}`);

/** What is larger than the exchange takes at once goes in parts, of which the broker takes so many. */
export const slices: Rule = ({ signal, instrument, slicesMax }) => {
  if (slicesMax === 0 || signal.quantity <= slicesMax * largestOrder(instrument)) return undefined;
  const parts = Math.ceil(signal.quantity / largestOrder(instrument));
  return no('RISK_SLICES', `${slicesMax} parts of ${largestOrder(instrument)}`, `${parts}`);
};

/** A stop has a trigger; the limit behind it lies where the order can still be filled once it is triggered. */
export const stopLimit: Rule = ({ signal }) => {
  const { orderType, limitPrice, triggerPrice, side } = signal;
  if (orderType === 'market' || orderType === 'limit') return undefined;
  if (triggerPrice === undefined) return no('RISK_STOP_LIMIT', `a trigger price of the ${orderType} order`, 'none');
  if (orderType === 'stop') return undefined;
  if (limitPrice === undefined) return no('RISK_STOP_LIMIT', 'a limit price of the stop_limit order', 'none');
  if (side === 'BUY' ? limitPrice >= triggerPrice : limitPrice <= triggerPrice) return undefined;
  const bound = `${side === 'BUY' ? 'at least' : 'at most'} the trigger ${formatDecimal(triggerPrice)}`;
  return no('RISK_STOP_LIMIT', bound, formatDecimal(limitPrice));
};

/** A bracket takes a profit on one side of the entry and ends a loss on the other, at prices and a time that can come. */
export const bracket: Rule = (question) => {
  const { bracket: asked, side } = question.signal;
  if (asked === undefined) return undefined;
  const { target, stop, trail, exitAt } = asked;
  const entry = question.price;
  if (trail !== undefined && trail <= 0) return no('RISK_BRACKET', 'a trail above 0.00', formatDecimal(trail));
  if (exitAt !== undefined && exitAt <= question.at) {
    return no('RISK_BRACKET', `an exit time after ${question.at}`, `${exitAt}`);
  }
  const sign = side === 'BUY' ? 1 : -1;
  const beyond = sign > 0 ? 'above' : 'below';
  if (entry > 0 && target !== undefined && (target - entry) * sign <= 0) {
    return no('RISK_BRACKET', `a target ${beyond} ${formatDecimal(entry)}`, formatDecimal(target));
  }
  if (entry > 0 && stop !== undefined && (entry - stop) * sign <= 0) {
    return no('RISK_BRACKET', `a stop ${sign > 0 ? 'below' : 'above'} ${formatDecimal(entry)}`, formatDecimal(stop));
  }
  if (target !== undefined && stop !== undefined && (target - stop) * sign <= 0) {
    return no('RISK_BRACKET', `a target ${beyond} the stop ${formatDecimal(stop)}`, formatDecimal(target));
  }
  return bracketOffTick(asked, question);
};

function bracketOffTick({ target, stop, trail }: Bracket, { instrument }: Question): Reason | undefined {
  const { tickSize } = instrument;
  const off = [target, stop, trail].find((price) => price !== undefined && price % tickSize !== 0);
  return off === undefined
    ? undefined
    : no('RISK_BRACKET', `a multiple of ${formatDecimal(tickSize)}`, formatDecimal(off));
}

/** No price lies outside of what the exchange lets the instrument trade at today. */
export const priceBand: Rule = ({ signal, instrument }) => {
  const { priceBand: band, previousClose } = instrument;
  if (band === undefined || previousClose === undefined) return undefined;
  const away = multiplyDivideFloor(previousClose, band, 1_000_000);
  const { limitPrice, triggerPrice, bracket: exits } = signal;
  const outside = [limitPrice, triggerPrice, exits?.target, exits?.stop].find(
    (price) => price !== undefined && Math.abs(price - previousClose) > away,
  );
  if (outside === undefined) return undefined;
  const bounds = `${formatDecimal(previousClose - away)} to ${formatDecimal(previousClose + away)}`;
  return no('RISK_PRICE_BAND', bounds, formatDecimal(outside));
};
