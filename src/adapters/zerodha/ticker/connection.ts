// One WebSocket of the ticker from its upgrade to its end. It hands on what arrives, and ends a socket on which nothing
// arrives any more: one that is half open stays so for ever.
import { WebSocket } from 'ws';
import { type Clock } from '#ports/clock.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** How long the upgrade may take. */
  readonly timeoutMs: number;
  /** Kite sends a heartbeat every second; so long without a byte means that the connection is dead. */
  readonly silenceMs: number;
  readonly opened: (send: (message: object) => void) => void;
  readonly binary: (bytes: Buffer) => void;
  readonly text: (text: string) => void;
}

/** How a connection ended. */
export type ConnectionEnd =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly message: string }
  /** It stood for a while. */
  | { readonly kind: 'closed'; readonly message: string };

const FRAME_BYTES_MAX = 4 * 1024 * 1024;

/** Connects, and resolves when the connection has ended, for whatever reason; `stop` ends it. Never rejects. */
export async function connect(options: ConnectionOptions, stop: AbortSignal): Promise<ConnectionEnd> {
  const { url, clock, timeoutMs, silenceMs } = options;
  const socket = new WebSocket(url, {
    handshakeTimeout: timeoutMs,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  });
  const over = new AbortController();
  let status: number | undefined;
  let failure: string | undefined;
  let isOpen = false;
  let heardAt = clock.monotonicMs();
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => {
      over.abort();
      resolve();
    });
  });
  socket.on('error', ({ message }) => (failure ??= message));
  socket.once('unexpected-response', (request, response) => {
    status = response.statusCode;
    response.destroy();
    request.destroy();
    socket.terminate();
  });
  socket.once('open', () => {
    isOpen = true;
    heardAt = clock.monotonicMs();
    options.opened((message) => socket.send(JSON.stringify(message)));
  });
  socket.on('message', (data, isBinary) => {
    heardAt = clock.monotonicMs();
    const bytes = bytesOf(data);
    if (isBinary) options.binary(bytes);
    else options.text(bytes.toString());
  });
  const cut = (): void => socket.terminate();
  stop.addEventListener('abort', cut);
  if (stop.aborted) cut();
  while (!over.signal.aborted) {
    await clock.sleep(silenceMs, over.signal);
    if (!isOpen || over.signal.aborted || clock.monotonicMs() - heardAt < silenceMs) continue;
    failure ??= `not a byte for ${silenceMs} ms`;
    socket.terminate();
  }
  await ended;
  stop.removeEventListener('abort', cut);
  if (status !== undefined) return { kind: 'refused', status };
  return isOpen
    ? { kind: 'closed', message: failure ?? 'the other side closed it' }
    : { kind: 'failed', message: failure ?? 'it never opened' };
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
