// Changes what one namespace may send from outside the cascade: recorded as an input like any other, so that a replay
// stops it at the same place. A signal handler or an interface calls `kill`, and nothing more enters before it.
import { type ControlChanged } from '#core/events.ts';
import { knownTrace, type BrokerId, type EventId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { encodeEvent } from '#wire/encode.ts';
import { type Ingest } from './ingest.ts';

export type ControlOrder = Pick<ControlChanged, 'broker' | 'action' | 'subject' | 'who' | 'why' | 'at' | 'limit'> & {
  /** Names this order of control; the same again is another one. */
  readonly id: string;
};

/** Applies an order of control at once; it commits with the batch that follows. */
export function control(ingest: Ingest, { id, ...order }: ControlOrder): void {
  const event: ControlChanged = { type: 'control_changed', ...order, trace: knownTrace(id as EventId) };
  const { topic, key, value } = encodeEvent(event, order.who);
  ingest.message({ topic, value, offsetId: id }, event, key, order.at);
}

export interface Kill {
  /** Undefined: every namespace. */
  readonly broker: BrokerId | undefined;
  /** Whether what is held is sold and bought back too. */
  readonly flatten: boolean;
  readonly who: string;
  readonly why: string;
  /** Names this kill. */
  readonly id: string;
  readonly at: EpochMs;
}

/** Halts a broker, or all of them, at once and durably: when it returns nothing more leaves but cancels and exits. */
export function kill(ingest: Ingest, { broker, flatten, who, why, id, at }: Kill): void {
  const brokers = ingest.cascade.namespaces().map(({ plan }) => plan.broker);
  const subject = broker ?? 'global';
  for (const each of brokers.filter((one) => broker === undefined || one === broker)) {
    const order = { broker: each, subject, who, why, at };
    control(ingest, { ...order, action: 'killed', id: `${id}:${each}` });
    if (flatten) control(ingest, { ...order, action: 'flatten', id: `${id}:${each}:flatten` });
  }
  ingest.commit(false);
}
