// What the API asks of users and keys that are kept beside the store.
import { type Access, type Caller, type KiteSignIn, type SignedIn } from '#api/access.ts';
import { ProblemError } from '#api/problem.ts';
import { RefusedError } from '../requests.ts';
import { type Keys } from './keys.ts';
import { type SecondFactor } from './second-factor.ts';
import { type Tokens } from './tokens.ts';
import { type User, type Users } from './users.ts';

/** However often a token is renewed, the password is asked for again after a working day. */
const SESSION_MS_MAX = 8 * 3_600_000;

export interface LocalAccessParts {
  readonly users: Users;
  readonly keys: Keys;
  readonly tokens: Tokens;
  readonly factor: SecondFactor;
  readonly now: () => number;
  /** Makes signing in through Kite of what a user is given; undefined where nobody does. */
  readonly kite?: ((signIn: (user: User) => SignedIn) => KiteSignIn) | undefined;
}

/** Asks the store each time, so that whoever is disabled or revoked is out at once. */
export function localAccess({ users, keys, tokens, factor, now, kite }: LocalAccessParts): Access {
  const given = (user: User, passwordAt: number): SignedIn => {
    const { name, generation } = user;
    const { token, expiresAt } = tokens.sign({ name, generation, passwordAt }, now());
    return { token, caller: callerOf(user, passwordAt, expiresAt) };
  };
  return {
    kite: kite?.((user) => given(user, now())),
    callerOf: (authorization) => {
      const [, text = ''] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
      return text.startsWith('ap_') ? keyCaller(keys, text) : tokenCaller(users, tokens, text, now());
    },
    signIn: async (name, password, code) => {
      const user = await users.check(name, password);
      if (user === undefined || !factor.isOn(name)) return user && given(user, now());
      if (code === undefined) return 'code';
      return factor.take(name, code) ? given(user, now()) : undefined;
    },
    enrol: ({ name }) => asConflict(() => factor.enrol(name)),
    confirm: ({ name }, code) => asConflict(() => factor.confirm(name, code)),
    renew: ({ name, passwordAt }) => {
      const user = users.get(name);
      if (user === undefined || passwordAt === undefined || now() >= passwordAt + SESSION_MS_MAX) return undefined;
      return given(user, passwordAt);
    },
  };
}

function asConflict<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RefusedError ? new ProblemError(409, error.message) : error;
  }
}

function keyCaller(keys: Keys, text: string): Caller | undefined {
  const key = keys.find(text);
  if (key === undefined) return undefined;
  const { label, id, role, brokers, expires_at: expiresAt } = key;
  return { name: `key:${label}:${id}`, role, brokers: brokers ?? undefined, passwordAt: undefined, expiresAt };
}

function tokenCaller(users: Users, tokens: Tokens, text: string, now: number): Caller | undefined {
  const facts = tokens.read(text, now);
  const user = facts && users.get(facts.name);
  if (facts === undefined || user === undefined) return undefined;
  if (user.disabled || user.generation !== facts.generation) return undefined;
  return callerOf(user, facts.passwordAt, facts.expiresAt);
}

/** The role is the user's of now, whatever it was when the token was given. */
function callerOf({ name, role, brokers }: User, passwordAt: number, expiresAt: number): Caller {
  return { name, role, brokers: brokers ?? undefined, passwordAt, expiresAt };
}
