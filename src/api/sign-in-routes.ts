// Signing in: a name and a password for a token that lasts some minutes.
import { z } from 'zod';
import type { Access, Caller, SignedIn } from './access.ts';
import { confirmed, enrolled, me, token } from './contract.ts';
import type { GateOptions } from './gate.ts';
import { ProblemError } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';
import { sessionRoutes } from './session-routes.ts';
import { kiteSignInRoutes } from './kite-sign-in-routes.ts';
import { API, define, type Route } from './route.ts';

/** Attempts of one address for one name, and for all names: enough for a person, too few for a list of words. */
const OF_NAME = { burst: 5, perSecond: 1 / 30, addressesMax: 10_000 };
export const SIGN_INS_OF_ADDRESS = { burst: 20, perSecond: 1 / 5, addressesMax: 10_000 };
const NAME_CHARACTERS_MAX = 128;
const PASSWORD_CHARACTERS_MAX = 1_024;
const code = z.string().min(1).max(64);

export interface SignInOptions extends GateOptions {
  readonly nowMs: () => number;
}

export function signInRoutes(options: SignInOptions): readonly Route[] {
  const { access, now } = options;
  const given = (signedIn: SignedIn) => tokenAnswer(signedIn, now());
  return [
    define('POST', `${API}/auth/token`, 'A token for a name and a password.', {
      role: 'anyone',
      body: z.strictObject({
        name: z.string().min(1).max(NAME_CHARACTERS_MAX),
        password: z.string().min(1).max(PASSWORD_CHARACTERS_MAX),
        code: code.optional().describe('Of the authenticator app, or a recovery code, where the user has one.'),
      }),
      answer: token,
      handle: signIn(options, given),
    }),
    define('POST', `${API}/auth/renew`, 'A new token for one that is in force; the password is not entered by it.', {
      role: 'viewer',
      answer: token,
      handle: async ({ caller }) => {
        const renewed = demanded(access).renew(caller);
        if (renewed !== undefined) return given(renewed);
        throw new ProblemError(403, 'expected a token whose password was entered within 8 hours; sign in anew');
      },
    }),
    ...kiteSignInRoutes(options, given),
    ...codeRoutes(options),
    ...sessionRoutes(options),
    define('GET', `${API}/auth/me`, 'Who calls, and what may be done.', {
      role: 'viewer',
      answer: me,
      handle: async ({ caller }) => {
        return { ...about(caller), expires_at: instantOf(caller.expiresAt), password_at: instantOf(caller.passwordAt) };
      },
    }),
  ];
}

/** A second factor, for whoever wants one. */
function codeRoutes({ access, audit }: SignInOptions): readonly Route[] {
  const mine = { role: 'viewer', stepUp: true } as const;
  return [
    define('POST', `${API}/auth/code/enrol`, 'A seed for an authenticator app; it counts when a code was confirmed.', {
      ...mine,
      answer: enrolled,
      handle: async ({ caller, request: { ip } }) => {
        const seed = demanded(access).enrol(caller);
        audit('A second factor was begun', { who: caller.name, from: ip });
        return seed;
      },
    }),
    define('POST', `${API}/auth/code/confirm`, 'From now on signing in asks for a code.', {
      ...mine,
      body: z.strictObject({ code }),
      answer: confirmed,
      handle: async ({ caller, body, request: { ip } }) => {
        const codes = demanded(access).confirm(caller, body.code);
        audit('A second factor was confirmed', { who: caller.name, from: ip });
        return { recovery_codes: [...codes] };
      },
    }),
  ];
}

function signIn({ access, audit, nowMs }: SignInOptions, given: (signedIn: SignedIn) => object) {
  const [ofName, ofAddress] = [new RateLimiter(OF_NAME), new RateLimiter(SIGN_INS_OF_ADDRESS)];
  return async ({
    body: { name, password, code: codeGiven },
    request: { ip },
    reply,
  }: SignInAsked): Promise<object> => {
    const known = demanded(access);
    const wait = Math.max(ofName.take(`${ip} ${name}`, nowMs()), ofAddress.take(ip, nowMs()));
    if (wait > 0) {
      audit('Signing in was tried too often', { name, from: ip });
      void reply.header('retry-after', `${wait}`);
      throw new ProblemError(429, `expected fewer attempts to sign in; wait ${wait} s`);
    }
    const signedIn = await known.signIn({ name, password, code: codeGiven, from: ip });
    if (signedIn === 'code') {
      audit('Signing in failed', { name, from: ip, why: 'no code' });
      throw new ProblemError(401, 'expected code beside name and password: what the authenticator app shows now');
    }
    if (signedIn === undefined) {
      audit('Signing in failed', { name, from: ip });
      throw new ProblemError(
        401,
        'expected a name and its password, and its code if it has an app; alpha-panda users password sets a new one',
      );
    }
    audit('Signed in', { who: signedIn.caller.name, from: ip });
    return given(signedIn);
  };
}

interface SignInAsked {
  readonly body: { readonly name: string; readonly password: string; readonly code?: string | undefined };
  readonly request: { readonly ip: string };
  readonly reply: { header(name: string, value: string): unknown };
}

export function demanded(access: Access | undefined): Access {
  if (access !== undefined) return access;
  throw new ProblemError(403, 'nothing asks who calls here; set AUTH__ENABLE_USER_AUTH=true to sign in');
}

function tokenAnswer({ token: text, caller }: SignedIn, now: number): z.infer<typeof token> {
  const seconds = Math.max(0, Math.ceil(((caller.expiresAt ?? now) - now) / 1_000));
  return { access_token: text, token_type: 'Bearer', expires_in: seconds, ...about(caller) };
}

function about({ name, role, brokers }: Caller) {
  return { name, role, brokers: brokers ? [...brokers] : null };
}

function instantOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
