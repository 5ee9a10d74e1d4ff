// Webhooks that may send signals: where each one's signals go, how much it may ask for, and how it proves itself.
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { isBrokerId } from '#core/ids.ts';
import { type AccessStore } from '#ports/access.ts';
import { type Sealer } from '../access/sealed.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';

export const FORMS = ['generic', 'tradingview'] as const;

const shape = z.strictObject({
  form: z.enum(FORMS),
  broker: z.string(),
  strategy_id: z.string(),
  /** Token by symbol: nothing else is taken. */
  instruments: z.record(z.string(), z.int()),
  max_quantity: z.int().positive(),
  /** Null: from anywhere. */
  addresses: z.array(z.string()).readonly().nullable(),
  /** Encrypted; it has to be read again to check a signature. */
  secret: z.string(),
});
type Kept = z.infer<typeof shape>;

export interface Hook extends Omit<Kept, 'secret'> {
  readonly id: string;
}

export interface NewHook extends Omit<Hook, 'instruments'> {
  readonly instruments: ReadonlyMap<string, number>;
}

const ID = /^[a-z][a-z0-9_-]{0,63}$/;
const STRATEGY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SECRET_BYTES = 32;

export class Hooks {
  readonly #store: AccessStore;
  readonly #sealer: Sealer;
  readonly #now: () => number;

  constructor(store: AccessStore, sealer: Sealer, now: () => number) {
    this.#store = store;
    this.#sealer = sealer;
    this.#now = now;
  }

  list(): readonly Hook[] {
    return this.#store.all('webhook').map(({ name, value }) => hookOf(name, shape.parse(JSON.parse(value))));
  }

  /** The webhook and its secret; undefined when there is none, or it was made under another AUTH__SECRET_KEY. */
  get(id: string): { readonly hook: Hook; readonly secret: string } | undefined {
    const record = this.#store.get('webhook', id);
    if (record === undefined) return undefined;
    const kept = shape.parse(JSON.parse(record.value));
    const secret = this.#sealer.open(kept.secret, purposeOf(id));
    return secret === undefined ? undefined : { hook: hookOf(id, kept), secret };
  }

  /** Adds one and returns its secret, which is shown nowhere again. Throws `RequestError` or `RefusedError`. */
  add({ id, instruments, ...given }: NewHook): string {
    if (!ID.test(id)) {
      const accepted = 'a small letter and at most 63 small letters, digits, hyphens and underscores';
      throw new RequestError(`expected an id of ${accepted}, found ${JSON.stringify(id)}`);
    }
    if (!isBrokerId(given.broker)) throw new RequestError(`${JSON.stringify(given.broker)} cannot name a namespace`);
    if (!STRATEGY.test(given.strategy_id)) {
      throw new RequestError(`expected --strategy to be an id, found ${JSON.stringify(given.strategy_id)}`);
    }
    const strange = given.addresses?.find((address) => isIP(address) === 0);
    if (strange !== undefined) throw new RequestError(`expected --addresses to be IP addresses, found ${strange}`);
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const sealed = this.#sealer.seal(secret, purposeOf(id));
    const kept: Kept = { ...given, instruments: Object.fromEntries(instruments), secret: sealed };
    if (this.#store.add('webhook', { name: id, at: this.#now(), value: JSON.stringify(kept) })) return secret;
    throw new RefusedError(`there is a webhook ${id} already; webhooks remove ${id} ends it`);
  }

  /** Nothing is taken under its id from then on. Throws `RequestError`. */
  remove(id: string): void {
    if (this.#store.remove('webhook', id)) return;
    const known = this.list().map((each) => each.id);
    throw new RequestError(
      `expected a webhook, ${known.length === 0 ? 'there is none' : `one of ${known.join(', ')}`}`,
    );
  }
}

function purposeOf(id: string): string {
  return `webhook|${id}|secret`;
}

function hookOf(id: string, kept: Kept): Hook {
  const { form, broker, strategy_id, instruments, max_quantity, addresses } = kept;
  return { id, form, broker, strategy_id, instruments, max_quantity, addresses };
}
