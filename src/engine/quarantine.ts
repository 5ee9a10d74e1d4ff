// Takes a deployment out of one namespace from outside the cascade: recorded as an input like any other, so that a replay
// stops it at the same place.
import { type ControlChanged } from '#core/events.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { encodeEvent } from '#wire/encode.ts';
import { type Ingest } from './ingest.ts';

export interface QuarantineOrder {
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  readonly who: string;
  readonly why: string;
  readonly at: EpochMs;
}

/** Stops the deployment in the namespace from the next input on; it commits with the batch that follows. */
export function quarantine(ingest: Ingest, { broker, strategyId, who, why, at }: QuarantineOrder): void {
  if (ingest.cascade.namespace(broker) === undefined) return;
  const id = `${who}:${broker}:${strategyId}:${at}` as EventId;
  const event: ControlChanged = {
    type: 'control_changed',
    broker,
    trace: knownTrace(id),
    at,
    action: 'strategy_quarantined',
    subject: strategyId,
    who,
    why,
  };
  const { topic, key, value } = encodeEvent(event, who);
  ingest.message({ topic, value, offsetId: id }, event, key, at);
}
