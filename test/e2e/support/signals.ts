// Signals as a user's service writes them.
import type { NewMessage } from '#ports/event-log.ts';

export const RELIANCE = 738_561;

/** A good signal, with fields of the envelope and of its data replaced or added. */
export function signalMessage(broker: string, envelope: object = {}, data: object = {}): NewMessage {
  const value = JSON.stringify({
    type: 'trading_signal',
    version: 1,
    broker,
    data: { strategy_id: 'mine', instrument_token: RELIANCE, signal_type: 'BUY', quantity: 1, ...data },
    ...envelope,
  });
  return { topic: `${broker}.signals.raw`, id: undefined, key: `mine:${RELIANCE}`, value };
}
