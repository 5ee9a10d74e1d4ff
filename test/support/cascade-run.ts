// A cascade under test: fed row by row or in batches, stopped and read back at will, and heard in bytes as the log would
// hold them, so that two runs can be compared word for word.
import { type DomainEvent, type OrderSubmitted } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type EpochMs } from '#core/time.ts';
import { Cascade } from '#engine/cascade.ts';
import { type Namespace } from '#engine/namespace.ts';
import { type CascadeSink, type Intent } from '#engine/sink.ts';
import { encodeEvent } from '#wire/encode.ts';
import { alternating, catalogueOf, plan as planOf, PAPER, reread, rs, type TapeRow } from './builders.ts';
import { JUNE_2021 } from './tape-builder.ts';

/** Names the ticks of every test tape. */
export const SOURCE = 'tape';

export class CascadeRun implements CascadeSink {
  readonly #catalogue: StrategyCatalogue;
  readonly #calendar: Calendar;
  cascade: Cascade;
  /** Everything that was decided, in order. */
  readonly events: DomainEvent[] = [];
  readonly intents: OrderSubmitted[] = [];
  /** Changes that were asked of a gateway. */
  readonly changes: Exclude<Intent, OrderSubmitted>[] = [];
  #taken = 0;
  #sequence = 0;

  constructor(
    plan: Plan = planOf(),
    catalogue: StrategyCatalogue = catalogueOf(alternating),
    calendar: Calendar = JUNE_2021,
  ) {
    this.#catalogue = catalogue;
    this.#calendar = calendar;
    this.cascade = this.#new();
    this.cascade.replan(plan);
  }

  #new(): Cascade {
    const calendar = (name: string) => (name === 'always_open' ? alwaysOpen() : this.#calendar);
    return new Cascade({ catalogue: this.#catalogue, calendar, sink: this });
  }

  event(event: DomainEvent): void {
    this.events.push(event);
  }

  /** As in the platform, a batch ends with an intent that must leave. */
  intent(intent: Intent): void {
    if (intent.type === 'order_submitted') this.intents.push(intent);
    else this.changes.push(intent);
    this.cascade.pause = true;
  }

  /** What was decided since the last call. */
  take(): readonly DomainEvent[] {
    const since = this.events.slice(this.#taken);
    this.#taken = this.events.length;
    return since;
  }

  /** Takes the rows in batches of so many. */
  rows(rows: readonly TapeRow[], size = rows.length): this {
    for (let from = 0; from < rows.length; from += size) {
      const batch = new TickBatch(Math.max(1, size), false);
      for (const [on, time, price, volume] of rows.slice(from, from + size)) {
        batch.push(on, time, price, volume, this.#sequence++);
      }
      for (let k = 0; k < batch.count;) {
        this.cascade.pause = false;
        k = this.cascade.onTicks(batch, k, batch.count, () => SOURCE);
      }
    }
    return this;
  }

  /** Takes one tick and returns what followed. */
  tick(on: number, rupees: number, at: EpochMs, volume = NO_VOLUME): readonly DomainEvent[] {
    this.rows([[on, at, rs(rupees), volume]]);
    return this.take();
  }

  /** Takes an event from outside and returns what followed. */
  message(event: DomainEvent, at: EpochMs = event.at): readonly DomainEvent[] {
    this.cascade.onMessage(event, at);
    return this.take();
  }

  clock(at: EpochMs): readonly DomainEvent[] {
    this.cascade.onClock(at);
    return this.take();
  }

  /** Goes on in a new process, from what a snapshot of this one gives back. */
  restart(): this {
    const state = reread(this.cascade.snapshot());
    this.cascade = this.#new();
    this.cascade.restore(state);
    return this;
  }

  namespace(broker: BrokerId = PAPER): Namespace {
    const namespace = this.cascade.namespace(broker);
    if (namespace === undefined) throw new Error(`the namespace ${broker} is not active`);
    return namespace;
  }

  /** The state as text. */
  state(): string {
    return JSON.stringify(this.cascade.snapshot());
  }

  /** The messages of the run as a log would hold them, of one namespace or of all. */
  bytes(broker?: BrokerId): readonly string[] {
    return this.events
      .filter((event) => broker === undefined || event.broker === broker)
      .map((event) => {
        const { topic, key, value } = encodeEvent(event);
        return `${topic} ${key} ${value}`;
      });
  }
}

/** Events in short: their types, with the quantity of a fill and the code of an expiry. */
export function short(events: readonly DomainEvent[]): readonly string[] {
  return events.map((event) => {
    if (event.type === 'order_filled') return `order_filled ${event.quantity}@${event.fillPrice / 10_000}`;
    if (event.type === 'expired_signal') return `expired_signal ${event.code}`;
    return event.type;
  });
}
