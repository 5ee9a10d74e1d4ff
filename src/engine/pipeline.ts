// The pipeline as one table: what each stage reads, under which consumer group, and what it writes. Read this first.
import { type BrokerId } from '#core/ids.ts';
import { MARKET_TICKS, parseTopic, topic, type Stream } from '#wire/topics.ts';

export type StageName = 'market_feed' | 'strategy_runner' | 'risk_manager' | 'trading_engine' | 'portfolio_manager';

/** One consumer group of a stage: the purpose that ends its name, and the streams it reads in every namespace. */
export interface StageGroup {
  readonly purpose: 'ticks' | 'signals' | 'orders';
  readonly streams: readonly (Stream | typeof MARKET_TICKS)[];
}

export interface StageRow {
  readonly name: StageName;
  readonly groups: readonly StageGroup[];
  readonly writes: readonly (Stream | typeof MARKET_TICKS)[];
}

const TICKS: StageGroup = { purpose: 'ticks', streams: [MARKET_TICKS] };
const ORDERS = ['orders.submitted', 'orders.filled', 'orders.failed', 'orders.cancelled'] as const;

export const PIPELINE: readonly StageRow[] = [
  { name: 'market_feed', groups: [], writes: [MARKET_TICKS] },
  {
    name: 'strategy_runner',
    groups: [TICKS, { purpose: 'orders', streams: ['orders.filled', 'control.changes'] }],
    writes: ['signals.raw', 'control.changes'],
  },
  {
    name: 'risk_manager',
    groups: [
      { purpose: 'signals', streams: ['signals.raw'] },
      { purpose: 'orders', streams: [...ORDERS, 'signals.expired', 'pnl.snapshots', 'control.changes'] },
      TICKS,
    ],
    writes: ['signals.validated', 'signals.rejected', 'signals.expired', 'control.changes'],
  },
  {
    name: 'trading_engine',
    groups: [{ purpose: 'signals', streams: ['signals.validated'] }, TICKS],
    // Signals are those of exits that it keeps.
    writes: [...ORDERS, 'signals.expired', 'signals.raw', 'control.changes'],
  },
  {
    name: 'portfolio_manager',
    groups: [{ purpose: 'orders', streams: [...ORDERS, 'pnl.snapshots'] }, TICKS],
    writes: ['pnl.snapshots', 'reconciliation.breaks', 'control.changes'],
  },
];

/** The name of a consumer group: one a stage and purpose, for all brokers. */
export function groupId(prefix: string, stage: StageName, purpose: StageGroup['purpose']): string {
  return `${prefix}.${stage}.${purpose}`;
}

/** The topics that a group reads, for all brokers. */
export function topicsOfGroup(group: StageGroup, brokers: readonly BrokerId[]): readonly string[] {
  return group.streams.flatMap((stream) =>
    stream === MARKET_TICKS ? [MARKET_TICKS] : brokers.map((broker) => topic(broker, stream)),
  );
}

/** For a topic, the consumer groups of the stages that read it: of some of them, or of all. */
export function groupsReading(prefix: string, stages?: readonly StageName[]): (name: string) => readonly string[] {
  const byStream = new Map<string, string[]>();
  for (const stage of PIPELINE) {
    if (stages?.includes(stage.name) === false) continue;
    for (const group of stage.groups) {
      for (const stream of group.streams) {
        const groups = byStream.get(stream) ?? [];
        byStream.set(stream, [...groups, groupId(prefix, stage.name, group.purpose)]);
      }
    }
  }
  return (name) => {
    const parsed = parseTopic(name);
    if (parsed === undefined || parsed.deadLetters) return [];
    return byStream.get(parsed.scope === 'market' ? MARKET_TICKS : parsed.stream) ?? [];
  };
}

/**
 * The stage whose store has everything of a stream; it also takes what comes from outside on it: one of them, so that it is
 * taken once.
 */
const KEEPER: Readonly<Record<Stream, StageName>> = {
  'signals.raw': 'risk_manager',
  'signals.validated': 'risk_manager',
  'signals.rejected': 'risk_manager',
  'signals.expired': 'trading_engine',
  'orders.submitted': 'trading_engine',
  'orders.filled': 'trading_engine',
  'orders.failed': 'trading_engine',
  'orders.cancelled': 'trading_engine',
  'pnl.snapshots': 'portfolio_manager',
  'reconciliation.breaks': 'portfolio_manager',
  'control.changes': 'risk_manager',
};

/** Whether a part takes what comes from outside on a topic. */
export function takesFromOutside(stages: readonly StageName[], name: string): boolean {
  return parseTopic(name)?.scope === 'broker' && stages.includes(keeperOf(name));
}

/** The stage in whose store a topic is whole. */
export function keeperOf(name: string): StageName {
  const parsed = parseTopic(name);
  return parsed?.scope === 'broker' ? KEEPER[parsed.stream] : 'market_feed';
}

/** Whether one of these stages decides what a topic holds, or takes in for the others what strangers write to it. */
export function mayWrite(stages: readonly StageName[], name: string): boolean {
  const parsed = parseTopic(name);
  if (parsed?.scope !== 'broker' || parsed.deadLetters) return false;
  const writes = PIPELINE.some((row) => stages.includes(row.name) && row.writes.includes(parsed.stream));
  return writes || stages.includes(keeperOf(name));
}
