// Users of the API: who there is, with which role, and whether a password is theirs. A password itself is nowhere.
import { z } from 'zod';
import { ROLES, type Role } from '#api/contract.ts';
import { isBrokerId } from '#core/ids.ts';
import { type AccessStore } from '#ports/access.ts';
import { type Passwords } from '#ports/passwords.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';

const shape = z.strictObject({
  /** Null: no password is theirs, and they come through Kite alone. */
  hash: z.string().nullable(),
  /** Who they are at Kite, where they may sign in through it. */
  kite_user: z.string().nullable().default(null),
  role: z.enum(ROLES),
  /** Null: all of them. */
  brokers: z.array(z.string()).nullable(),
  disabled: z.boolean(),
  /** Goes up whenever tokens that were given before must end. */
  generation: z.int(),
});
type Kept = z.infer<typeof shape>;

export interface User extends Omit<Kept, 'hash'> {
  readonly name: string;
  /** When it was last changed, epoch milliseconds. */
  readonly changedAt: number;
}

export interface NewUser {
  readonly name: string;
  /** Undefined for one who signs in through Kite alone. */
  readonly password: string | undefined;
  readonly kiteUser?: string | undefined;
  readonly role: Role;
  readonly brokers: readonly string[] | undefined;
}

const NAME = /^[a-z][a-z0-9._-]{0,63}$/;
const KITE_USER = /^[A-Z0-9]{2,16}$/;
const PASSWORD_MIN = 12;
const PASSWORD_MAX = 256;
const PASSWORD_LETTERS_MIN = 5;

export class Users {
  readonly #store: AccessStore;
  readonly #passwords: Passwords;
  readonly #now: () => number;
  #nobody: Promise<string> | undefined;

  constructor(store: AccessStore, passwords: Passwords, now: () => number) {
    this.#store = store;
    this.#passwords = passwords;
    this.#now = now;
  }

  list(): readonly User[] {
    return this.#store.all('user').map(({ name, at, value }) => userOf(name, at, keptOf(value)));
  }

  get(name: string): User | undefined {
    const record = this.#store.get('user', name);
    return record && userOf(name, record.at, keptOf(record.value));
  }

