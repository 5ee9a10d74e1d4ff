// The dashboard's files beside the API: what a browser may do with them, how long it may keep them, and that a page of the
// dashboard answers under every path that is nobody else's.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { gzipSync } from 'node:zlib';

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

export interface Pages {
  /** A file by its path below the dashboard, such as `assets/index-1a2b3c.js`; undefined when there is none. */
  file(path: string): PageFile | undefined;
  /** What stands under `/` when the dashboard was not built: what to do about it. */
  readonly missing: string;
}

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
/** Paths that are never a page, so that a wrong one among them is told as an error and not as a dashboard. */
const NO_PAGE = /^\/(api|docs|health|metrics)(\/|$)/;
const COMPRESSED_FROM_BYTES = 1_024;
const compressed = new WeakMap<PageFile, Buffer>();

/** Whether a request that no route answers is one for the dashboard. */
export function isForPage({ method }: Pick<FastifyRequest, 'method'>, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && !NO_PAGE.test(path);
}

/** Answers with the file, or with the page that shows every path of the dashboard. */
export async function sendPage(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
): Promise<FastifyReply> {
  const found = pages.file(path.slice(1));
  const page = found ?? (isAsset(path) ? undefined : pages.file('index.html'));
  void reply.header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer');
  if (page === undefined) {
    const isMissing = !isAsset(path);
    const text = isMissing ? pages.missing : 'There is no such file in the dashboard; open / instead.';
    return reply
      .code(isMissing ? 503 : 404)
      .type('text/plain; charset=utf-8')
      .send(`${text}\n`);
  }
  // Built files have a hash of what they hold in their names.
  const keep = found !== undefined && path.startsWith('/assets/');
  void reply.header('cache-control', keep ? 'public, max-age=31536000, immutable' : 'no-cache');
  void reply.header('vary', 'Accept-Encoding').type(page.type);
  if (page.bytes.length < COMPRESSED_FROM_BYTES || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    return reply.send(page.bytes);
  }
  const bytes = compressed.get(page) ?? gzipSync(page.bytes);
  compressed.set(page, bytes);
  return reply.header('content-encoding', 'gzip').send(bytes);
}

/** A name with an ending is a file and no view. */
function isAsset(path: string): boolean {
  return path.startsWith('/assets/') || /\.[a-z0-9]{2,5}$/.test(path);
}
