// The official Kite client in a process of its own: its ticker keeps its state in the module and may end the process. It
// does what the parent asks and sends back what came of it.
import { KiteConnect, KiteTicker } from 'kiteconnect';

export interface Asked {
  readonly id: number;
  readonly what: string;
  readonly args: readonly unknown[];
}

interface Roots {
  readonly url: string;
  readonly tickerUrl: string;
  readonly apiKey: string;
  readonly accessToken: string;
}

/** What the type definitions of the client leave out. */
interface RawTicker {
  connect(): void;
  disconnect(): void;
  subscribe(tokens: readonly number[]): void;
  setMode(mode: string, tokens: readonly number[]): void;
  on(event: string, told: (...args: unknown[]) => void): void;
  parseBinary(frame: ArrayBuffer): unknown;
}
type AnyTicker = new (params: Readonly<Record<string, unknown>>) => RawTicker;

/** Its methods by name; what they take and give is what the test looks at. */
type AnyClient = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

let client: AnyClient | undefined;
let ticker: RawTicker | undefined;

process.on('message', (asked: Asked) => {
  carryOut(asked)
    .then((result) => process.send?.({ id: asked.id, result: plain(result) }))
    // The client rejects with a plain object as often as with an error.
    .catch((error: unknown) => process.send?.({ id: asked.id, error: plain(describe(error)) }));
});

async function carryOut({ what, args }: Asked): Promise<unknown> {
  if (what === 'open') return open(args[0] as Roots);
  if (what === 'parse') return ticker?.parseBinary(new Uint8Array(Buffer.from(args[0] as string, 'base64')).buffer);
  if (what === 'ticker.connect') return ticker?.connect();
  if (what === 'ticker.disconnect') return ticker?.disconnect();
  if (what === 'ticker.subscribe') return ticker?.subscribe(args[0] as number[]);
  if (what === 'ticker.mode') return ticker?.setMode(args[0] as string, args[1] as number[]);
  const method = client?.[what];
  if (method === undefined) throw new Error(`the client has no method ${what}`);
  return method.apply(client, [...args]);
}

function open({ url, tickerUrl, apiKey, accessToken }: Roots): void {
  client = new KiteConnect({ api_key: apiKey, root: url }) as unknown as AnyClient;
  if (accessToken !== '') client['setAccessToken']?.(accessToken);
  const Ticker = KiteTicker as unknown as AnyTicker;
  ticker = new Ticker({ api_key: apiKey, access_token: accessToken, root: tickerUrl, reconnect: false });
  for (const event of ['ticks', 'connect', 'disconnect', 'error', 'close', 'order_update']) {
    ticker.on(event, (...told) => process.send?.({ event, told: plain(told.map(describe)) }));
  }
}

/** Errors and the socket's events by what they say; they carry half the process with them. */
function describe(told: unknown): unknown {
  const isEvent = typeof told === 'object' && told !== null && 'target' in told;
  return told instanceof Error || isEvent ? { message: (told as { readonly message?: string }).message } : told;
}

/** Without what a message to the parent cannot carry; undefined stays a value. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null)) as unknown;
}
