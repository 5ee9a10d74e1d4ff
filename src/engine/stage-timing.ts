// How long the stages take for what reaches them, for whoever measures it. Ticks are not among it: they pass every stage in
// one go, and looking at a clock would cost as much as most of them do.
import { type DomainEvent } from '#core/events.ts';
import { type StageName } from './pipeline.ts';

export interface StageTiming {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** A stage has taken the event, which took so long. */
  readonly took: (stage: StageName, event: DomainEvent, ms: number) => void;
}

/** The stage that an event of a type is for. Others hear of it at the same time; what they take is counted with it. */
export const TIMED: Readonly<Partial<Record<DomainEvent['type'], StageName>>> = {
  trading_signal: 'risk_manager',
  order_change: 'risk_manager',
  validated_signal: 'trading_engine',
  validated_change: 'trading_engine',
  order_filled: 'portfolio_manager',
};
