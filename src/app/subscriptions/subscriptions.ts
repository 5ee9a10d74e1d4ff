// Who elsewhere is told of what happens here: an address, what it is told of, and the secret that signs each message.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { KINDS } from '#api/subscription-contract.ts';
import { isBrokerId } from '#core/ids.ts';
import { type AccessStore } from '#ports/access.ts';
import { type Sealer } from '../access/sealed.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';

const shape = z.strictObject({
  /** Encrypted, as the secret is: a path may be a secret, too. */
  url: z.string(),
  /** What may be said of it. */
  address: z.string(),
  kinds: z.array(z.enum(KINDS)).readonly(),
  /** Null: every namespace, also those to come. */
  brokers: z.array(z.string()).readonly().nullable(),
  secret: z.string(),
  /** Why nothing is sent any more; null while it is. */
  dead: z.strictObject({ at: z.int(), trouble: z.string() }).nullable(),
});
type Kept = z.infer<typeof shape>;

export interface Subscription extends Omit<Kept, 'url' | 'secret'> {
  readonly id: string;
  /** When it was made or changed, epoch milliseconds. */
  readonly at: number;
}

export interface NewSubscription {
  readonly id: string;
  readonly url: string;
  readonly kinds: readonly Kept['kinds'][number][];
  readonly brokers: readonly string[] | undefined;
  /** Plain HTTP also to other machines, which everybody between can read. */
  readonly allowHttp: boolean;
}

const ID = /^[a-z][a-z0-9_-]{0,63}$/;
const SECRET_BYTES = 32;
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const URL_CHARACTERS_MAX = 2_048;

export class Subscriptions {
  readonly #store: AccessStore;
  readonly #sealer: Sealer;
  readonly #now: () => number;

  constructor(store: AccessStore, sealer: Sealer, now: () => number) {
    this.#store = store;
    this.#sealer = sealer;
    this.#now = now;
  }

  list(): readonly Subscription[] {
    return this.#store.all('subscription').map(({ name, at, value }) => {
      const { url: _, secret: __, ...told } = read(value);
      return { id: name, at, ...told };
    });
  }

  /** Where to send, and with which secret; undefined when there is none, or it was made under another AUTH__SECRET_KEY. */
  keysOf(id: string): { readonly url: string; readonly secret: string } | undefined {
    const record = this.#store.get('subscription', id);
    if (record === undefined) return undefined;
    const kept = read(record.value);
    const [url, secret] = [
      this.#sealer.open(kept.url, of(id, 'url')),
      this.#sealer.open(kept.secret, of(id, 'secret')),
    ];
    return url === undefined || secret === undefined ? undefined : { url, secret };
  }

  /** Adds one and returns its secret, which is shown nowhere again. Throws `RequestError` or `RefusedError`. */
  add({ id, url, kinds, brokers, allowHttp }: NewSubscription): string {
    if (!ID.test(id)) {
      const accepted = 'a small letter and at most 63 small letters, digits, hyphens and underscores';
      throw new RequestError(`expected an id of ${accepted}, found ${JSON.stringify(id)}`);
    }
    const address = addressOf(url, allowHttp);
    const strange = brokers?.find((broker) => !isBrokerId(broker));
    if (strange !== undefined) throw new RequestError(`${JSON.stringify(strange)} cannot name a namespace`);
    if (kinds.length === 0) throw new RequestError(`expected one or more of ${KINDS.join(', ')}`);
    if (this.#store.get('subscription', id) === undefined) this.#forgetProgress(id);
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const kept: Kept = {
      url: this.#sealer.seal(url, of(id, 'url')),
      address,
      kinds: [...new Set(kinds)],
      brokers: brokers ?? null,
      secret: this.#sealer.seal(secret, of(id, 'secret')),
      dead: null,
    };
    if (this.#store.add('subscription', { name: id, at: this.#now(), value: JSON.stringify(kept) })) return secret;
    throw new RefusedError(`there is a subscription ${id} already; subscriptions remove ${id} ends it`);
  }

  /** Throws `RequestError`. */
  remove(id: string): void {
    this.#demand(id);
    this.#store.remove('subscription', id);
    this.#forgetProgress(id);
  }

  /** Sending goes on where it stopped. Throws `RequestError`, or `RefusedError` when it has not stopped. */
  resume(id: string): void {
    const kept = this.#demand(id);
    if (kept.dead === null) throw new RefusedError(`${id} is sent to as it is; only one that has died is resumed`);
    this.#change(id, { dead: null });
  }

  /** Nothing is sent from now on. */
  die(id: string, trouble: string): void {
    this.#change(id, { dead: { at: this.#now(), trouble } });
  }

  /** How far a source was told of; undefined before the first time. */
  progressOf(id: string, source: string): number | undefined {
    const record = this.#store.get('progress', `${id}|${source}`);
    return record && Number(record.value);
  }

  keepProgress(id: string, source: string, position: number): void {
    const name = `${id}|${source}`;
    const record = { name, at: this.#now(), value: `${position}` };
    const before = this.#store.get('progress', name);
    if (before === undefined) this.#store.add('progress', record);
    else this.#store.replace('progress', record, before.value);
  }

  #forgetProgress(id: string): void {
    for (const { name } of this.#store.all('progress')) {
      if (name.startsWith(`${id}|`)) this.#store.remove('progress', name);
    }
  }

  #change(id: string, change: Partial<Kept>): void {
    const record = this.#store.get('subscription', id);
    if (record === undefined) return;
    const value = JSON.stringify({ ...read(record.value), ...change });
    this.#store.replace('subscription', { name: id, at: this.#now(), value }, record.value);
  }

  #demand(id: string): Kept {
    const record = this.#store.get('subscription', id);
    if (record !== undefined) return read(record.value);
    const known = this.list().map((each) => each.id);
    const there = known.length === 0 ? 'there is none' : `one of ${known.join(', ')}`;
    throw new RequestError(`expected a subscription, ${there}`);
  }
}

function read(value: string): Kept {
  return shape.parse(JSON.parse(value));
}

function of(id: string, what: 'url' | 'secret'): string {
  return `subscription|${id}|${what}`;
}

/** What may be said of a URL: who is asked, and not what for. Throws `RequestError` for one that is not sent to. */
function addressOf(url: string, allowHttp: boolean): string {
  const parsed = url.length <= URL_CHARACTERS_MAX && URL.canParse(url) ? new URL(url) : undefined;
  const isPlain = parsed?.protocol === 'http:' && (allowHttp || LOOPBACK.has(parsed.hostname));
  if (parsed === undefined || (parsed.protocol !== 'https:' && !isPlain)) {
    throw new RequestError('expected a URL with https://, or with http:// on this machine');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new RequestError('expected a URL without a name and a password; the signature says who sends');
  }
  return parsed.pathname === '/' && parsed.search === '' ? parsed.origin : `${parsed.origin}/…`;
}
