// What the other parts of this deployment decided, on its way from the log into the cascade: proved, put in order, taken
// once. How far each part was taken commits with what followed, so a crash reads again and takes nothing twice.
import { type LogMessage } from '#ports/event-log.ts';
import { readSeal, writeSeal, type Seal, type SealedMessage } from '#wire/seal.ts';
import { FellowOrder } from './fellow-order.ts';

export interface FellowsOptions {
  /** Name of this part. */
  readonly self: string;
  /** What signs the messages of the deployment. */
  readonly secret: Uint8Array;
  /** By part: the number of the last message whose effects are committed. */
  readonly taken: ReadonlyMap<string, number>;
}

export interface FellowMessage {
  readonly message: LogMessage;
  readonly seal: Seal;
}

export class Fellows {
  readonly #options: FellowsOptions;
  readonly #order: FellowOrder<FellowMessage>;
  #ready: FellowMessage[] = [];
  /** Taken since the last commit. */
  #taken: FellowMessage[] = [];
  /** By topic and partition: offsets of messages whose effects are not committed. */
  readonly #open = new Map<string, Set<number>>();

  constructor(options: FellowsOptions) {
    this.#options = options;
    this.#order = new FellowOrder(options.self, options.taken);
  }

  /** How many messages wait for others that were not seen yet. */
  get waiting(): number {
    return this.#order.waiting;
  }

  /** The seal that another part made for this message; undefined when there is none that this deployment signed. */
  sealOf(message: LogMessage): Seal | undefined {
    return message.seal === undefined ? undefined : readSeal(message.seal, message, this.#options.secret);
  }

  /** The seal of a message of this part. */
  sign(message: SealedMessage, number: number, previous: number): string {
    const { self: part, secret } = this.#options;
    return writeSeal({ part, number, previous, after: this.#order.newest }, message, secret);
  }

  offer(message: LogMessage, seal: Seal): void {
    if (seal.part === this.#options.self) return;
    const free = this.#order.offer(seal, { message, seal });
    if (free === undefined) return;
    const lane = laneOf(message.topic, message.partition);
    const open = this.#open.get(lane) ?? new Set<number>();
    this.#open.set(lane, open);
    open.add(message.offset);
    this.#ready.push(...free);
  }

  /** Up to `limit` messages, in order; they count as taken with the commit that follows. */
  take(limit: number): readonly FellowMessage[] {
    if (this.#ready.length === 0) return NONE;
    const next = this.#ready.splice(0, limit);
    this.#taken.push(...next);
    return next;
  }

  /** What was taken is committed. */
  settled(): void {
    if (this.#taken.length === 0) return;
    for (const { message } of this.#taken)
      this.#open.get(laneOf(message.topic, message.partition))?.delete(message.offset);
    this.#taken = [];
  }

  /** The offset from which a partition has to be read again after a crash; undefined when nothing of it is open. */
  oldestOpen(topic: string, partition: number): number | undefined {
    const open = this.#open.get(laneOf(topic, partition));
    return open === undefined || open.size === 0 ? undefined : Math.min(...open);
  }
}

const NONE: readonly FellowMessage[] = [];

function laneOf(topic: string, partition = 0): string {
  return `${topic}:${partition}`;
}
