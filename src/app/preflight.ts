// The checks before the platform takes its first input, built for the namespaces that are active.
import { CalendarError, type Calendar } from '#core/market/calendar.ts';
import { type BrokerId } from '#core/ids.ts';
import { formatInstant } from '#core/time.ts';
import { glanced, type CheckOutcome, type HealthCheck } from '#engine/health.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';
import { isLoopback } from './config/loopback.ts';
import { type Pipeline } from './pipeline.ts';
import { freshnessChecks, type FreshnessCheckOptions } from './freshness.ts';

export interface PreflightOptions extends FreshnessCheckOptions {
  readonly pipeline: Pick<Pipeline, 'foundation' | 'feed' | 'source' | 'gateways' | 'ingest' | 'plan'>;
  readonly clock: Clock;
}

export function preflightChecks(options: PreflightOptions): readonly HealthCheck[] {
  const { pipeline, settings, calendar } = options;
  const { plan, ingest } = pipeline;
  return [
    ...pipeline.foundation.checks,
    { component: 'market hours', scope: 'information', run: () => marketHours(calendar, plan.segment, ingest) },
    {
      component: 'active strategies',
      scope: 'information',
      run: () => activeStrategies(plan.deployments.length),
    },
    ...feedSession(pipeline, settings),
    ...settings.brokers.flatMap((broker) => brokerChecks(broker.id, options)),
    ...freshnessChecks(options),
  ];
}

function marketHours(calendar: Calendar, segment: string, { cascade }: Ingest): { passed: boolean; message: string } {
  if (cascade.at === 0) return { passed: true, message: 'no market time yet; the feed sets it' };
  try {
    const phase = calendar.phaseAt(segment, cascade.at);
    return { passed: true, message: `${segment} is ${phase} at ${formatInstant(cascade.at)}` };
  } catch (error) {
    if (error instanceof CalendarError) return { passed: false, message: error.message };
    throw error;
  }
}

/** Ticks may come later, once somebody has signed in; until then what to do stands here, and where on this machine alone. */
function feedSession({ source }: PreflightOptions['pipeline'], { api }: Settings): readonly HealthCheck[] {
  if (!source.isLive) return [];
  const run = (): { passed: boolean; message: string } => {
    const { feedTrouble, loginUrl } = source;
    if (feedTrouble === undefined) return { passed: true, message: 'signed in to Kite' };
    const where = isLoopback(api.host) ? `; the login page is ${loginUrl ?? ''}` : '';
    return { passed: false, message: `${feedTrouble}${where}` };
  };
  return [glanced({ component: 'feed session', scope: 'information', run })];
}

function activeStrategies(deployments: number): { passed: boolean; message: string } {
  if (deployments > 0) return { passed: true, message: `${deployments} deployments` };
  return { passed: false, message: 'no strategy is deployed: nothing will trade; see alpha-panda strategies' };
}

/** What a namespace needs of its broker; one without a gateway needs nothing that could fail. */
function brokerChecks(broker: BrokerId, { pipeline }: PreflightOptions): readonly HealthCheck[] {
  const { ingest, gateways } = pipeline;
  const check = (component: string, run: HealthCheck['run'], glance?: HealthCheck['glance']): HealthCheck => {
    return { component: `${broker} ${component}`, scope: 'broker', broker, run, ...(glance && { glance }) };
  };
  if (ingest.cascade.namespace(broker) === undefined) {
    const message = 'halted after a defect; see the first lines of this start';
    return [check('broker', () => ({ passed: false, message }))];
  }
  const account = gateways.accountOf(broker);
  if (account === undefined) {
    return [check('broker', () => ({ passed: true, message: 'answered by the simulated exchange' }))];
  }
  const { session, client, gateway } = account;
  const readiness = pipeline.source.liveAccountOf(broker)?.readiness;
  const signedOut = (): CheckOutcome | undefined => {
    if (session.state === 'active') return undefined;
    return { passed: false, message: readiness?.accountTrouble ?? `the session is ${session.state}` };
  };
  const authentication = async (): Promise<CheckOutcome> => {
    await readiness?.look();
    const strange = readiness?.accountTrouble;
    if (strange !== undefined) return { passed: false, message: strange };
    const profile = await client.profile();
    if (profile.kind === 'read') return { passed: true, message: `signed in as ${profile.value.userId}` };
    return { passed: false, message: `${profile.message}; the session is ${session.state}` };
  };
  return [
    check('authentication', authentication, signedOut),
    check('broker_api', async () => {
      const trouble = await gateway.read();
      if (trouble !== undefined) return { passed: false, message: `the order book cannot be read: ${trouble}` };
      const closed = readiness?.addressTrouble;
      if (closed !== undefined) return { passed: false, message: closed };
      return { passed: true, message: 'the order book can be read' };
    }),
  ];
}
