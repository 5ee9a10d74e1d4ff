// Errors as answers: problem documents after RFC 9457, which say what was expected, what was found and what to do, and
// nothing of the program's inside.
import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Problem } from './contract.ts';

/** An answer other than the one that was asked for. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export function problemOf(status: number, detail: string, url: string): Problem {
  // What follows the path may hold what a client would not like to see in a log.
  const instance = url.split('?', 1)[0] ?? url;
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, instance };
}

export async function sendProblem(reply: FastifyReply, status: number, detail: string): Promise<FastifyReply> {
  const document = problemOf(status, detail, reply.request.raw.url ?? '/');
  return reply.code(status).type('application/problem+json').send(JSON.stringify(document));
}
