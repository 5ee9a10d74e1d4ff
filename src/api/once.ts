// Writes that may be sent again: a client that heard no answer sends the same under the same key, and it is done once.
import { hash } from 'node:crypto';
import type { AccessStore } from '#ports/access.ts';
import { ProblemError } from './problem.ts';
import type { Asked } from './route.ts';

const KEY = /^[\x21-\x7e]{1,128}$/;
/** How long an answer is kept for whoever asks again. */
const KEPT_MS = 24 * 3_600_000;

interface Kept {
  /** Digest of what was sent. */
  readonly sent: string;
  readonly answer: object;
}

export class Once {
  readonly #store: AccessStore;
  readonly #now: () => number;
  readonly #running = new Map<string, { readonly sent: string; readonly answer: Promise<object> }>();

  constructor(store: AccessStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Does `work` under an id that follows from the caller, the key and what was sent, or gives the answer that it had.
   * Throws `ProblemError` without a key, and when something else was sent under it.
   */
  async run({ caller, request, reply, body }: Asked, work: (requestId: string) => Promise<object>): Promise<object> {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || !KEY.test(key)) {
      const expected = 'expected Idempotency-Key: up to 128 characters of your own choice, such as a new UUID';
      throw new ProblemError(400, `${expected}; whatever is sent again under the same one is done once`);
    }
    const name = hash('sha256', JSON.stringify([caller.name, key]), 'hex');
    const sent = hash('sha256', JSON.stringify([request.url, body]), 'hex');
    const known = this.#running.get(name) ?? this.#kept(name);
    if (known !== undefined) {
      if (known.sent !== sent) {
        throw new ProblemError(422, 'something else was sent under this Idempotency-Key before; choose a new one');
      }
      void reply.header('idempotency-replayed', 'true');
      return known.answer;
    }
    // What was sent is in the id: should this process die before it keeps the answer, something else under the same key
    // is not taken for what was done.
    const answer = work(`api-${hash('sha256', name + sent, 'hex').slice(0, 32)}`);
    this.#running.set(name, { sent, answer });
    try {
      this.#keep(name, { sent, answer: await answer });
      return await answer;
    } finally {
      this.#running.delete(name);
    }
  }

  #kept(name: string): Kept | undefined {
    const record = this.#store.get('answer', name);
    return record === undefined ? undefined : (JSON.parse(record.value) as Kept);
  }

  #keep(name: string, kept: Kept): void {
    const at = this.#now();
    this.#store.forget('answer', at - KEPT_MS);
    this.#store.add('answer', { name, at, value: JSON.stringify(kept) });
  }
}
