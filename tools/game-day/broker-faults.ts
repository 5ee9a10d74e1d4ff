// Faults of a live account, with a Kite simulator in the place of Kite: what a broker, its line and its account do to it.
import { type Env } from '../../test/e2e/support/processes.ts';
import { kiteAt, liveAt, signedIn, type Kite } from '../../test/e2e/support/live-kite.ts';
import { signalMessage } from '../../test/e2e/support/signals.ts';
import { type Fault, type Line } from './drill.ts';
import { openStage, waitFor, type Ending, type Stage } from './stage.ts';

/** Long enough to sign in and to arm before anything is told. */
const GRACE_SECONDS = 25;
const SILENCE_SECONDS = 8;

const LIVE: Env = {
  ACTIVE_BROKERS: 'zerodha',
  ZERODHA__MODE: 'live',
  ZERODHA__USER_ID: 'SIM001',
  ZERODHA__STARTING_CASH: '150000',
  ZERODHA__DEPLOYMENT: 'G',
  MONITORING__STARTUP_GRACE_PERIOD_SECONDS: `${GRACE_SECONDS}`,
  HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS: `${SILENCE_SECONDS}`,
  PORTFOLIO_MANAGER__RECONCILIATION_INTERVAL_SECONDS: '10',
};

const TOKENS = { RELIANCE: 738_561, INFY: 408_065, TCS: 2_953_217 } as const;

export interface LiveStage extends Stage {
  readonly kite: Kite;
}

/** A live account that a person has signed in to and armed. */
export async function openLiveStage(ending: Ending, told: (line: Line) => void): Promise<LiveStage> {
  const startedAt = performance.now();
  const kite = await kiteAt(ending);
  const env = { ...liveAt(kite), ...LIVE };
  const stage = await openStage(ending, told, env, async (place) => {
    await signedIn(place, await kite.requestToken());
    return undefined;
  });
  await waitFor('ticks', () => stage.place.ticks() > 100);
  await stage.run('arm', 'zerodha', '--why', 'game day');
  await stage.program.said('armed: zerodha');
  await waitFor('the end of the time of grace', () => performance.now() - startedAt > (GRACE_SECONDS + 5) * 1_000);
  return { ...stage, kite };
}

export async function brokerFaults(stage: LiveStage): Promise<readonly Fault[]> {
  const { place } = stage;
  const ofHolder = () => place.events('zerodha.orders.filled').find(({ data }) => data['strategy_id'] === 'holds');
  buy(stage, 'holds', 'RELIANCE');
  await waitFor('a fill', () => ofHolder() !== undefined);
  return [...orderFaults(stage, Number(ofHolder()?.data['fill_price'])), ...accountFaults(stage)];
}

function buy({ place }: LiveStage, strategy: string, symbol: keyof typeof TOKENS): void {
  place.put(signalMessage('zerodha', {}, { strategy_id: strategy, instrument_token: TOKENS[symbol] }));
}

async function fault({ kite }: LiveStage, kind: string, how: object = {}): Promise<void> {
  await kite.order('/faults', { kind, ...how });
}

async function clear({ kite }: LiveStage): Promise<void> {
  const answer = await fetch(`${kite.url}/simulator/faults`, { method: 'DELETE' });
  await answer.arrayBuffer();
}

/** @param paid for what a strategy holds */
function orderFaults(stage: LiveStage, paid: number): readonly Fault[] {
  const mend = async (): Promise<void> => clear(stage);
  return [
    {
      name: 'the broker rejects an order',
      expects: [{ code: 'ORDER_REJECTED', subject: 'rejected' }],
      inject: async () => {
        await fault(stage, 'rms-reject', { count: 1 });
        buy(stage, 'rejected', 'INFY');
      },
      mend,
    },
    {
      name: 'an order is lost on its way, and no answer comes',
      expects: [{ code: 'ORDER_UNKNOWN' }],
      inject: async () => {
        await fault(stage, 'lost-request', { count: 1, route: 'place' });
        buy(stage, 'unknown', 'TCS');
      },
      mend,
    },
    {
      name: 'a position is sold elsewhere, and its strategy is halted',
      expects: [{ code: 'RECONCILIATION_BREAK' }, { code: 'TRADING_HALTED', subject: 'holds' }],
      inject: async () => {
        const terms = { exchange: 'NSE', order_type: 'LIMIT', product: 'CNC', validity: 'DAY' };
        const sale = { ...terms, tradingsymbol: 'RELIANCE', transaction_type: 'SELL', quantity: '1' };
        // So far below the market that it trades at once.
        const price = (Math.floor(paid * 0.97 * 20) / 20).toFixed(2);
        await stage.kite.order('/orders', { ...sale, price });
      },
    },
  ];
}

function accountFaults(stage: LiveStage): readonly Fault[] {
  const { kite, run } = stage;
  const mend = async (): Promise<void> => clear(stage);
  return [
    {
      name: 'exits are refused again and again',
      expects: [{ code: 'EXIT_TROUBLE' }],
      inject: async () => {
        await fault(stage, 'rms-reject', { count: 1_000 });
        await run('kill', 'zerodha', '--flatten', '--why', 'game day');
      },
      mend,
    },
    {
      name: 'a person disarms the account',
      expects: [{ code: 'BROKER_DISARMED' }],
      inject: async () => run('disarm', 'zerodha', '--why', 'game day'),
    },
    {
      name: 'the line stays up and carries no tick',
      expects: [{ code: 'FEED_STALLED' }],
      inject: async () => fault(stage, 'heartbeats-only', { ms: 60_000 }),
      mend,
    },
    {
      name: 'Kite ends the session',
      expects: [{ code: 'BROKER_TOKEN' }, { code: 'FEED_TOKEN' }],
      inject: async () => {
        await kite.order('/expire-token');
      },
    },
  ];
}
