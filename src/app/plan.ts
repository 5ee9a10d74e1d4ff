// Turns settings, the feed's instruments and the deployments into the plan that the pure core trades under.
import { loadCharges } from '#adapters/charge-files/charge-files.ts';
import { loadBrokerLimits, loadFreezeQuantities } from '#adapters/rule-files/rule-files.ts';
import { type Money, parseDecimal, parsePercent, type Ppm } from '#core/decimal.ts';
import { invariant } from '#core/invariant.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type Deployment, type ExchangeTerms, type NamespacePlan, type Plan, type RiskLimits } from '#core/plan.ts';
import { type ExitTerms } from '#core/execution/exit.ts';
import { withFreezeQuantity } from '#core/market/freeze-quantities.ts';
import { type DayNumber, MINUTE_MS, SECOND_MS } from '#core/time.ts';
import { type BrokerSettings } from './config/brokers.ts';
import { type Settings } from './config/settings-schema.ts';
import { CHARGES, FREEZE_QUANTITIES, ORDER_LIMITS } from './project.ts';
import { fundsTrouble } from '#core/risk/funds.ts';
import { DeploymentError } from './deployments.ts';

/** Cash equities of the exchange; its session times the snapshots. */
export const SEGMENT = 'NSE';

/**
 * The plan in force from now on. Instruments of `before` keep their places and new ones follow, because the index of an
 * instrument never changes. Reads the tables of charges when a namespace takes them; throws `DataFileError`.
 */
export function makePlan(
  settings: Settings,
  offered: readonly Instrument[],
  deployments: readonly Deployment[],
  before: Plan | undefined,
): Plan {
  const kept = (before?.instruments ?? []).map(
    (known) => offered.find((instrument) => instrument.token === known.token) ?? known,
  );
  const namespaces = settings.brokers.map((broker) => {
    const terms = namespacePlan(broker, settings);
    // What a live account has is asked before it is armed, and not before there is a session to ask with.
    const isRehearsal = broker.runsAs === 'gateway' && broker.mode === 'simulator';
    return isRehearsal ? { ...terms, funds: fundsNeeded(terms, deployments) } : terms;
  });
  const trouble = fundsTrouble({ namespaces, deployments });
  if (trouble !== undefined) throw new DeploymentError(trouble);
  const added = offered.filter((instrument) => kept.every((known) => known.token !== instrument.token));
  return {
    calendar: settings.execution.calendar,
    segment: SEGMENT,
    freshMs: settings.execution.warmupFreshSeconds * SECOND_MS,
    snapshotIntervalMs: settings.portfolioManager.snapshotIntervalSeconds * SECOND_MS,
    instruments: [...kept, ...added],
    namespaces,
    deployments,
    ...(settings.brokers.some(({ charges }) => charges === 'dated') ? { charges: loadCharges(CHARGES) } : {}),
  };
}

/** What the books of a namespace begin with together; a rehearsal's account is given it. */
export function fundsNeeded(
  { broker, startingCash }: Pick<NamespacePlan, 'broker' | 'startingCash'>,
  deployments: readonly Deployment[],
): Money {
  return (deployments.filter(({ brokers }) => brokers.includes(broker)).length * startingCash) as Money;
}

/** Instruments with what an exchange takes of them in one order on a day. Throws `FreezeQuantityError` or `DataFileError`. */
export function withFreezeQuantities(offered: readonly Instrument[], day: DayNumber): readonly Instrument[] {
  if (offered.every(({ kind }) => kind !== 'future' && kind !== 'option')) return offered;
  const table = loadFreezeQuantities(FREEZE_QUANTITIES);
  return offered.map((instrument) => withFreezeQuantity(table, instrument, day));
}

/** What holds for one broker namespace by the settings. */
export function namespacePlan(broker: BrokerSettings, settings: Settings): NamespacePlan {
  return {
    broker: broker.id,
    startingCash: rupees(broker.startingCash),
    answeredBy: broker.runsAs,
    exchange: exchangeTerms(broker, settings),
    charges: broker.charges,
    signalTtlMs: broker.signalTtlSeconds * SECOND_MS,
    limits: riskLimits(settings),
    exits: exitTerms(settings),
    pacing: broker.orderLimits === 'dated' ? loadBrokerLimits(ORDER_LIMITS) : [],
    ...(broker.mode === 'live' ? { account: broker.userId } : {}),
  };
}

function exchangeTerms(broker: BrokerSettings, { exchange }: Settings): ExchangeTerms {
  return {
    slippage: percent(broker.slippagePercent),
    commission: percent(broker.commissionPercent),
    fillAt: exchange.fillAt,
    latencyMsMean: exchange.latencyMsMean,
    latencyMsStd: exchange.latencyMsStd,
    partialFills: exchange.partialFills,
    roundToTick: exchange.roundToTick,
    seed: exchange.seed,
    book: exchange.book,
    marketProtection: percent(exchange.marketProtectionPercent),
    rejects: percent(exchange.rejectPercent),
  };
}

function exitTerms({ execution }: Settings): ExitTerms {
  return {
    stepMs: execution.exitStepSeconds * SECOND_MS,
    alertAfter: execution.exitAlertAfter,
    squareOffMs: execution.squareOffMinutes * MINUTE_MS,
  };
}

function riskLimits({ risk }: Settings): RiskLimits {
  return {
    maxPositionUnits: risk.maxPositionUnits,
    maxOrderQuantity: risk.maxOrderQuantity,
    maxOrderValue: rupees(risk.maxOrderValue),
    maxTradesPerDay: risk.maxTradesPerDay,
    priceCollar: percent(risk.priceCollarPercent),
    staleAfterMs: risk.staleAfterSeconds * SECOND_MS,
    duplicateWindowMs: risk.duplicateWindowSeconds * SECOND_MS,
    cashReserve: percent(risk.cashReservePercent),
    maxDrawdown: percent(risk.maxDrawdownPercent),
    drawdownExits: risk.drawdownExits,
    drawdownAction: risk.drawdownAction,
    maxOrdersPerSecond: risk.maxOrdersPerSecond,
    maxMessagesPerMinute: risk.maxMessagesPerMinute,
    maxGrossExposure: rupees(risk.maxGrossExposure),
    maxNetExposure: rupees(risk.maxNetExposure),
    maxAccountGrossExposure: rupees(risk.maxAccountGrossExposure),
    maxAccountNetExposure: rupees(risk.maxAccountNetExposure),
    maxDayLoss: rupees(risk.maxDayLoss),
    maxAccountDayLoss: rupees(risk.maxAccountDayLoss),
    maxAccountDrawdown: percent(risk.maxAccountDrawdownPercent),
    haltAt: percent(risk.haltAtPercent),
    misMargin: percent(risk.misMarginPercent),
    nrmlMargin: percent(risk.nrmlMarginPercent),
    repeatedFills: risk.repeatedFills,
    repeatedFillsWindowMs: risk.repeatedFillsWindowSeconds * SECOND_MS,
    selfTrade: risk.selfTrade,
  };
}

function rupees(text: string): Money {
  const units = parseDecimal(text);
  invariant(units !== undefined, `the settings let the amount ${text} pass`);
  return units as Money;
}

function percent(text: string): Ppm {
  const ppm = parsePercent(text);
  invariant(ppm !== undefined, `the settings let the percentage ${text} pass`);
  return ppm;
}