  /** Throws `RequestError` for what is no name or no password, `RefusedError` for a name that is taken. */
  async add({ name, password, kiteUser, role, brokers }: NewUser): Promise<void> {
    if (!NAME.test(name)) {
      const accepted = 'a small letter and at most 63 small letters, digits, dots, hyphens and underscores';
      throw new RequestError(`expected a name of ${accepted}, found ${JSON.stringify(name)}`);
    }
    checkBrokers(brokers);
    if (password !== undefined) checkPassword(name, password);
    else if (kiteUser === undefined) throw new RequestError('expected a password, or a user at Kite; found neither');
    if (kiteUser !== undefined) this.#checkKiteUser(name, kiteUser);
    const kept: Kept = {
      hash: password === undefined ? null : await this.#passwords.hash(password),
      kite_user: kiteUser ?? null,
      role,
      brokers: brokers ? [...brokers] : null,
      disabled: false,
      generation: 1,
    };
    if (this.#store.add('user', { name, at: this.#now(), value: JSON.stringify(kept) })) return;
    throw new RefusedError(`there is a user ${name} already; users password ${name} sets another password`);
  }

  /** Another password ends every token that was given before, and lets a user in again who was disabled. */
  async setPassword(name: string, password: string): Promise<void> {
    this.#demand(name);
    checkPassword(name, password);
    const hash = await this.#passwords.hash(password);
    this.#change(name, (kept) => ({ ...kept, hash, disabled: false, generation: kept.generation + 1 }));
  }

  /** From now on the user at Kite signs in as this one; undefined: nobody there. Ends every token that was given before. */
  bind(name: string, kiteUser: string | undefined): void {
    const { hash } = keptOf(this.#demand(name).value);
    if (kiteUser !== undefined) this.#checkKiteUser(name, kiteUser);
    else if (hash === null) throw new RefusedError(`${name} has no password; set one first: users password ${name}`);
    this.#change(name, (kept) => ({ ...kept, kite_user: kiteUser ?? null, generation: kept.generation + 1 }));
  }

  /** Whom a user at Kite signs in as; undefined when it is nobody, or one who is disabled. */
  ofKiteUser(kiteUser: string): User | undefined {
    return this.list().find((user) => user.kite_user === kiteUser && !user.disabled);
  }

  /** Ends every token of the user at once; the name stays, so that nobody else can have it. */
  disable(name: string): void {
    this.#change(name, (kept) => ({ ...kept, disabled: true, generation: kept.generation + 1 }));
  }

  /** The user whose password it is. Takes as long for a name that nobody has, so that the time tells nothing. */
  async check(name: string, password: string): Promise<User | undefined> {
    const record = this.#store.get('user', name);
    const kept = record && keptOf(record.value);
    this.#nobody ??= this.#passwords.hash('a password that nobody has');
    // Waited for in either case, also by the first who asks.
    const nobody = await this.#nobody;
    const isOf = await this.#passwords.isOf(password.slice(0, PASSWORD_MAX + 1), kept?.hash ?? nobody);
    // As it is now: it may have been disabled while the hash was made.
    const user = this.get(name);
    const same = user !== undefined && user.generation === kept?.generation;
    return isOf && kept?.hash !== null && same && !user.disabled ? user : undefined;
  }

  #checkKiteUser(name: string, kiteUser: string): void {
    if (!KITE_USER.test(kiteUser)) {
      const accepted = 'capital letters and digits, as Kite shows it, such as AB1234';
      throw new RequestError(`expected a user at Kite of ${accepted}; found ${JSON.stringify(kiteUser)}`);
    }
    const other = this.list().find((user) => user.kite_user === kiteUser && user.name !== name);
    if (other !== undefined) throw new RefusedError(`${kiteUser} signs in as ${other.name} already; unbind that first`);
  }

  #change(name: string, change: (kept: Kept) => Kept): void {
    const { value } = this.#demand(name);
    const after = { name, at: this.#now(), value: JSON.stringify(change(keptOf(value))) };
    if (this.#store.replace('user', after, value)) return;
    throw new RefusedError(`another process has changed ${name} meanwhile; look at users list, and try again`);
  }

  #demand(name: string) {
    const record = this.#store.get('user', name);
    if (record !== undefined) return record;
    const known = this.list().map((each) => each.name);
    const there = known.length === 0 ? 'there is none yet' : `one of ${known.join(', ')}`;
    throw new RequestError(`expected a user, ${there}; found ${JSON.stringify(name)}`);
  }
}

/** Throws `RequestError` for what cannot name a namespace, and for none at all. */
export function checkBrokers(brokers: readonly string[] | undefined): void {
  if (brokers === undefined || (brokers.length > 0 && brokers.every(isBrokerId))) return;
  throw new RequestError(`expected --brokers to be namespaces such as paper,zerodha, found ${brokers.join(',')}`);
}

function checkPassword(name: string, password: string): void {
  const fits = password.length >= PASSWORD_MIN && password.length <= PASSWORD_MAX;
  const varied = new Set(password).size >= PASSWORD_LETTERS_MIN;
  if (fits && varied && !password.toLowerCase().includes(name)) return;
  const expected = `${PASSWORD_MIN} to ${PASSWORD_MAX} characters, ${PASSWORD_LETTERS_MIN} of them different`;
  throw new RequestError(`expected a password of ${expected} and without the name in it; four words make a good one`);
}

function userOf(name: string, changedAt: number, kept: Kept): User {
  const { kite_user: kiteUser, role, brokers, disabled, generation } = kept;
  return { name, changedAt, kite_user: kiteUser, role, brokers, disabled, generation };
}

function keptOf(value: string): Kept {
  return shape.parse(JSON.parse(value));
}
