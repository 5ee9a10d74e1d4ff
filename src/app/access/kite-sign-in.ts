// Signing in through Kite: who has just proved there who they are is the user here that the Kite user is bound to. What is
// handed out at the beginning is sealed and not kept, so beginning a thousand times costs nothing.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KiteReturn, KiteSignIn, SignedIn } from '#api/access.ts';
import type { Token } from '#adapters/zerodha/session.ts';
import type { AccessStore } from '#ports/access.ts';
import { LoginError } from '../kite-login.ts';
import type { Sealer } from './sealed.ts';
import type { User, Users } from './users.ts';

export interface KiteSignInParts {
  readonly users: Users;
  readonly store: AccessStore;
  readonly sealer: Sealer;
  readonly now: () => number;
  /** Kite's login page for the app of the platform. */
  readonly loginUrl: string;
  /** The session that a request token buys. Throws `LoginError`. */
  readonly exchange: (requestToken: string) => Promise<Token>;
  /** Told of each session, because one that the platform trades with may have ended by it. */
  readonly keep: (token: Token) => void;
  readonly signIn: (user: User, from: string) => SignedIn;
}

/** Longer than a request token lives: who signs in at Kite has a password and a code to enter. */
const WAY_MS_MAX = 10 * 60_000;
const PURPOSE = 'kite sign-in';

export function kiteSignIn(parts: KiteSignInParts): KiteSignIn {
  const { users, store, sealer, now, loginUrl } = parts;
  return {
    begin: () => {
      const [verifier, id] = [randomBytes(32).toString('base64url'), randomBytes(16).toString('base64url')];
      const state = sealer.seal(JSON.stringify([id, now(), hash('sha256', verifier)]), PURPOSE);
      const url = new URL(loginUrl);
      url.searchParams.set('redirect_params', new URLSearchParams({ state }).toString());
      return { url: url.href, state, verifier };
    },
    finish: async (given) => {
      const id = begunBy(sealer, given, now());
      if (id === undefined) return 'it did not begin on this page, or too long ago';
      store.forget('sign_in', now() - WAY_MS_MAX);
      // Both before Kite is asked: whoever sends them again, even at the same moment, finds them used.
      for (const name of [`way ${id}`, `token ${hash('sha256', given.requestToken)}`]) {
        if (!store.add('sign_in', { name, at: now(), value: '' })) return 'it was used already';
      }
      try {
        const token = await parts.exchange(given.requestToken);
        parts.keep(token);
        const user = users.ofKiteUser(token.userId);
        return user === undefined ? `no user here is bound to ${token.userId}` : parts.signIn(user, given.from);
      } catch (error) {
        if (error instanceof LoginError) return 'Kite did not take the request token';
        throw error;
      }
    },
  };
}

/** The id of a way that began here, not too long ago, with this verifier; undefined for any other. */
function begunBy(sealer: Sealer, { state, verifier }: KiteReturn, now: number): string | undefined {
  const opened = sealer.open(state, PURPOSE);
  if (opened === undefined) return undefined;
  const [id, at, proof] = JSON.parse(opened) as [string, number, string];
  const isOf = timingSafeEqual(Buffer.from(hash('sha256', verifier)), Buffer.from(proof));
  return isOf && now - at <= WAY_MS_MAX ? id : undefined;
}
