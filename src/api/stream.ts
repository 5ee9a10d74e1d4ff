// `GET /api/v1/stream`: what joins the log, as server-sent events.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { HEADERS } from './guards.ts';
import { ProblemError } from './problem.ts';
import type { Reading } from './reading.ts';
import { StreamHub, type StreamLimits } from './stream-hub.ts';
import { beginningOf, parseTopics } from './stream-place.ts';

export const STREAM_QUERY = z.strictObject({
  topics: z.string().min(1).max(4_096).describe('Topics with commas between them.'),
});

export function addStream(server: FastifyInstance, url: string, reading: Reading, limits: StreamLimits): void {
  const hub = new StreamHub(reading, limits);
  server.addHook('preClose', async () => hub.close());
  server.get(url, { exposeHeadRoute: false }, async (request, reply) => {
    const query = STREAM_QUERY.safeParse(request.query);
    if (!query.success) {
      throw new ProblemError(400, 'expected topics to be names of topics with commas between them, and nothing else');
    }
    const lastId = request.headers['last-event-id'];
    const place = beginningOf(parseTopics(query.data.topics), reading.topics(), lastId?.toString());
    if (hub.full) {
      void reply.header('retry-after', '10');
      throw new ProblemError(503, `expected at most ${limits.clientsMax} streams; close one that is not needed`);
    }
    const { raw } = reply.hijack();
    raw.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    hub.add(raw, place);
  });
}
