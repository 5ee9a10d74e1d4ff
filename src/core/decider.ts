// What every stage of the pipeline is: a pure decider that takes one input at a time and appends what it decides.
import { type DomainEvent, type Out } from './events.ts';
import { type Trace } from './ids.ts';
import { type Session } from './market/calendar.ts';
import { type Tick } from './market/tick.ts';
import { type EpochMs } from './time.ts';

/** The input at hand: when it was taken, and the trace that whatever follows from it hangs on. */
export interface Root {
  readonly at: EpochMs;
  /** Spelled out only when something follows from the input. */
  readonly trace: Trace;
  /** The session of a segment that runs at `at`, or else its next one; undefined past the calendar's data. */
  sessionOf?(segment: string): Session | undefined;
}

/**
 * A stage of one namespace. It owns its state and updates it in place; nobody else holds a reference to it. What it
 * decides depends on its state and its inputs alone. `snapshot` is plain data from which `restore` rebuilds the state.
 */
export interface Stage<State> {
  onTick(tick: Tick, root: Root, out: Out): void;
  onEvent(event: DomainEvent, root: Root, out: Out): void;
  snapshot(): State;
  restore(state: State): void;
}
