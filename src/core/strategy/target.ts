// Turns "hold so many" into what is missing: the difference to the own position with the own orders at work.
import { type Side } from '../events.ts';
import { type OwnOrder, type OwnPosition } from './own-book.ts';
import { type WantedCancel, type WantedOrder, type WantedTarget } from './wanted.ts';

/**
 * What brings the position to the target: at most one order, or first the cancelling of own orders that work against it.
 * Delivery cannot be sold short, so there a target below zero is zero. Nothing when the target is reached, or will be.
 */
export function towards(wanted: WantedTarget, own: OwnPosition): readonly (WantedOrder | WantedCancel)[] {
  const { target: asked, ...terms } = wanted;
  const target = (terms.product ?? 'CNC') === 'CNC' ? Math.max(0, asked) : asked;
  const missing = target - own.quantity - own.working;
  if (missing === 0) return [];
  const side: Side = missing > 0 ? 'BUY' : 'SELL';
  // A signal that is not an order yet cannot be taken back: what it becomes is waited for.
  if (signalled(own) * missing < 0) return [];
  const against = own.orders.filter((order) => order.purpose === 'trade' && order.side !== side);
  if (against.length > 0) return against.filter(isUnasked).map(({ orderId }) => ({ cancel: orderId }));
  const quantity = Math.abs(missing);
  // A bracket ends what an order opens; one that only brings the position down opens nothing.
  const opens = target !== 0 && target > 0 === missing > 0;
  const { bracket, ...others } = terms;
  return [{ side, quantity, ...others, ...(opens && bracket !== undefined && { bracket }) }];
}

function isUnasked({ asked }: OwnOrder): boolean {
  return asked !== 'cancel';
}

/** Units of own signals that are not orders yet. */
function signalled(own: OwnPosition): number {
  let units = own.working;
  for (const { purpose, side, remaining } of own.orders) {
    if (purpose === 'trade') units -= side === 'BUY' ? remaining : -remaining;
  }
  return units;
}
