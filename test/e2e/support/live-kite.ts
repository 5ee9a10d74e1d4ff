// A Kite simulator that stands in for Kite in the test's own process, and what a program needs to find it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext } from 'node:test';
import { runKiteSimulator } from '#app/kite-simulator.ts';
import { settingsOf } from '../../settings/settings-run.ts';
import { temporaryFolder } from '../../support/tape-builder.ts';
import { type BookTrade } from './kite-book.ts';
import { type Place } from './place.ts';
import { lastWords, type Env } from './processes.ts';

export interface Truth {
  readonly orders: readonly {
    readonly tag: string | null;
    readonly tradingsymbol: string;
    /** Rupees. */
    readonly average_price: number;
  }[];
  readonly trades: readonly BookTrade[];
  readonly counts: {
    readonly requests: Readonly<Record<string, number>>;
    readonly authenticationFailures: number;
  };
}

export class Kite {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async look<T>(path: string): Promise<T> {
    return this.#answer(path, await fetch(`${this.url}/simulator${path}`));
  }

  async order<T>(path: string, body: object = {}): Promise<T> {
    const sent = { method: 'POST', body: JSON.stringify(body) };
    return this.#answer(path, await fetch(`${this.url}/simulator${path}`, sent));
  }

  /** Signs in as a person does on the login page; where that sends the browser. */
  async logIn(loginUrl: string): Promise<URL> {
    const page = await (await fetch(loginUrl)).text();
    const finish = new URL('/connect/finish', this.url);
    for (const [, name = '', value = ''] of page.matchAll(/name="(\w+)" value="([^"]*)"/g)) {
      const text = value.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
      finish.searchParams.set(name, text);
    }
    const answer = await fetch(finish, { redirect: 'manual' });
    assert.equal(answer.status, 302, await answer.text());
    return new URL(answer.headers.get('location') ?? '');
  }

  async requestToken(): Promise<string> {
    return (await this.order<{ request_token: string }>('/request-token')).request_token;
  }

  async #answer<T>(path: string, answer: Response): Promise<T> {
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  }
}

/** A Kite that trades on the simulated market until the test ends, and sends who has logged in to `redirectUrl`. */
export async function kiteAt(t: Pick<TestContext, 'after'>, redirectUrl?: string): Promise<Kite> {
  const settings = settingsOf({ DATA_DIR: join(temporaryFolder(t), 'kite') });
  const stop = new AbortController();
  const address = await new Promise<string>((resolve, reject) => {
    const running = runKiteSimulator({
      settings,
      run: { port: 0, redirectUrl },
      stop: stop.signal,
      say: async (text) => resolve(/http:\S+/.exec(text)?.[0] ?? ''),
      complain: (text) => reject(new Error(text)),
    });
    t.after(async () => {
      stop.abort();
      await running;
    });
  });
  return new Kite(address);
}

export function liveAt({ url }: Kite): Env {
  return {
    FEED__SOURCE: 'zerodha',
    ZERODHA__KITE_ROOT: url,
    ZERODHA__API_KEY: 'simulator',
    ZERODHA__API_SECRET: 'simulator-secret',
    AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef',
    RECONNECTION__BASE_DELAY_SECONDS: '1',
  };
}

export async function signedIn(place: Place, token: string): Promise<void> {
  const login = await place.run(['login', 'zerodha', '--request-token', token]);
  assert.equal(login.code, 0, lastWords(login));
  assert.equal(login.stdout, 'signed in to Kite as SIM001\n');
}
