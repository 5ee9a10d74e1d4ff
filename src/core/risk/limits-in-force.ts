// Which limits hold for a strategy now: those of the namespace, what its deployment changes, and what a person changed
// while it ran. The more special one wins, and what is of the whole account is the same for all.
import { type ControlChanged, type LimitChange } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { type Deployment, type RiskLimits } from '../plan.ts';
import { LIMIT_ROWS, LIMITS_OFF } from './limits.ts';
import { watches } from './losses.ts';
import { scopeOf } from './states.ts';

/** Changes while it runs, by the subject that they name. */
export type LimitsState = readonly (readonly [string, readonly LimitChange[]])[];

export class LimitsInForce {
  #plan: Partial<RiskLimits>;
  #deployments = new Map<StrategyId, Partial<RiskLimits>>();
  readonly #changes = new Map<string, LimitChange[]>();
  /** The limits of the namespace; those of the account are read here. */
  account: RiskLimits;
  readonly #ofStrategy = new Map<StrategyId, RiskLimits>();
  /** The strategy that was asked for last. */
  #lastId: StrategyId | undefined;
  #last: RiskLimits = LIMITS_OFF;
  /** Whether any limit asks for the books to be looked at with every tick. */
  watching = false;
  /** Whether none of the limits is in force that only some desks use: then the gate leaves out their rules. */
  plain = true;
  /** Whether fills are counted. */
  counting = false;

  constructor(limits: Partial<RiskLimits>) {
    this.#plan = limits;
    this.account = this.#renew();
  }

  replan(limits: Partial<RiskLimits>, deployments: readonly Deployment[]): void {
    this.#plan = limits;
    this.#deployments = new Map(deployments.map(({ strategyId, limits: own = {} }) => [strategyId, own]));
    this.account = this.#renew();
  }

  of(strategyId: StrategyId): RiskLimits {
    if (strategyId !== this.#lastId) {
      this.#last = this.#find(strategyId);
      this.#lastId = strategyId;
    }
    return this.#last;
  }

  #find(strategyId: StrategyId): RiskLimits {
    const known = this.#ofStrategy.get(strategyId);
    if (known !== undefined) return known;
    const own = this.#changes.get(`strategy:${strategyId}`) ?? [];
    const special = { ...this.#deployments.get(strategyId), ...asLimits(own) };
    const limits = { ...this.account, ...special, ...ofAccount(this.account) };
    this.#ofStrategy.set(strategyId, limits);
    return limits;
  }

  onControl({ subject, limit }: Pick<ControlChanged, 'subject' | 'limit'>): void {
    if (limit === undefined) return;
    const { kind } = scopeOf(subject);
    if (kind === 'instrument') return;
    const place = kind === 'strategy' ? subject : 'namespace';
    const others = (this.#changes.get(place) ?? []).filter(({ name }) => name !== limit.name);
    this.#changes.set(place, [...others, limit]);
    this.account = this.#renew();
  }

  snapshot(): LimitsState {
    return [...this.#changes];
  }

  restore(state: LimitsState): void {
    for (const [place, changes] of state) this.#changes.set(place, [...changes]);
    this.account = this.#renew();
  }

  #renew(): RiskLimits {
    this.#ofStrategy.clear();
    this.#lastId = undefined;
    const changed = [...this.#changes.values()].map(asLimits);
    const account = { ...LIMITS_OFF, ...this.#plan, ...asLimits(this.#changes.get('namespace') ?? []) };
    const special = [...this.#deployments.values(), ...changed].map((own) => ({ ...account, ...own }));
    const all = [account, ...special];
    this.watching = all.some(watches);
    this.plain = all.every(isPlain);
    this.counting = all.some(({ repeatedFills }) => repeatedFills > 0);
    return account;
  }
}

function asLimits(changes: readonly LimitChange[]): Partial<RiskLimits> {
  return Object.fromEntries(changes.map(({ name, value }) => [name, value]));
}

const ACCOUNT_FIELDS = LIMIT_ROWS.filter(({ of }) => of === 'account').map(({ field }) => field);

function ofAccount(limits: RiskLimits): Partial<RiskLimits> {
  return Object.fromEntries(ACCOUNT_FIELDS.map((field) => [field, limits[field]]));
}

function isPlain(limits: RiskLimits): boolean {
  const { maxGrossExposure, maxNetExposure, maxAccountGrossExposure, maxAccountNetExposure } = limits;
  const exposure = maxGrossExposure + maxNetExposure + maxAccountGrossExposure + maxAccountNetExposure;
  const losses = limits.maxDayLoss + limits.maxAccountDayLoss + limits.maxAccountDrawdown;
  return exposure + losses + limits.maxMessagesPerMinute === 0 && limits.selfTrade === 'allow';
}
