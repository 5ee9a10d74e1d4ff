// What the API asks of users and keys that are kept beside the store.
import { type Access, type Caller, type KiteSignIn, type SignedIn } from '#api/access.ts';
import { ProblemError } from '#api/problem.ts';
import { RefusedError } from '../requests.ts';
import { type Keys } from './keys.ts';
import { type SecondFactor } from './second-factor.ts';
import { type SignIn, type SignIns } from './sign-ins.ts';
import { type Tokens } from './tokens.ts';
import { type User, type Users } from './users.ts';

/** However often a token is renewed, the password is asked for again after a working day. */
const SESSION_MS_MAX = 8 * 3_600_000;

export interface LocalAccessParts {
  readonly users: Users;
  readonly keys: Keys;
  readonly tokens: Tokens;
  readonly factor: SecondFactor;
  readonly signIns: SignIns;
  readonly now: () => number;
  /** Makes signing in through Kite of what a user is given; undefined where nobody does. */
  readonly kite?: ((signIn: (user: User, from: string) => SignedIn) => KiteSignIn) | undefined;
}

/** Asks the store each time, so that whoever is disabled or revoked is out at once. */
export function localAccess({ users, keys, tokens, factor, signIns, now, kite }: LocalAccessParts): Access {
  const given = (user: User, session: string, passwordAt: number): SignedIn => {
    const { name, generation } = user;
    const { token, expiresAt } = tokens.sign({ name, generation, session, passwordAt }, now());
    return { token, caller: { ...callerOf(user, passwordAt, expiresAt), session } };
  };
  const begun = (user: User, by: SignIn['by'], from: string): SignedIn =>
    given(user, signIns.begin(user.name, by, from), now());
  return {
    kite: kite?.((user, from) => begun(user, 'kite', from)),
    callerOf: (authorization) => {
      const [, text = ''] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
      return text.startsWith('ap_') ? keyCaller(keys, text) : tokenCaller({ users, tokens, signIns }, text, now());
    },
    signIn: async ({ name, password, code, from }) => {
      const user = await users.check(name, password);
      if (user === undefined || !factor.isOn(name)) return user && begun(user, 'password', from);
      if (code === undefined) return 'code';
      return factor.take(name, code) ? begun(user, 'password', from) : undefined;
    },
    signIns: (name) => signIns.list(name),
    endSignIn: (id) => signIns.end(id),
    enrol: ({ name }) => asConflict(() => factor.enrol(name)),
    confirm: ({ name }, code) => asConflict(() => factor.confirm(name, code)),
    renew: ({ name, session, passwordAt }) => {
      const user = users.get(name);
      if (user === undefined || session === undefined || passwordAt === undefined) return undefined;
      if (now() >= passwordAt + SESSION_MS_MAX) return undefined;
      signIns.renew(session);
      return given(user, session, passwordAt);
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

function tokenCaller(
  { users, tokens, signIns }: Pick<LocalAccessParts, 'users' | 'tokens' | 'signIns'>,
  text: string,
  now: number,
): Caller | undefined {
  const facts = tokens.read(text, now);
  const user = facts && users.get(facts.name);
  if (facts === undefined || user === undefined) return undefined;
  if (user.disabled || user.generation !== facts.generation) return undefined;
  if (!signIns.isOf(facts.session, user.name)) return undefined;
  return { ...callerOf(user, facts.passwordAt, facts.expiresAt), session: facts.session };
}

/** The role is the user's of now, whatever it was when the token was given. */
function callerOf({ name, role, brokers }: User, passwordAt: number, expiresAt: number): Caller {
  return { name, role, brokers: brokers ?? undefined, passwordAt, expiresAt };
}
