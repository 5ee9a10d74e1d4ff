// Somebody elsewhere who is told of what happens: a real server that checks signatures as docs/guides/subscriptions.md says,
// and answers as the test wants.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>> & { readonly id: string };
  /** Whether the signature is that of the secret. */
  readonly isSigned: boolean;
  /** What was answered. */
  readonly status: number;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The ids of what was taken, in order. */
  readonly ids: () => readonly string[];
  /** The status of the next answers. */
  answer: (message: Received['body']) => number;
  secret: string;
}

export async function receiver(t: TestContext): Promise<Receiver> {
  const received: Received[] = [];
  const made: Receiver = {
    url: '',
    received,
    ids: () => received.flatMap(({ status, body }) => (status === 200 ? [body.id] : [])),
    answer: () => 200,
    secret: '',
  };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { headers } = request;
      const signed = `${String(headers['x-alpha-panda-timestamp'])}.${text}`;
      const mark = createHmac('sha256', made.secret).update(signed).digest('hex');
      const body = JSON.parse(text) as Received['body'];
      const status = made.answer(body);
      received.push({ headers, body, isSigned: headers['x-alpha-panda-signature'] === `v1=${mark}`, status });
      response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end('what is answered is not read');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return Object.assign(made, { url: `http://127.0.0.1:${port}/hook/s3cret` });
}
