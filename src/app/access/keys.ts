// API keys: for programs that call without a person. A key is 32 random bytes, so one round of SHA-256 keeps it as safe as
// a slow hash would, and a look-up costs no time that could be asked for without end.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ROLES, type Role } from '#api/contract.ts';
import { type AccessStore } from '#ports/access.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';
import { checkBrokers } from './users.ts';

const shape = z.strictObject({
  label: z.string(),
  sha256: z.string(),
  role: z.enum(ROLES),
  /** Null: all of them. */
  brokers: z.array(z.string()).nullable(),
  expires_at: z.int(),
  revoked: z.boolean(),
});
type Kept = z.infer<typeof shape>;

export interface Key extends Omit<Kept, 'sha256'> {
  /** What stands in front of the secret: enough to find the key again, and to name it in a log. */
  readonly id: string;
}

export interface NewKey {
  readonly label: string;
  readonly role: Role;
  readonly brokers: readonly string[] | undefined;
  readonly days: number;
}

const KEY = /^ap_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DAYS_MAX = 365;
const DAY_MS = 86_400_000;

export class Keys {
  readonly #store: AccessStore;
  readonly #now: () => number;

  constructor(store: AccessStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  list(): readonly Key[] {
    return this.#store.all('key').map(({ name, value }) => keyOf(name, keptOf(value)));
  }

  /** The key as text; it is told this once. Throws `RequestError`. */
  create({ label, role, brokers, days }: NewKey): string {
    if (!LABEL.test(label)) {
      const accepted = 'at most 64 letters, digits, dots, hyphens and underscores';
      throw new RequestError(`expected a label of ${accepted}, found ${JSON.stringify(label)}`);
    }
    if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) {
      throw new RequestError(`expected --days to be a whole number from 1 to ${DAYS_MAX}, found ${days}`);
    }
    checkBrokers(brokers);
    const [id, secret] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
    const sha256 = hash('sha256', secret, 'hex');
    const at = this.#now();
    const expires = at + days * DAY_MS;
    const kept: Kept = {
      label,
      sha256,
      role,
      brokers: brokers ? [...brokers] : null,
      expires_at: expires,
      revoked: false,
    };
    if (!this.#store.add('key', { name: id, at, value: JSON.stringify(kept) })) {
      throw new RefusedError('another key has the same id by chance; create it again');
    }
    return `ap_${id}_${secret}`;
  }

  /** Ends a key at once. Throws `RequestError` when there is none of this id. */
  revoke(id: string): void {
    const record = this.#store.get('key', id);
    if (record === undefined)
      throw new RequestError(`expected the id of a key, found ${JSON.stringify(id)}; see keys list`);
    const value = JSON.stringify({ ...keptOf(record.value), revoked: true } satisfies Kept);
    if (this.#store.replace('key', { name: id, at: this.#now(), value }, record.value)) return;
    throw new RefusedError(`another process has changed ${id} meanwhile; look at keys list, and try again`);
  }

  /** The key that a text is; undefined when it is none, or not any more. */
  find(text: string): Key | undefined {
    const [, id = '', secret = ''] = KEY.exec(text) ?? [];
    const record = id === '' ? undefined : this.#store.get('key', id);
    if (record === undefined) return undefined;
    const kept = keptOf(record.value);
    const same = timingSafeEqual(Buffer.from(hash('sha256', secret, 'hex')), Buffer.from(kept.sha256));
    return same && !kept.revoked && this.#now() < kept.expires_at ? keyOf(id, kept) : undefined;
  }
}

function keyOf(id: string, { label, role, brokers, expires_at: expiresAt, revoked }: Kept): Key {
  return { id, label, role, brokers, expires_at: expiresAt, revoked };
}

function keptOf(value: string): Kept {
  return shape.parse(JSON.parse(value));
}
