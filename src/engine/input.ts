// The inputs of the cascade as they are kept: what was taken, in the order in which it was applied, so that a replay
// takes exactly the same again.
import { type DomainEvent } from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type BrokerId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { type StoredInput } from '#ports/store.ts';
import { decodeMessage } from '#wire/decode.ts';
import { readGap } from '#wire/read-gap.ts';
import { decodeTickFrame } from '#wire/tick-frame.ts';
import { parseTopic } from '#wire/topics.ts';
import { type Cascade } from './cascade.ts';

/** A message from outside, as an input keeps it. */
export interface MessageInput {
  readonly topic: string;
  readonly value: string;
  /** Names the message when it has no id of its own: topic, partition and offset. */
  readonly offsetId: string;
}

export interface ReportInput {
  readonly broker: BrokerId;
  readonly report: BrokerReport;
}

/** Applies a kept input to a cascade, as it was applied the first time. */
export function applyInput(cascade: Cascade, input: StoredInput): void {
  switch (input.kind) {
    case 'plan':
      return cascade.replan(JSON.parse(text(input)) as Plan);
    case 'ticks': {
      invariant(input.body instanceof Uint8Array, `the ticks of input ${input.seq} are not a frame`);
      const { batch, sources } = decodeTickFrame(input.body, (token) => cascade.instruments.indexOf(token));
      cascade.onTicks(batch, 0, batch.count, (instrument) => sources.get(instrument) ?? '');
      return;
    }
    case 'message': {
      const message = JSON.parse(text(input)) as MessageInput;
      const event = readMessage(cascade, message, input.at as EpochMs);
      invariant(event !== undefined, `the message of input ${input.seq} was taken once and is refused now`);
      cascade.onMessage(event, input.at as EpochMs);
      return;
    }
    case 'report': {
      const { broker, report } = JSON.parse(text(input)) as ReportInput;
      cascade.onReport(broker, report, input.at as EpochMs);
      return;
    }
    case 'gap':
      return cascade.onGap(readGap(text(input)));
    case 'clock':
      return cascade.onClock(input.at as EpochMs);
  }
}

/** The event of a message that was found good when it was taken. */
export function readMessage(cascade: Cascade, message: MessageInput, at: EpochMs): DomainEvent | undefined {
  const ttlMs = ttlOf(cascade, message.topic);
  const decoded = decodeMessage(message.topic, message.value, { at, ttlMs, offsetId: message.offsetId });
  return decoded.ok ? decoded.value : undefined;
}

/** Default life of a signal on the topic's namespace. */
export function ttlOf(cascade: Cascade, topic: string): number {
  const parsed = parseTopic(topic);
  if (parsed === undefined || parsed.scope === 'market') return 0;
  return cascade.plan.namespaces.find(({ broker }) => broker === parsed.broker)?.signalTtlMs ?? 0;
}

function text(input: StoredInput): string {
  invariant(typeof input.body === 'string', `the input ${input.seq} of kind ${input.kind} is not text`);
  return input.body;
}
