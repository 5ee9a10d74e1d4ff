// What may be sent, as states at four scopes of one namespace; the worst of them counts. Down is immediate and anybody's,
// also the platform's own; up is a person's act, and what is disarmed comes up only by arming.
import { type ControlChanged } from '../events.ts';
import { type BrokerId, type StrategyId } from '../ids.ts';
import { type NamespacePlan } from '../plan.ts';

/** From best to worst: everything; what shrinks a position; cancels and flattening; cancels only. */
export const CONTROL_STATES = ['active', 'reducing', 'halted', 'disarmed'] as const;
export type ControlState = (typeof CONTROL_STATES)[number];

const ACTIVE = 0;
const REDUCING = 1;
const HALTED = 2;
const DISARMED = 3;

/** What a control event names: all brokers, this broker, one strategy of it, one instrument. */
export type Scope =
  | { readonly kind: 'global' }
  | { readonly kind: 'broker'; readonly broker: string }
  | { readonly kind: 'strategy'; readonly strategyId: StrategyId }
  | { readonly kind: 'instrument'; readonly token: number };

/** Reads the subject of a control event. */
export function scopeOf(subject: string): Scope {
  if (subject === 'global') return { kind: 'global' };
  if (subject.startsWith('strategy:')) {
    return { kind: 'strategy', strategyId: subject.slice('strategy:'.length) as StrategyId };
  }
  const token = /^instrument:(\d{1,15})$/.exec(subject)?.[1];
  return token === undefined ? { kind: 'broker', broker: subject } : { kind: 'instrument', token: Number(token) };
}

/** States other than active by the subject that names their scope. */
export type StatesState = readonly (readonly [string, ControlState])[];

export class States {
  readonly #broker: BrokerId;
  readonly #ranks = new Map<string, number>();
  #all = ACTIVE;
  /** Whether any strategy or instrument has a state of its own. */
  #parts = false;

  constructor({ broker, answeredBy }: Pick<NamespacePlan, 'broker' | 'answeredBy'>) {
    this.#broker = broker;
    if (answeredBy === 'gateway') this.#set(broker, DISARMED);
  }

  /** The worst state that concerns a strategy's order in an instrument. */
  worst(strategyId: StrategyId, token: number): ControlState {
    if (!this.#parts) return CONTROL_STATES[this.#all] as ControlState;
    const parts = Math.max(this.#rank(`strategy:${strategyId}`), this.#rank(`instrument:${token}`));
    return CONTROL_STATES[Math.max(this.#all, parts)] as ControlState;
  }

  /** The state of one scope by itself. */
  of(subject: string): ControlState {
    return CONTROL_STATES[this.#rank(subject)] as ControlState;
  }

  /** The subject of a scope whose state is the worst for such an order. */
  worstScope(strategyId: StrategyId, token: number): string {
    const scopes = ['global', this.#broker, `strategy:${strategyId}`, `instrument:${token}`];
    return scopes.reduce((worst, each) => (this.#rank(each) > this.#rank(worst) ? each : worst));
  }

  onControl({ action, subject }: Pick<ControlChanged, 'action' | 'subject'>): void {
    const now = this.#rank(subject);
    if (action === 'killed' || action === 'namespace_halted') this.#set(subject, Math.max(now, HALTED));
    else if (action === 'reducing') this.#set(subject, Math.max(now, REDUCING));
    else if (action === 'disarmed') this.#set(subject, DISARMED);
    else if (action === 'released' && now < DISARMED) this.#set(subject, ACTIVE);
    else if (action === 'armed' && now === DISARMED) this.#set(subject, ACTIVE);
  }

  snapshot(): StatesState {
    return [...this.#ranks].map(([subject, rank]) => [subject, CONTROL_STATES[rank] as ControlState] as const);
  }

  restore(state: StatesState): void {
    this.#ranks.clear();
    this.#measure();
    for (const [subject, each] of state) this.#set(subject, CONTROL_STATES.indexOf(each));
  }

  #rank(subject: string): number {
    return this.#ranks.get(subject) ?? ACTIVE;
  }

  #set(subject: string, rank: number): void {
    if (rank === ACTIVE) this.#ranks.delete(subject);
    else this.#ranks.set(subject, rank);
    this.#measure();
  }

  #measure(): void {
    this.#all = Math.max(this.#rank('global'), this.#rank(this.#broker));
    this.#parts = [...this.#ranks.keys()].some((subject) => subject !== 'global' && subject !== this.#broker);
  }
}
