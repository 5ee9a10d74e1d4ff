// `GET /api/v1/stream`: what joins the log, as server-sent events.
import { z } from 'zod';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './access.ts';
import { corsOf } from './cors.ts';
import { HEADERS } from './guards.ts';
import { ProblemError } from './problem.ts';
import type { Reading } from './reading.ts';
import { API, define, type Route } from './route.ts';
import { demandTopic } from './routes.ts';
import { StreamHub, type StreamLimits } from './stream-hub.ts';
import { beginningOf, parseTopics } from './stream-place.ts';

const QUERY = z.strictObject({
  topics: z.string().min(1).max(4_096).describe('Topics with commas between them.'),
});

export interface LiveStream {
  readonly route: Route;
  close(): void;
}

interface StreamAsked {
  readonly caller: Caller;
  readonly query: z.infer<typeof QUERY>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** @param isStillKnown whether who asked would be let in again; a stream ends soon after that is no longer so */
export function liveStream(
  reading: Reading,
  limits: StreamLimits,
  isStillKnown: (request: FastifyRequest) => boolean,
): LiveStream {
  const hub = new StreamHub(reading, limits);
  const handle = async ({ caller, query, request, reply }: StreamAsked): Promise<undefined> => {
    const topics = parseTopics(query.topics);
    for (const topic of topics) demandTopic(caller, topic);
    const place = beginningOf(topics, reading.topics(), request.headers['last-event-id']?.toString());
    if (hub.full) {
      void reply.header('retry-after', '10');
      throw new ProblemError(503, `expected at most ${limits.clientsMax} streams; close one that is not needed`);
    }
    const { raw } = reply.hijack();
    raw.writeHead(200, { ...HEADERS, ...corsOf(reply), 'content-type': 'text/event-stream; charset=utf-8' });
    hub.add(raw, place);
    const watch = setInterval(() => {
      if (!isStillKnown(request)) raw.end();
    }, limits.heartbeatMs).unref();
    raw.on('close', () => clearInterval(watch));
  };
  const summary = 'What joins the log from now on, or behind Last-Event-ID, as server-sent events.';
  const route = define('GET', `${API}/stream`, summary, {
    role: 'viewer',
    query: QUERY,
    type: 'text/event-stream',
    handle,
  });
  return { route, close: () => hub.close() };
}
