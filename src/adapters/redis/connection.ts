// A connection to Redis that fails at once instead of waiting, and connects anew by itself.
import { createClient } from '@redis/client';

type Client = ReturnType<typeof clientOf>;

export type RedisErrorCode = 'UNREACHABLE' | 'AUTHENTICATION' | 'FAILED' | 'CLOSED';

/** Redis cannot be used; the message says what was expected, what was found and what to do, and holds no password. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  readonly code: RedisErrorCode;

  constructor(code: RedisErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface RedisOptions {
  /** `redis:` or `rediss:`, with user, password and number of the database where they are needed. */
  readonly url: string;
  /** How long connecting, and one answer, may take. */
  readonly timeoutMs: number;
  /** Certificates in PEM that a `rediss:` server is checked against; the system's authorities when it is not said. */
  readonly ca?: string;
  /** Told of each trouble of the connection; the client connects anew by itself. */
  readonly trouble: (message: string) => void;
}

export interface RedisConnection {
  /** Asks the server for something. Throws `RedisError`. */
  readonly use: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** Connects. Throws `RedisError`. */
export async function connectRedis({ url, timeoutMs, ca, trouble }: RedisOptions): Promise<RedisConnection> {
  const where = placeOf(url);
  let isOpen = false;
  const client = clientOf({ url, timeoutMs, ca }, () => isOpen);
  client.on('error', (error: Error) => {
    if (isOpen) trouble(`Redis at ${where}: ${textOf(error)}`);
  });
  try {
    // A server that takes the connection may still say nothing.
    await within(client.connect(), timeoutMs);
    isOpen = true;
  } catch (error) {
    client.destroy();
    throw explain(error, where);
  }
  return {
    use: async (work) => {
      if (!isOpen) throw new RedisError('CLOSED', `Redis at ${where} is used after it was closed`);
      try {
        return await within(work(client), timeoutMs);
      } catch (error) {
        throw explain(error, where);
      }
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      client.destroy();
    },
  };
}

function clientOf(
  { url, timeoutMs, ca }: Pick<RedisOptions, 'url' | 'timeoutMs'> & { readonly ca: string | undefined },
  reconnects: () => boolean,
) {
  return createClient({
    url,
    // What cannot be sent at once fails: whoever waits for a value that may be lost is better off without it.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: timeoutMs,
      ...(ca !== undefined && { tls: true as const, ca }),
      reconnectStrategy: (tries) => (reconnects() ? Math.min(50 * 2 ** tries, 2_000) : false),
    },
  });
}

async function within<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Host, port and database, without who signs in. */
function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '6379' : port}${pathname === '/' ? '' : pathname}`;
}

function explain(error: unknown, where: string): RedisError {
  if (error instanceof RedisError) return error;
  const text = textOf(error);
  const refused = /WRONGPASS|NOAUTH|NOPERM|AUTH/.test(text);
  const remedy = refused
    ? 'Give REDIS__URL a user and a password that this server knows.'
    : 'Start the server, or set REDIS__URL to where it is.';
  const code = refused
    ? 'AUTHENTICATION'
    : /ECONN|ENOTFOUND|timeout|no answer|closed/i.test(text)
      ? 'UNREACHABLE'
      : 'FAILED';
  return new RedisError(code, `Redis at ${where} cannot be used: ${text}. ${remedy}`, error);
}

/** Several addresses that were tried make an error whose own message is empty. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
