// A connection that answers at once: a thread of its own talks to the server, and the calling thread stands still until the
// answer is there or the time is up (docs/decisions/0017-a-store-that-answers-at-once.md).
import { hostname } from 'node:os';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { invariant } from '#core/invariant.ts';
import {
  FIRST_NUMBER,
  NO_NUMBER,
  nextNumber,
  stoodStill,
  type Answer,
  type ConnectionWorkerData,
  type Request,
  type Row,
  type Statement,
} from './exchange.ts';
import { type Place } from './place.ts';
import { connectError, ServerFailure, TIMED_OUT } from './postgres-error.ts';

const STATEMENT_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** What the thread itself takes to start, on a busy machine. */
const THREAD_START_MS = 10_000;
/** PostgreSQL cuts a longer name. */
const APPLICATION_NAME_MAX = 63;

export interface ConnectionOptions {
  /** How long an answer may take. */
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

/*
 * A server that does not hear from us ends the session, and with it the lock: within a second when this process is gone,
 * within half a minute when this machine is.
 */
const SESSION = `SELECT set_config('search_path', $1, false), set_config('client_connection_check_interval', '1s', false),
  set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
  set_config('tcp_keepalives_count', '4', false)`;

export class Connection {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(NO_NUMBER);
  /** Of the answer that comes next. */
  #number = FIRST_NUMBER;
  readonly #place: Place;
  readonly #timeoutMs: number;
  #isOpen = true;
  /** Why it can never be used again. */
  #broken: ServerFailure | undefined;

  /** @param purpose what the connection is for, told to whoever looks at the server's sessions */
  constructor(place: Place, purpose: string, options: ConnectionOptions = {}) {
    const { timeoutMs = STATEMENT_TIMEOUT_MS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
    this.#place = place;
    this.#timeoutMs = timeoutMs;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const application = `alpha-panda ${purpose} ${process.pid}@${hostname()}`.slice(0, APPLICATION_NAME_MAX);
    const workerData: ConnectionWorkerData = {
      url: place.url,
      application,
      connectTimeoutMs,
      port: port2,
      state: this.#state,
    };
    // Options of this process, such as --input-type, need not suit a thread. One that dies takes the process with it.
    const script = new URL('./connection-worker.ts', import.meta.url);
    this.#worker = new Worker(script, { workerData, transferList: [port2], execArgv: [] });
    this.#worker.unref();
    try {
      this.#answer(connectTimeoutMs + THREAD_START_MS);
      this.ask([{ text: SESSION, values: [place.schema] }]);
    } catch (error) {
      this.#abandon();
      throw error instanceof ServerFailure ? connectError(error, place) : error;
    }
  }

  /** The rows of one statement; the caller knows what columns it asks for. Throws `ServerFailure`. */
  query<R extends Row>(text: string, values: NonNullable<Statement['values']> = []): R[] {
    return (this.ask([{ text, values }])[0] ?? []) as R[];
  }

  /** The rows of each statement; all of them go to the server together, and one that fails spoils no other. */
  ask(statements: readonly Statement[]): readonly (readonly Row[])[] {
    invariant(statements.length > 0, 'a request has a statement');
    this.#send({ statements, isTransaction: false });
    return this.#answer(this.#timeoutMs);
  }

  /** The same as one transaction. When it throws nothing was done, or the connection was lost and nobody knows. */
  transact(statements: readonly Statement[]): readonly (readonly Row[])[] {
    this.#send({ statements, isTransaction: true });
    return this.#answer(this.#timeoutMs);
  }

  /** Whether it was neither closed nor lost without a trace. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    if (!this.#isOpen) return;
    if (this.#broken !== undefined) return this.#abandon();
    try {
      this.#send({ statements: [], isTransaction: false });
      this.#answer(this.#timeoutMs);
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
      // Ended by the other side already: there is nothing left to end.
    } finally {
      this.#abandon();
    }
  }

  #send(request: Omit<Request, 'number'>): void {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#isOpen) throw new ServerFailure(undefined, 'the connection was closed');
    this.#number = nextNumber(this.#number);
    this.#port.postMessage({ ...request, number: this.#number } satisfies Request, []);
  }

  #answer(timeoutMs: number): readonly (readonly Row[])[] {
    if (!stoodStill(this.#state, this.#number, timeoutMs)) {
      throw this.#break(new ServerFailure(TIMED_OUT, `no answer came within ${timeoutMs} ms`));
    }
    const answer = receiveMessageOnPort(this.#port)?.message as Answer | undefined;
    // The answer of another question would be taken for this one's, and so on from then.
    if (answer?.number !== this.#number) {
      throw this.#break(
        new ServerFailure(undefined, `expected the answer ${this.#number}, found ${answer?.number ?? 'none'}`),
      );
    }
    if ('failure' in answer) throw new ServerFailure(answer.failure.code, this.#place.hide(answer.failure.message));
    return answer.rows;
  }

  /** It can never be used again; returns why. */
  #break(why: ServerFailure): ServerFailure {
    this.#broken = why;
    this.#abandon();
    return why;
  }

  /** Ends the thread, and with it the socket. Nobody waits for it: it has nothing left to do. */
  #abandon(): void {
    this.#isOpen = false;
    this.#port.close();
    void this.#worker.terminate();
  }
}
