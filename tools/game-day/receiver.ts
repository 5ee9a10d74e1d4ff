// Where the alerts of a game day arrive: a server of the kind that ALERTS__WEBHOOK_URL names, which checks each signature, and
// that of a Telegram bot, which can be told to fail.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { signatureOf } from '#adapters/alert-channels/webhook.ts';
import { type AlertMessage } from '#ports/alert-channel.ts';

export interface Arrived {
  /** Milliseconds on the clock of this process that never goes back. */
  readonly atMs: number;
  readonly message: AlertMessage;
}

export interface Receiver {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  /** What came without a good signature. */
  readonly forged: number;
  /** Whether the server of the second channel answers well. */
  telegramWorks: boolean;
  close(): Promise<void>;
}

export async function openReceiver(secret: string): Promise<Receiver> {
  const arrived: Arrived[] = [];
  const state = { forged: 0, telegramWorks: true };
  const take = async (request: IncomingMessage): Promise<number> => {
    const body = await text(request);
    if (request.url?.startsWith('/bot') === true) return state.telegramWorks ? 200 : 500;
    const [, time = '', mark = ''] =
      /^t=(\d+),v1=(\w+)$/.exec(String(request.headers['x-alpha-panda-signature'])) ?? [];
    if (mark !== signatureOf(secret, Number(time), body)) {
      state.forged++;
      return 401;
    }
    arrived.push({ atMs: performance.now(), message: JSON.parse(body) as AlertMessage });
    return 200;
  };
  const server: Server = createServer((request, response) => {
    void take(request).then((status) => response.writeHead(status).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    arrived,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
