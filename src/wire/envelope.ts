// The envelope around every message, and the one place that builds it: its fields always come in the same order, so that
// equal events give equal bytes.
import { VERSIONS, type WireTypeName } from './versions.ts';

export interface Envelope<Data = unknown> {
  readonly id: string;
  readonly type: string;
  /** Version of the schema of `data`. */
  readonly version: number;
  /** The first part of the topic; `market` for market data, `system` for dead letters. */
  readonly broker: string;
  readonly key: string;
  /** The stage or service that wrote it. */
  readonly source: string;
  /** RFC 3339 in UTC, on the time of the events. */
  readonly ts: string;
  /** Id of the root: the tick, the command or the message from outside. */
  readonly correlation_id: string;
  /** Id of the parent; null for a root. */
  readonly causation_id: string | null;
  readonly trace_id: string;
  readonly parent_trace_id: string | null;
  readonly data: Data;
}

/** What the writer of a message says about it. */
export interface MessageHeader {
  readonly id: string;
  readonly type: WireTypeName;
  readonly broker: string;
  readonly key: string;
  readonly source: string;
  readonly ts: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
}

/** A message on its way to a log: the topic, the key that orders it, its id, and the envelope as JSON text. */
export interface EncodedMessage {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly value: string;
}

/**
 * The envelope as JSON text, in the version that this build writes. Put together by hand: its fields are known, and that
 * takes little more than half the time of JSON.stringify over the whole. `data` is JSON text.
 */
export function envelopeText(header: MessageHeader, data: string): string {
  const correlation = quoted(header.correlationId);
  const causation = header.causationId === undefined ? 'null' : quoted(header.causationId);
  return (
    `{"id":${quoted(header.id)},${kindText(header)},"key":${quoted(header.key)},"source":${quoted(header.source)},` +
    `"ts":"${header.ts}","correlation_id":${correlation},"causation_id":${causation},` +
    `"trace_id":${correlation},"parent_trace_id":${causation},"data":${data}}`
  );
}

/** What comes after the id, by broker and type: there are few of them. */
const KINDS = new Map<string, Map<WireTypeName, string>>();

function kindText({ type, broker }: MessageHeader): string {
  let kinds = KINDS.get(broker);
  if (kinds === undefined) KINDS.set(broker, (kinds = new Map()));
  let text = kinds.get(type);
  if (text === undefined) {
    text = `"type":"${type}","version":${VERSIONS[type]},"broker":${quoted(broker)}`;
    kinds.set(type, text);
  }
  return text;
}

/** A text as JSON; ids and names are nearly always plain ASCII, which needs no escapes. */
export function quoted(text: string): string {
  for (let k = 0; k < text.length; k++) {
    const code = text.charCodeAt(k);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}
