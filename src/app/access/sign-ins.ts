// Sign-ins that are in force: each is one place from which a user acts, and can be ended by itself. A token names the sign-in that
// it was given for, and is nobody's without it.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type AccessStore } from '#ports/access.ts';

const shape = z.strictObject({
  user: z.string(),
  by: z.enum(['password', 'kite']),
  /** The address that it came from. */
  from: z.string(),
  began_at: z.int(),
});

export interface SignIn extends z.infer<typeof shape> {
  readonly id: string;
  /** When it began, or its token was renewed. */
  readonly renewedAt: number;
}

/** No token lives so long after it was renewed. */
const KEPT_MS = 25 * 3_600_000;

export class SignIns {
  readonly #store: AccessStore;
  readonly #now: () => number;

  constructor(store: AccessStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** The id of a new one. */
  begin(user: string, by: SignIn['by'], from: string): string {
    const at = this.#now();
    this.#store.forget('session', at - KEPT_MS);
    const id = randomBytes(16).toString('hex');
    const value = JSON.stringify({ user, by, from, began_at: at } satisfies z.infer<typeof shape>);
    if (!this.#store.add('session', { name: id, at, value })) throw new Error('two sign-ins have one id by chance');
    return id;
  }

  renew(id: string): void {
    const record = this.#store.get('session', id);
    if (record !== undefined) this.#store.replace('session', { ...record, at: this.#now() }, record.value);
  }

  isOf(id: string, user: string): boolean {
    const record = this.#store.get('session', id);
    return record !== undefined && shape.parse(JSON.parse(record.value)).user === user;
  }

  /** Of one user, or of all; the newest first. */
  list(user?: string): readonly SignIn[] {
    const all = this.#store.all('session').map(({ name: id, at: renewedAt, value }) => {
      return { id, renewedAt, ...shape.parse(JSON.parse(value)) };
    });
    return all.filter((each) => user === undefined || each.user === user).toSorted((a, b) => b.began_at - a.began_at);
  }

  /** Whoever came by it is out at once; false when there is none. */
  end(id: string): boolean {
    return this.#store.remove('session', id);
  }
}
