// Writes the events of core as messages: which topic, under which key, in whose name. Written by hand, without schemas,
// because every order and signal passes through here.
import { type DomainEvent } from '#core/events.ts';
import { type EventId } from '#core/ids.ts';
import { envelopeText, type EncodedMessage } from './envelope.ts';
import { instantWriter } from './instant-text.ts';
import { payloadText } from './payloads.ts';
import { topic, type Stream } from './topics.ts';

/** The stream that carries each type. */
const STREAM_OF: Readonly<Record<DomainEvent['type'], Stream>> = {
  trading_signal: 'signals.raw',
  validated_signal: 'signals.validated',
  rejected_signal: 'signals.rejected',
  expired_signal: 'signals.expired',
  order_change: 'signals.raw',
  validated_change: 'signals.validated',
  rejected_change: 'signals.rejected',
  expired_change: 'signals.expired',
  order_submitted: 'orders.submitted',
  order_claimed: 'orders.submitted',
  modify_submitted: 'orders.submitted',
  cancel_submitted: 'orders.submitted',
  order_modified: 'orders.submitted',
  change_refused: 'orders.submitted',
  order_placed: 'orders.submitted',
  order_unknown: 'orders.submitted',
  order_filled: 'orders.filled',
  order_failed: 'orders.failed',
  order_cancelled: 'orders.cancelled',
  order_expired: 'orders.cancelled',
  pnl_snapshot: 'pnl.snapshots',
  ledger_adjusted: 'pnl.snapshots',
  corporate_action: 'pnl.snapshots',
  control_changed: 'control.changes',
  alert_raised: 'control.changes',
  reconciliation_break: 'reconciliation.breaks',
  reconciliation_settled: 'reconciliation.breaks',
  external_position: 'control.changes',
};

const instantText = instantWriter();

/** The message of an event; equal events give equal bytes. `source` is the stage that decided, unless it is given. */
export function encodeEvent(event: DomainEvent, source?: string): EncodedMessage {
  const { trace } = event;
  const id = trace.id;
  const key = keyOf(event);
  const ts = instantText(event.at);
  const value = envelopeText(
    {
      id,
      type: event.type,
      broker: event.broker,
      key,
      source: source ?? sourceOf(event, id),
      ts,
      correlationId: trace.correlationId,
      causationId: trace.causationId,
    },
    payloadText(event, ts),
  );
  return { topic: topic(event.broker, STREAM_OF[event.type]), key, id, value };
}

function keyOf(event: DomainEvent): string {
  switch (event.type) {
    case 'pnl_snapshot':
    case 'ledger_adjusted':
      return event.strategyId;
    case 'corporate_action':
    case 'reconciliation_break':
    case 'reconciliation_settled':
    case 'external_position':
      return `${event.token}`;
    case 'control_changed':
    case 'alert_raised':
      return event.subject;
    default:
      return `${event.strategyId}:${event.token}`;
  }
}

function sourceOf(event: DomainEvent, id: EventId): string {
  switch (event.type) {
    case 'trading_signal':
      return event.purpose === 'trade' ? 'strategy_runner' : 'trading_engine';
    case 'order_change':
      return event.purpose === 'trade' ? 'strategy_runner' : 'trading_engine';
    case 'validated_signal':
    case 'rejected_signal':
    case 'validated_change':
    case 'rejected_change':
      return 'risk_manager';
    case 'expired_signal':
    case 'expired_change':
    case 'ledger_adjusted':
    case 'corporate_action':
    case 'control_changed':
    case 'alert_raised':
    case 'reconciliation_break':
    case 'reconciliation_settled':
    case 'external_position':
      return stageIn(id);
    case 'pnl_snapshot':
      return 'portfolio_manager';
    default:
      return 'trading_engine';
  }
}

const STAGES: Readonly<Record<string, string>> = {
  s: 'strategy_runner',
  r: 'risk_manager',
  e: 'trading_engine',
  x: 'trading_engine',
  p: 'portfolio_manager',
};

/** The stage whose letter is in the last step of a derived id; `outside` for a root. */
function stageIn(id: EventId): string {
  const slash = id.lastIndexOf('/');
  if (slash === -1 || id[slash + 2] !== '.') return 'outside';
  return STAGES[id[slash + 1] ?? ''] ?? 'outside';
}
