// Cascades that share the stages of one pipeline among them, in one process: what one decides reaches the others as text,
// as it does over a log, and they take a tape in step.
import { type DomainEvent } from '#core/events.ts';
import { type Plan } from '#core/plan.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type EpochMs } from '#core/time.ts';
import { Cascade } from '#engine/cascade.ts';
import { turnOf } from '#engine/lockstep.ts';
import { isOfConcern, partOf } from '#engine/part.ts';
import { mayWrite, type StageName } from '#engine/pipeline.ts';
import { decodeMessage } from '#wire/decode.ts';
import { encodeEvent } from '#wire/encode.ts';
import { TickBatch } from '#core/market/tick.ts';
import { SOURCE } from './cascade-run.ts';
import { type TapeRow } from './builders.ts';
import { JUNE_2021 } from './tape-builder.ts';

interface Part {
  readonly stages: readonly StageName[];
  readonly cascade: Cascade;
  readonly decided: DomainEvent[];
}

export class CascadesApart {
  readonly #parts: readonly Part[];
  /** Everything that was decided, as messages. */
  readonly messages: string[] = [];
  #sequence = 0;

  constructor(plan: Plan, catalogue: StrategyCatalogue, split: readonly (readonly StageName[])[]) {
    this.#parts = split
      .map((stages) => {
        const decided: DomainEvent[] = [];
        const sink = { event: (event: DomainEvent) => void decided.push(event), intent: () => undefined };
        const cascade = new Cascade({ catalogue, calendar: () => JUNE_2021, sink, part: partOf(stages) });
        cascade.replan(plan);
        return { stages, cascade, decided };
      })
      .toSorted((a, b) => turnOf(a.stages) - turnOf(b.stages));
  }

  rows(rows: readonly TapeRow[]): this {
    for (const [on, time, price, volume] of rows) {
      const batch = new TickBatch(1, false);
      batch.push(on, time, price, volume, this.#sequence++);
      for (const { cascade } of this.#parts) {
        cascade.onTicks(batch, 0, 1, () => SOURCE);
        this.#settle();
      }
    }
    return this;
  }

  /** The cascade that has a stage. */
  with(stage: StageName): Cascade {
    const found = this.#parts.find(({ stages }) => stages.includes(stage));
    if (found === undefined) throw new Error(`no part has the stage ${stage}`);
    return found.cascade;
  }

  /** Hands on what was decided until nobody decides anything more. */
  #settle(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const from of this.#parts) {
        for (const event of from.decided.splice(0)) {
          this.#handOn(event, from);
          moved = true;
        }
      }
    }
  }

  #handOn(event: DomainEvent, from: Part): void {
    const { topic, key, value } = encodeEvent(event);
    if (!mayWrite(from.stages, topic)) throw new Error(`${from.stages.join(', ')} wrote ${value} to ${topic}`);
    this.messages.push(`${topic} ${key} ${value}`);
    for (const to of this.#parts) {
      if (to === from || !isOfConcern(event, partOf(to.stages))) continue;
      const at = Math.max(to.cascade.at, event.at) as EpochMs;
      const read = decodeMessage(topic, value, { at, ttlMs: 0, offsetId: '' });
      if (!read.ok) throw new Error(read.error.message);
      to.cascade.onMessage(read.value, at);
    }
  }
}
