// Signing in through Kite: a page asks where to, sends its person there, and brings back what Kite gave them.
import { z } from 'zod';
import type { KiteSignIn, SignedIn } from './access.ts';
import { kiteWay, signInWays, token } from './contract.ts';
import { ProblemError } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';
import { API, define, type Route } from './route.ts';
import { demanded, SIGN_INS_OF_ADDRESS, type SignInOptions } from './sign-in-routes.ts';

const given = z.string().min(1).max(1_024);

export function kiteSignInRoutes(
  { access, audit, nowMs }: SignInOptions,
  answer: (signedIn: SignedIn) => object,
): readonly Route[] {
  const ofAddress = new RateLimiter(SIGN_INS_OF_ADDRESS);
  const kite = (): KiteSignIn => {
    const found = demanded(access).kite;
    if (found !== undefined) return found;
    const remedy = 'set ZERODHA__API_KEY and AUTH__PRIMARY_AUTH_PROVIDER=zerodha, or sign in with a password';
    throw new ProblemError(403, `nobody signs in through Kite here; ${remedy}`);
  };
  const slowly = ({ request, reply }: Asking): void => {
    const wait = ofAddress.take(request.ip, nowMs());
    if (wait <= 0) return;
    audit('Signing in was tried too often', { from: request.ip, by: 'kite' });
    void reply.header('retry-after', `${wait}`);
    throw new ProblemError(429, `expected fewer attempts to sign in; wait ${wait} s`);
  };
  return [
    define('GET', `${API}/auth/ways`, 'How a person may sign in.', {
      role: 'anyone',
      answer: signInWays,
      handle: async () => {
        if (access === undefined) return { ways: [] };
        return { ways: access.kite === undefined ? ['password'] : ['kite', 'password'] };
      },
    }),
    define('POST', `${API}/auth/kite/begin`, 'Where a person signs in at Kite, and what to bring back from there.', {
      role: 'anyone',
      answer: kiteWay,
      handle: async (asked) => {
        const found = kite();
        slowly(asked);
        return found.begin();
      },
    }),
    define('POST', `${API}/auth/kite/token`, 'A token for what Kite gave a person who signed in there.', {
      role: 'anyone',
      body: z.strictObject({ request_token: given, state: given, verifier: given }),
      answer: token,
      handle: async (asked) => {
        const { body, request } = asked;
        const found = kite();
        slowly(asked);
        const { request_token: requestToken, state, verifier } = body;
        const signedIn = await found.finish({ requestToken, state, verifier, from: request.ip });
        if (typeof signedIn === 'string') {
          audit('Signing in failed', { from: request.ip, by: 'kite', why: signedIn });
          const remedy = 'begin anew; alpha-panda users bind says who signs in as whom';
          throw new ProblemError(
            401,
            `expected a sign-in at Kite of a user that is known here, and ${signedIn}; ${remedy}`,
          );
        }
        audit('Signed in', { who: signedIn.caller.name, from: request.ip, by: 'kite' });
        return answer(signedIn);
      },
    }),
  ];
}

interface Asking {
  readonly request: { readonly ip: string };
  readonly reply: { header(name: string, value: string): unknown };
}
