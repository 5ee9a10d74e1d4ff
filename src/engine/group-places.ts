// Tells a shared log how far the consumer groups of the stages that run here have come, so that what shows the lag of its
// groups shows theirs. It is told now and then, and nothing goes by it: how far a stage is commits with what it did.
import { type Clock } from '#ports/clock.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type PartitionOffset } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';

export interface GroupPlacesOptions {
  readonly log: Pick<EventLog, 'commit'>;
  /** The groups of the stages that run here and read a topic. */
  readonly groupsOf: (topic: string) => readonly string[];
  /** The offset that comes next in every partition that is read. */
  readonly places: () => Promise<readonly PartitionOffset[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const TELL_EVERY_MS = 5_000;

export class GroupPlaces {
  readonly #options: GroupPlacesOptions;
  /** What the log knows, by group, topic and partition. */
  readonly #told = new Map<string, number>();
  #isFailing = false;

  constructor(options: GroupPlacesOptions) {
    this.#options = options;
  }

  /** Tells what has changed, until `signal` is aborted. A log that cannot be told is told later. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(TELL_EVERY_MS, signal);
      if (!signal.aborted) await this.#try();
    }
  }

  /** Tells what has changed. Throws what the log throws. */
  async tell(): Promise<void> {
    const { log, groupsOf, places } = this.#options;
    for (const { topic, partition, offset } of await places()) {
      for (const group of groupsOf(topic)) {
        const place = `${group} ${topic} ${partition}`;
        if (this.#told.get(place) === offset) continue;
        await log.commit(group, topic, offset, partition);
        this.#told.set(place, offset);
      }
    }
  }

  async #try(): Promise<void> {
    try {
      await this.tell();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.logger.warning('The lag of consumer groups is not shown for now', { error });
      this.#isFailing = true;
    }
  }
}
