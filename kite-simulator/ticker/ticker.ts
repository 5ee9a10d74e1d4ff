// The ticker without sockets: who is connected, what each connection wants, what it is sent. `transport.ts` gives it
// sockets; a test connects to it directly.
import { type OrderUpdate } from '../account/book.ts';
import { type Broker } from '../broker.ts';
import { type Quote } from '../exchange/market.ts';
import { updateJson } from '../rest/order-json.ts';
import { malformed } from './malformed.ts';
import { frame, frames, HEARTBEAT, packet, type Mode } from './packets.ts';

/** What a transport does for a connection. */
export interface TickerSink {
  binary(bytes: Buffer): void;
  text(text: string): void;
  /** Ends the connection without a closing frame. */
  cut(): void;
}

export interface TickerConnection {
  /** A text frame from the client. */
  receive(text: string): void;
  closed(): void;
}

interface Connection {
  readonly number: number;
  readonly sink: TickerSink;
  readonly modes: Map<number, Mode>;
  silentUntil: number;
  heartbeatsUntil: number;
}

export const CONNECTIONS_MAX = 3;
export const TOKENS_MAX = 3_000;
const HEARTBEAT_MS = 1_000;
const STALL_MS = 60_000;
const OLD_TICK_MS = 60_000;
/** A token of the NSE that no catalogue has. */
const STRAY_TOKEN = 0x7fff01;

export class Ticker {
  readonly #broker: Broker;
  readonly #connections = new Set<Connection>();
  readonly #ending = new AbortController();
  #numbers = 0;
  #frames = 0;
  #dropNext = false;
  #heart: Promise<void> | undefined;
  /** An update that a fault holds back. */
  #held: string[] = [];

