// An exchange takes an order up to its freeze quantity; what is larger goes in parts of whole lots.
import { type Quantity } from '../decimal.ts';
import { invariant } from '../invariant.ts';
import { type Instrument } from '../market/instrument.ts';

/** The largest quantity of one order: whole lots within the freeze quantity; unlimited when the exchange sets none. */
export function largestOrder({ freezeQuantity, lotSize, symbol }: Instrument): number {
  if (freezeQuantity === undefined) return Number.MAX_SAFE_INTEGER;
  const largest = Math.floor(freezeQuantity / lotSize) * lotSize;
  invariant(largest > 0, `${symbol} has the freeze quantity ${freezeQuantity}, less than its lot of ${lotSize}`);
  return largest;
}

/** The parts in which a quantity is ordered, the full ones first; one part when it is not larger than an order may be. */
export function slicesOf(quantity: Quantity, instrument: Instrument): readonly Quantity[] {
  const largest = largestOrder(instrument);
  if (quantity <= largest) return [quantity];
  const full = Math.floor(quantity / largest);
  const slices = Array.from({ length: full }, () => largest as Quantity);
  const rest = quantity - full * largest;
  return rest === 0 ? slices : [...slices, rest as Quantity];
}
