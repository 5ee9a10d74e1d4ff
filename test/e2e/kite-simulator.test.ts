// The command `alpha-panda kite-simulator`, as a user runs it: it trades on the simulated market, its book is there again
// after a kill, and it says what is wrong when it cannot start.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Place } from './support/place.ts';
import { lastWords, type Program } from './support/processes.ts';
import { freePort } from '../../tools/services/free-port.ts';

type Row = Readonly<Record<string, unknown>>;

class Api {
  readonly url: string;
  token = '';

  constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  async ask(method: string, path: string, body?: string): Promise<{ status: number; data: unknown }> {
    const headers: Record<string, string> = { authorization: `token simulator:${this.token}` };
    if (body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    const response = await fetch(`${this.url}${path}`, { method, headers, body: body ?? null });
    const json = (await response.json()) as { data?: unknown };
    return { status: response.status, data: json.data ?? json };
  }

  /** Waits until it trades, and logs in. */
  async ready(program: Program): Promise<void> {
    let price = 0;
    const look = async (): Promise<void> => {
      try {
        this.token = ((await this.ask('POST', '/simulator/login')).data as { access_token: string }).access_token;
        const { data } = await this.ask('GET', '/quote?i=NSE:INFY');
        price = (data as Record<string, { volume: number }>)['NSE:INFY']?.volume ?? 0;
      } catch (error) {
        // It does not listen yet; whoever waits has a deadline.
        if (!(error instanceof TypeError)) throw error;
      }
    };
    let looking = look();
    await program.until('a first price', () => {
      looking = looking.then(look);
      return price > 0 ? true : undefined;
    });
    await looking;
  }
}

const market =
  'exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&order_type=MARKET&product=CNC&quantity=3&market_protection=-1';

describe('alpha-panda kite-simulator', { timeout: 60_000 }, () => {
  test('trades, is killed, and has every order and trade again', async (t) => {
    const place = new Place(t);
    const port = await freePort();
    const args = ['kite-simulator', '--port', `${port}`];
    const first = place.program(args);
    const api = new Api(port);
    await api.ready(first);
    const { status, data } = await api.ask('POST', '/orders/regular', `${market}&tag=before`);
    assert.equal(status, 200, JSON.stringify(data));
    const before = (await api.ask('GET', '/orders')).data as Row[];
    assert.deepEqual([before.length, before[0]?.['tag']], [1, 'before']);
    first.kill('SIGKILL');
    await first.ended;

    const second = place.program(args);
    await api.ready(second);
    const after = (await api.ask('GET', '/orders')).data as Row[];
    assert.deepEqual(after[0]?.['order_id'], before[0]?.['order_id']);
    assert.ok(Number(after[0]?.['filled_quantity']) >= Number(before[0]?.['filled_quantity']));
    assert.equal((await api.ask('POST', '/orders/regular', `${market}&tag=after`)).status, 200);

    const third = await place.run(args, { DATA_DIR: `${place.dataDir}-other` });
    assert.deepEqual([third.code, /is in use.*--port/.test(third.stderr)], [1, true], lastWords(third));
    const fourth = await place.run(['kite-simulator', '--port', '0']);
    assert.deepEqual([fourth.code, /kite-simulator\.sqlite cannot be opened/.test(fourth.stderr)], [1, true]);

    const ended = await second.stop('SIGTERM');
    assert.equal(ended.code, 0, lastWords(ended));
    assert.match(ended.stdout, new RegExp(`Kite simulator: http://127.0.0.1:${port}`));
  });

  test('takes a port that is a port', async (t) => {
    const ended = await new Place(t).run(['kite-simulator', '--port', 'many']);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /expected --port as a number from 0 to 65535, found many/);
  });
});