  constructor(broker: Broker) {
    this.#broker = broker;
    broker.onUpdates.push((updates) => this.#tell(updates));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** A connection, or the status code with which the upgrade is refused. */
  connect(apiKey: string, accessToken: string, sink: TickerSink): TickerConnection | number {
    const refused = this.#broker.faults.strikes('refuse-socket');
    if (refused !== undefined) return refused.status ?? 403;
    if (!this.#broker.sessions.accepts(apiKey, accessToken)) return 403;
    if (this.#connections.size >= CONNECTIONS_MAX) return 429;
    const connection: Connection = {
      number: ++this.#numbers,
      sink,
      modes: new Map(),
      silentUntil: 0,
      heartbeatsUntil: 0,
    };
    this.#connections.add(connection);
    this.#heart ??= this.#beat();
    return {
      receive: (text) => this.#receive(connection, text),
      closed: () => void this.#connections.delete(connection),
    };
  }

  /** Sends the quotes that ticks have just made to whoever wants them. */
  push(quotes: readonly Quote[]): void {
    if (quotes.length === 0) return;
    for (const connection of this.#connections) {
      if (!this.#mayTick(connection)) continue;
      const packets: Buffer[] = [];
      for (const quote of quotes) {
        const mode = connection.modes.get(quote.contract.instrument.token);
        if (mode !== undefined) packets.push(packet(quote, mode));
      }
      if (packets.length === 0) continue;
      this.#send(connection, packets, quotes[0]);
    }
  }

  /** A text frame to everybody, such as an alert or an error. */
  say(type: 'error' | 'message', data: unknown): void {
    this.#sayText(JSON.stringify({ type, data }));
  }

  /** Ends every connection as a broken line does. */
  cutAll(): void {
    for (const connection of this.#connections) this.#cut(connection);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.cutAll();
    await this.#heart;
  }

  #receive(connection: Connection, text: string): void {
    const command = readCommand(text);
    if (command === undefined) return this.#error(connection, 'Invalid message.');
    const { action, mode, tokens } = command;
    if (action === 'unsubscribe') tokens.forEach((token) => connection.modes.delete(token));
    else {
      const known = tokens.filter((token) => this.#broker.catalogue.byToken(token) !== undefined);
      const wanted = new Set([...connection.modes.keys(), ...known]);
      if (wanted.size > TOKENS_MAX) {
        return this.#error(connection, `Cannot subscribe to more than ${TOKENS_MAX} instruments.`);
      }
      for (const token of known) connection.modes.set(token, mode ?? connection.modes.get(token) ?? 'quote');
      this.#snapshot(connection, known);
    }
    if (!this.#dropNext || action === 'unsubscribe') return;
    this.#dropNext = false;
    this.#cut(connection);
  }

  /** What the market is like right now, for tokens that have just been asked for. */
  #snapshot(connection: Connection, tokens: readonly number[]): void {
    const quotes = tokens.flatMap((token) => this.#broker.market.quote(token) ?? []).filter(({ traded }) => traded);
    if (quotes.length === 0 || !this.#mayTick(connection)) return;
    const packets = quotes.map((quote) =>
      packet(quote, connection.modes.get(quote.contract.instrument.token) ?? 'quote'),
    );
    for (const bytes of frames(packets)) connection.sink.binary(bytes);
  }

  #send(connection: Connection, packets: Buffer[], first: Quote | undefined): void {
    const { faults, seed } = this.#broker;
    if (faults.strikes('drop') !== undefined) return this.#cut(connection);
    if (faults.strikes('double-drop') !== undefined) {
      this.#dropNext = true;
      return this.#cut(connection);
    }
    const now = this.#broker.options.clock.now();
    const silent = faults.strikes('silent-socket');
    if (silent !== undefined) connection.silentUntil = now + (silent.ms ?? STALL_MS);
    const quiet = faults.strikes('heartbeats-only');
    if (quiet !== undefined) connection.heartbeatsUntil = now + (quiet.ms ?? STALL_MS);
    if (!this.#mayTick(connection)) return;
    if (first !== undefined) this.#addOdd(packets, first, connection.modes);
    for (const bytes of frames(packets)) connection.sink.binary(bytes);
    if (faults.strikes('malformed-frame') !== undefined) {
      connection.sink.binary(malformed(frame(packets.slice(0, 20)), seed, this.#frames++));
    }
  }

  #addOdd(packets: Buffer[], quote: Quote, modes: ReadonlyMap<number, Mode>): void {
    const { faults } = this.#broker;
    const mode = modes.get(quote.contract.instrument.token) ?? 'full';
    if (faults.strikes('stray-tick') !== undefined) {
      const { contract } = quote;
      const instrument = { ...contract.instrument, token: STRAY_TOKEN };
      packets.push(packet({ ...quote, contract: { ...contract, instrument } }, mode));
    }
    if (faults.strikes('zero-price') !== undefined) packets.push(packet({ ...quote, last: 0 }, mode));
    if (faults.strikes('old-tick') !== undefined) {
      packets.push(packet({ ...quote, time: (quote.time - OLD_TICK_MS) as Quote['time'] }, mode));
    }
  }

  #tell(updates: readonly OrderUpdate[]): void {
    const { faults, sessions } = this.#broker;
    for (const { order, status } of updates) {
      const text = JSON.stringify({ type: 'order', data: updateJson(order, status, sessions.credentials) });
      if (faults.strikes('lost-update', order) !== undefined) continue;
      if (faults.strikes('late-update', order) !== undefined) {
        this.#held.push(text);
        continue;
      }
      this.#sayText(text);
      if (faults.strikes('duplicate-update', order) !== undefined) this.#sayText(text);
      if (faults.strikes('foreign-update', order) !== undefined) {
        const foreign = { ...order, orderId: `9${order.orderId.slice(1)}`, tag: null, tags: [] };
        const data = updateJson(foreign, status, sessions.credentials);
        this.#sayText(JSON.stringify({ type: 'order', data }));
      }
      const held = this.#held;
      this.#held = [];
      for (const late of held) this.#sayText(late);
    }
  }

  #sayText(text: string): void {
    for (const connection of this.#connections) if (!this.#isSilent(connection)) connection.sink.text(text);
  }

  #error(connection: Connection, message: string): void {
    connection.sink.text(JSON.stringify({ type: 'error', data: message }));
  }

  #cut(connection: Connection): void {
    this.#connections.delete(connection);
    connection.sink.cut();
  }

  #isSilent({ silentUntil }: Connection): boolean {
    return this.#broker.options.clock.now() < silentUntil;
  }

  #mayTick(connection: Connection): boolean {
    return !this.#isSilent(connection) && this.#broker.options.clock.now() >= connection.heartbeatsUntil;
  }

  async #beat(): Promise<void> {
    const { signal } = this.#ending;
    const { clock, heartbeatMs = HEARTBEAT_MS } = this.#broker.options;
    while (!signal.aborted) {
      for (const connection of this.#connections) if (!this.#isSilent(connection)) connection.sink.binary(HEARTBEAT);
      await clock.sleep(heartbeatMs, signal);
    }
  }
}

interface Command {
  readonly action: 'subscribe' | 'unsubscribe' | 'mode';
  readonly mode: Mode | undefined;
  readonly tokens: readonly number[];
}

/** Tokens that are no numbers are left out, as Kite ignores them: what stays is a connection with heartbeats only. */
function readCommand(text: string): Command | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { a: action, v: value } = json as { readonly a?: unknown; readonly v?: unknown };
  if ((action === 'subscribe' || action === 'unsubscribe') && Array.isArray(value)) {
    return { action, mode: undefined, tokens: numbersOf(value) };
  }
  if (action !== 'mode' || !Array.isArray(value) || !Array.isArray(value[1])) return undefined;
  const [mode, tokens] = value as [unknown, unknown[]];
  if (mode !== 'ltp' && mode !== 'quote' && mode !== 'full') return undefined;
  return { action, mode, tokens: numbersOf(tokens) };
}

function numbersOf(values: readonly unknown[]): readonly number[] {
  return values.filter((value) => typeof value === 'number');
}
