// Who may pass: every route asks it before anything of the request is read. Refused is what is not allowed by the table of
// routes, and nothing here knows a path.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANYONE_HERE, reaches, STEP_UP_MS_MAX, type Access, type Caller } from './access.ts';
import { ProblemError } from './problem.ts';
import type { Route } from './route.ts';

export interface GateOptions {
  /** Undefined: nothing asks who calls, and only this machine is answered. */
  readonly access: Access | undefined;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** Told of what a person may ask about later. */
  readonly audit: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #callers = new WeakMap<FastifyRequest, Caller>();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Throws `ProblemError` unless whoever sent the request may ask for this. */
  pass({ role, stepUp, method, path }: Route, request: FastifyRequest, reply: FastifyReply): void {
    if (role === 'anyone') return;
    const caller = this.#identify(request, reply);
    this.#callers.set(request, caller);
    const refused = (detail: string): ProblemError => {
      this.#options.audit('A request was refused', { who: caller.name, from: request.ip, route: `${method} ${path}` });
      return new ProblemError(403, detail);
    };
    if (!reaches(caller.role, role)) {
      const remedy =
        this.#options.access === undefined
          ? 'nothing asks who calls here, so the API only reads; set AUTH__ENABLE_USER_AUTH=true, or use alpha-panda'
          : `${caller.name} is ${caller.role}; ask with a credential of that role`;
      throw refused(`expected the role ${role} at least; ${remedy}`);
    }
    if (stepUp && !this.isFresh(caller)) {
      const remedy = 'sign in again, as POST /api/v1/auth/token does, and send this again with the new token';
      throw refused(`expected a password that was entered within ${STEP_UP_MS_MAX / 60_000} minutes; ${remedy}`);
    }
  }

  callerOf(request: FastifyRequest): Caller {
    return this.#callers.get(request) ?? { ...ANYONE_HERE, brokers: [] };
  }

  /** Whether a request that is still being answered would be let in again. */
  isStillKnown(request: FastifyRequest): boolean {
    const { access } = this.#options;
    return access === undefined || access.callerOf(request.headers.authorization ?? '') !== undefined;
  }

  isFresh({ passwordAt }: Caller): boolean {
    return passwordAt !== undefined && this.#options.now() - passwordAt <= STEP_UP_MS_MAX;
  }

  #identify({ headers }: FastifyRequest, reply: FastifyReply): Caller {
    const { access } = this.#options;
    if (access === undefined) return ANYONE_HERE;
    const caller = headers.authorization === undefined ? undefined : access.callerOf(headers.authorization);
    if (caller !== undefined) return caller;
    const what = headers.authorization === undefined ? '' : ', error="invalid_token"';
    void reply.header('www-authenticate', `Bearer realm="alpha-panda"${what}`);
    const remedy = 'POST /api/v1/auth/token with name and password gives one, alpha-panda keys create too';
    throw new ProblemError(401, `expected Authorization: Bearer with a token or key that is in force; ${remedy}`);
  }
}
