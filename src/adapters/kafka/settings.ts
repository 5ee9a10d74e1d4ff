// How the log's brokers are reached and used, and the options of the client library that follow from it. Every default
// of the library that would weaken a promise of the log is named here.
import { type ConnectionOptions as TlsOptions } from 'node:tls';

/** Where the brokers are and who we are to them. */
export interface KafkaConnection {
  /** `host:port` of some of the brokers; the others are learnt from these. */
  readonly bootstrapServers: readonly string[];
  readonly clientId: string;
  readonly tls?: TlsOptions;
  readonly sasl?: KafkaSasl;
  /** How long one connection or request to a broker may take. Default 10,000. */
  readonly requestMsMax?: number;
}

export interface KafkaSasl {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaLogSettings extends KafkaConnection {
  /** Written on our own messages, so that we know them when they come back. */
  readonly origin?: string;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** How long an append waits for others to share its request. Default 0: it shares with those that wait anyway. */
  readonly lingerMs?: number;
  /** The most bytes of one partition in one request. Below the broker's `max.message.bytes`; default 512 KiB. */
  readonly batchBytesMax?: number;
  /** How long an append tries to reach the brokers before it fails. Default 60,000. */
  readonly appendMsMax?: number;
  /** How much is fetched of a partition at once. Default 1 MiB. */
  readonly fetchBytes?: number;
}

const REQUEST_MS_MAX = 10_000;
export const RETRY_PAUSE_MS = 250;
/** A reader is told soon that a broker is away: it has a pause and a warning of its own. */
const READ_RETRIES = 3;

interface ClientOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  readonly connectTimeout: number;
  readonly requestTimeout: number;
  readonly timeout: number;
  readonly retries: number;
  readonly retryDelay: number;
  readonly autocreateTopics: false;
  readonly tls?: TlsOptions;
  readonly sasl?: KafkaSasl;
}

/** What every client of the library is given; `tryMs` is how long it tries to reach a broker. */
export function clientOptions(connection: KafkaConnection, tryMs = READ_RETRIES * RETRY_PAUSE_MS): ClientOptions {
  const { bootstrapServers, clientId, tls, sasl, requestMsMax = REQUEST_MS_MAX } = connection;
  return {
    clientId,
    bootstrapBrokers: [...bootstrapServers],
    connectTimeout: requestMsMax,
    requestTimeout: requestMsMax,
    timeout: requestMsMax,
    retries: Math.ceil(tryMs / RETRY_PAUSE_MS),
    retryDelay: RETRY_PAUSE_MS,
    autocreateTopics: false,
    ...(tls && { tls }),
    ...(sasl && { sasl: { ...sasl } }),
  };
}
