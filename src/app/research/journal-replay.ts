// A journal taken again: the same ticks through the same code must lead to the same events, byte for byte, and to the same state.
import { type DomainEvent } from '#core/events.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type EpochMs } from '#core/time.ts';
import { Cascade } from '#engine/cascade.ts';
import { EventFrameWriter } from '#wire/event-frame-writer.ts';
import { readEventFrame } from '#wire/event-frame-reader.ts';
import { decodeTickFrame } from '#wire/tick-frame.ts';
import { RequestError } from '../reading/open-store.ts';
import { type Ending, openingOf, stateHash } from './journal.ts';
import { type Block, readable, readJournal } from './journal-file.ts';

export interface JournalReplay {
  readonly equal: boolean;
  readonly ticks: number;
  readonly events: number;
  readonly state_sha256: string;
  /** The first thing that came out differently. */
  readonly difference: string | undefined;
}

export interface ReplayContext {
  readonly catalogue: StrategyCatalogue;
  readonly calendar: (name: string) => Calendar;
}

/** Throws `RequestError` for what is no journal, is cut off, or has no ticks. */
export function replayJournal(path: string, context: ReplayContext): JournalReplay {
  const replay = new Replay(path, context);
  for (const block of readJournal(path)) readable(path, () => replay.take(block));
  return replay.finish();
}

class Replay {
  readonly #path: string;
  readonly #cascade: Cascade;
  readonly #events = new EventFrameWriter();
  #isOpen = false;
  #ticks = 0;
  #count = 0;
  #ending: Ending | undefined;
  #difference: string | undefined;

  constructor(path: string, context: ReplayContext) {
    this.#path = path;
    const sink = { event: (event: DomainEvent) => this.#events.add(event), intent: refuseIntent };
    this.#cascade = new Cascade({ ...context, sink });
  }

  take(block: Block): void {
    if (!this.#isOpen) return this.#open(block);
    const { kind, content } = block;
    if (kind === 'events') return this.#compare(content);
    // What followed from the input before was told, or there was nothing to tell.
    this.#compare(undefined);
    if (kind === 'ticks') this.#takeTicks(content);
    else if (kind === 'clock') this.#cascade.onClock(jsonOf(content) as EpochMs);
    else if (kind === 'end') this.#ending = jsonOf(content) as Ending;
  }

  finish(): JournalReplay {
    const ending = this.#ending;
    if (ending === undefined) {
      throw new RequestError(`${this.#path}: expected a journal to tell its end, found none: the run was cut off`);
    }
    const found = stateHash(this.#cascade);
    if (found !== ending.state_sha256) {
      this.#difference ??= `the state: expected ${ending.state_sha256}, found ${found}`;
    }
    const difference = this.#difference;
    return {
      equal: difference === undefined,
      ticks: this.#ticks,
      events: this.#count,
      state_sha256: found,
      difference,
    };
  }

  #open(block: Block): void {
    const { plan, scope } = openingOf(this.#path, block);
    if (scope !== 'all') {
      throw new RequestError(
        `${this.#path}: expected a journal of all, found one of ${scope}, which has no ticks to take again`,
      );
    }
    this.#cascade.replan(plan);
    this.#isOpen = true;
  }

  #takeTicks(frame: Uint8Array): void {
    const { batch, sources } = decodeTickFrame(frame, (token) => this.#cascade.instruments.indexOf(token));
    this.#cascade.onTicks(batch, 0, batch.count, (instrument) => sources.get(instrument) ?? '');
    this.#ticks += batch.count;
  }

  /** Equal events are equal bytes. */
  #compare(written: Uint8Array | undefined): void {
    const { events } = this.#events;
    this.#count += events;
    if (events === 0 && written === undefined) return;
    const found = this.#events.take();
    if (written !== undefined && Buffer.compare(found, written) === 0) return;
    this.#difference ??= differenceOf(written === undefined ? [] : valuesOf(written), valuesOf(found), this.#ticks);
  }
}

function differenceOf(expected: readonly string[], found: readonly string[], ticks: number): string {
  const at = expected.findIndex((value, k) => value !== found[k]);
  const place = at === -1 ? expected.length : at;
  return `up to tick ${ticks}: expected ${expected[place] ?? 'no more events'}, found ${found[place] ?? 'no more events'}`;
}

function valuesOf(frame: Uint8Array): readonly string[] {
  return readEventFrame(frame).map(({ value }) => value);
}

function jsonOf(content: Uint8Array): unknown {
  return JSON.parse(Buffer.from(content).toString());
}

function refuseIntent(): never {
  throw new Error('a backtest has no gateway, yet an order was meant for one');
}
