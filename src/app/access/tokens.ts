// Access tokens: JSON web tokens under a key of the settings. The header that a token must have is written out and
// compared whole, so there is nothing in a token that could say how it wants to be checked.
import { createHmac, hkdfSync, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Settings } from '../config/settings-schema.ts';

const claims = z.strictObject({
  iss: z.literal('alpha-panda'),
  aud: z.literal('alpha-panda-api'),
  sub: z.string(),
  /** The generation of the user when the token was given. */
  gen: z.int(),
  /** The sign-in that it was given for. */
  sid: z.string(),
  /** When the password was entered, in seconds as all times here. */
  auth_time: z.int(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
});

export interface TokenFacts {
  readonly name: string;
  readonly generation: number;
  readonly session: string;
  readonly passwordAt: number;
  readonly expiresAt: number;
}

const DIGESTS = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const;
const KEY_BYTES = 64;
const TOKEN_CHARACTERS_MAX = 2_048;
const SECOND_MS = 1_000;

export class Tokens {
  readonly #header: string;
  readonly #digest: (typeof DIGESTS)[keyof typeof DIGESTS];
  readonly #key: Buffer;
  readonly #lifeMs: number;

  constructor({ algorithm, secretKey, accessTokenExpireMinutes }: Settings['auth']) {
    this.#header = encode({ alg: algorithm, typ: 'JWT' });
    this.#digest = DIGESTS[algorithm];
    // Another key than what is encrypted under the same secret has.
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', 'alpha-panda access tokens', KEY_BYTES));
    this.#lifeMs = accessTokenExpireMinutes * 60 * SECOND_MS;
  }

  /** A token from now on, and when it ends. */
  sign(facts: Omit<TokenFacts, 'expiresAt'>, now: number): { readonly token: string; readonly expiresAt: number } {
    const { name: sub, generation: gen, session: sid, passwordAt } = facts;
    const [iat, exp] = [Math.floor(now / SECOND_MS), Math.floor((now + this.#lifeMs) / SECOND_MS)];
    const common = { iss: 'alpha-panda', aud: 'alpha-panda-api' } as const;
    const authTime = Math.floor(passwordAt / SECOND_MS);
    const body: z.infer<typeof claims> = { ...common, sub, gen, sid, auth_time: authTime, iat, exp, jti: randomUUID() };
    const signed = `${this.#header}.${encode(body)}`;
    return { token: `${signed}.${this.#mark(signed).toString('base64url')}`, expiresAt: exp * SECOND_MS };
  }

  /** What a token says; undefined when we did not write it, or its time is over. */
  read(token: string, now: number): TokenFacts | undefined {
    const [header, body, mark, ...more] = token.length > TOKEN_CHARACTERS_MAX ? [] : token.split('.');
    if (header !== this.#header || body === undefined || mark === undefined || more.length > 0) return undefined;
    const expected = this.#mark(`${header}.${body}`);
    const found = Buffer.from(mark, 'base64url');
    if (found.length !== expected.length || !timingSafeEqual(found, expected)) return undefined;
    // Ours, but perhaps of a version that wrote something else.
    const said = claims.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    if (!said.success) return undefined;
    const { sub, gen, sid, auth_time: authTime, iat, exp } = said.data;
    // A life that was made shorter holds for tokens that were given before, too.
    const expiresAt = Math.min(exp * SECOND_MS, iat * SECOND_MS + this.#lifeMs);
    if (now >= expiresAt) return undefined;
    return { name: sub, generation: gen, session: sid, passwordAt: authTime * SECOND_MS, expiresAt };
  }

  #mark(signed: string): Buffer {
    return createHmac(this.#digest, this.#key).update(signed).digest();
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
