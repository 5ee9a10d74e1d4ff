// One request, one attempt, and what is known of it afterwards. Whether it can have reached the broker is proved by the
// connection: nothing leaves before that stands.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export type Fields = Readonly<Record<string, string | number | undefined>>;

export interface HttpRequest {
  readonly method: Method;
  readonly path: string;
  /** In the query of a GET or DELETE, else as a form. */
  readonly fields?: Fields;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly kind: 'answered';
  readonly status: number;
  readonly text: string;
}

export type HttpOutcome =
  | HttpAnswer
  /** No connection stood, so that nothing can have left. */
  | { readonly kind: 'not_sent'; readonly message: string }
  /** It may have arrived, and no whole answer came back. */
  | { readonly kind: 'no_answer'; readonly message: string };

export interface HttpOptions {
  /** Where paths begin, such as `https://api.kite.trade`. */
  readonly root: string;
  /** From the call to the last byte of the answer. */
  readonly timeoutMs: number;
  /** A longer answer is given up. */
  readonly bytesMax: number;
}

/** An unused connection is closed before a server would: what is sent on one that is half closed is open for ever. */
const IDLE_MS = 15_000;

export class HttpClient {
  readonly #root: URL;
  readonly #options: HttpOptions;
  readonly #agent: HttpAgent | HttpsAgent;
  /** What gives up each request that is under way. */
  readonly #open = new Set<(why: string) => void>();

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#root = new URL(options.root);
    // Without a retry of its own: a connection that broke under a request is told, never tried again.
    const kept = { keepAlive: true, maxSockets: 8, timeout: IDLE_MS };
    this.#agent = this.#root.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  }

  /** Never rejects. */
  request(asked: HttpRequest): Promise<HttpOutcome> {
    return new Promise((resolve) => this.#send(asked, resolve));
  }

  /** Ends what is under way; each of those requests has its outcome at once. */
  close(): void {
    for (const giveUp of this.#open) giveUp('the client was closed');
    this.#agent.destroy();
  }

  #send(asked: HttpRequest, resolve: (outcome: HttpOutcome) => void): void {
    const secure = this.#root.protocol === 'https:';
    const text = encode(asked.fields);
    const isForm = asked.method === 'POST' || asked.method === 'PUT';
    const path = isForm || text === '' ? asked.path : `${asked.path}?${text}`;
    const headers = {
      ...asked.headers,
      ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...(isForm ? { 'content-length': String(Buffer.byteLength(text)) } : {}),
    };
    const request = (secure ? httpsRequest : httpRequest)(new URL(path, this.#root), {
      method: asked.method,
      headers,
      agent: this.#agent,
    });
    let connected = false;
    const end = (outcome: HttpOutcome): void => {
      clearTimeout(timer);
      this.#open.delete(giveUp);
      resolve(outcome);
    };
    const giveUp = (message: string): void => {
      end({ kind: connected ? 'no_answer' : 'not_sent', message });
      request.destroy();
    };
    const { timeoutMs } = this.#options;
    const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
    this.#open.add(giveUp);
    request.once('socket', (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true));
    });
    request.on('error', ({ message }) => giveUp(message));
    request.once('response', (response) => this.#read(response, end, giveUp));
    request.end(isForm ? text : undefined);
  }

  #read(response: IncomingMessage, end: (outcome: HttpOutcome) => void, giveUp: (why: string) => void): void {
    const parts: Buffer[] = [];
    let bytes = 0;
    const { bytesMax } = this.#options;
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      parts.push(part);
      if (bytes > bytesMax) giveUp(`the answer has more than ${bytesMax} bytes`);
    });
    response.on('error', ({ message }) => giveUp(message));
    response.once('end', () => {
      if (!response.complete) return giveUp('the answer broke off');
      end({ kind: 'answered', status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() });
    });
  }
}

function encode(fields: Fields = {}): string {
  const pairs = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return new URLSearchParams(pairs).toString();
}
