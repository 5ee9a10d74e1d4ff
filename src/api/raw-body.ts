// The bytes of a JSON body as they came: a signature is over them, and not over what they mean.
import type { FastifyInstance, FastifyRequest } from 'fastify';

const BODIES = new WeakMap<FastifyRequest, Buffer>();

/** JSON is parsed as the server would by itself, and its bytes are kept as long as the request. */
export function keepRawBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    BODIES.set(request, body);
    void parse(request, body.toString(), done);
  });
}

/** Empty when none came. */
export function rawBodyOf(request: FastifyRequest): Buffer {
  return BODIES.get(request) ?? Buffer.alloc(0);
}
