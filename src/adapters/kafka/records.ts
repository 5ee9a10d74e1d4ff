// Records of the broker as messages of the log.
import { type KafkaRecord, type RecordsBatch } from '@platformatic/kafka';
import { type LogMessage } from '#ports/event-log.ts';
import { type Place } from './fetch-client.ts';
import { ID, PRODUCER, SEAL } from './record-batch.ts';

/** Marks a batch that holds the brokers' own notes on transactions. */
const IS_CONTROL = 1 << 5;

export interface ReadRecords {
  readonly messages: LogMessage[];
  /** The offset after the last record, whether or not it is a message. */
  readonly end: number;
}

/** The messages of batches from an offset on; the broker gives whole batches, which may begin before it. */
export function messagesOf({ topic, partition }: Place, batches: readonly RecordsBatch[], from: number): ReadRecords {
  const messages: LogMessage[] = [];
  let end = from;
  for (const { firstOffset, lastOffsetDelta, attributes, records } of batches) {
    const first = Number(firstOffset);
    end = Math.max(end, first + lastOffsetDelta + 1);
    if ((attributes & IS_CONTROL) !== 0) continue;
    for (const record of records) {
      const offset = first + record.offsetDelta;
      if (offset >= from) messages.push(messageOf(topic, partition, offset, record));
    }
  }
  return { messages, end };
}

function messageOf(topic: string, partition: number, offset: number, record: KafkaRecord): LogMessage {
  let id: string | undefined;
  let producer: string | undefined;
  let seal: string | undefined;
  for (const [name, value] of record.headers) {
    if (name === null || value === null) continue;
    // Compared as bytes: a name made anew for each record costs more than all the rest.
    if (name.equals(ID)) id = value.toString();
    else if (name.equals(PRODUCER)) producer = value.toString();
    else if (name.equals(SEAL)) seal = value.toString();
  }
  const value = record.value?.toString() ?? '';
  id ??= idIn(value);
  const message = { topic, key: record.key?.toString() ?? '', id, value, offset };
  if (partition === 0 && producer === undefined && seal === undefined) return message;
  const beside = { ...(producer !== undefined && { producer }), ...(seal !== undefined && { seal }) };
  return { ...message, ...(partition !== 0 && { partition }), ...beside };
}

/** The id in the envelope, for messages of programs that write no header. */
function idIn(value: string): string | undefined {
  if (!value.startsWith('{')) return undefined;
  try {
    const envelope: unknown = JSON.parse(value);
    const id = typeof envelope === 'object' && envelope !== null && 'id' in envelope ? envelope.id : undefined;
    return typeof id === 'string' ? id : undefined;
  } catch {
    // A stranger's text, which whoever reads it will judge.
    return undefined;
  }
}
