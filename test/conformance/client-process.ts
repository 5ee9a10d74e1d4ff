// Starts the official client's process beside a simulator on real sockets, and asks it for one thing at a time.
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { type TestContext } from 'node:test';
import { serveKite } from '#kite-simulator/transport.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { kiteWorld, type KiteWorld } from '../support/kite-world.ts';

export interface OfficialClient {
  readonly world: KiteWorld;
  readonly url: string;
  readonly tickerUrl: string;
  /** What the client resolved to; rejects with what it rejected with. */
  ask(what: string, ...args: readonly unknown[]): Promise<unknown>;
  /** The next event of this name that has not been taken yet. */
  event(name: string): Promise<readonly unknown[]>;
}

/** The client's own refusal, as the plain object that it is. */
export class Rejected extends Error {
  readonly body: Readonly<Record<string, unknown>>;

  constructor(body: unknown) {
    super(JSON.stringify(body));
    this.body = body as Readonly<Record<string, unknown>>;
  }
}

interface Answered {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly event?: string;
  readonly told?: readonly unknown[];
}

export async function officialClient(t: TestContext, world: KiteWorld = kiteWorld()): Promise<OfficialClient> {
  const server = await serveKite(world.simulator);
  const child = fork(join(import.meta.dirname, 'official-client.ts'), { env: { ...process.env, TZ: 'Asia/Kolkata' } });
  const { url, tickerUrl } = server;
  t.after(async () => {
    heard.on('error', () => undefined);
    await end(child);
    await server.close();
    await world.simulator.close();
  });
  const heard = new EventEmitter();
  // Whoever waits for a process that is gone fails at once.
  child.once('exit', () => heard.emit('error', new Error('the official client has ended')));
  const waiting = new Map<string, (readonly unknown[])[]>();
  child.on('message', ({ id, result, error, event, told = [] }: Answered) => {
    if (event === undefined) heard.emit(`answer ${id}`, error === undefined ? { result } : { error });
    else {
      waiting.set(event, [...(waiting.get(event) ?? []), told]);
      heard.emit('event');
    }
  });
  let asked = 0;
  const ask = async (what: string, ...args: readonly unknown[]): Promise<unknown> => {
    const id = ++asked;
    const answer = once(heard, `answer ${id}`) as Promise<[{ result?: unknown; error?: unknown }]>;
    child.send({ id, what, args });
    const [{ result, error }] = await answer;
    if (error !== undefined) throw new Rejected(error);
    return result;
  };
  const accessToken = world.simulator.broker.sessions.current?.accessToken ?? '';
  await ask('open', { url, tickerUrl, apiKey: SIMULATOR_CREDENTIALS.apiKey, accessToken });
  const event = async (name: string): Promise<readonly unknown[]> => {
    for (;;) {
      const [first, ...rest] = waiting.get(name) ?? [];
      if (first !== undefined) {
        waiting.set(name, rest);
        return first;
      }
      await once(heard, 'event');
    }
  };
  return { world, url, tickerUrl, ask, event };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
