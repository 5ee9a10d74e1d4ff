// What the shell keeps by namespace: accounts, the age of books, and what a rehearsal is given.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { type Money } from '#core/decimal.ts';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { deployment } from '../../test/support/builders.ts';
import { Freshness } from './freshness.ts';
import { Gateways } from './gateways.ts';
import { type KiteAccount } from './kite-account.ts';
import { fundsNeeded } from './plan.ts';

const BROKERS = ['zerodha', 'zerodha_two', 'paper'] as BrokerId[];

test('each namespace has its own account, and one without a gateway has none', () => {
  const accounts = BROKERS.slice(0, 2).map((broker) => {
    // All that a desk asks of a gateway before anything is sent.
    return { broker, gateway: { reports: () => () => undefined } } as unknown as KiteAccount;
  });
  const gateways = new Gateways(accounts, systemClock(), silentLogger);
  assert.deepEqual(
    BROKERS.map((broker) => gateways.accountOf(broker)),
    [...accounts, undefined],
  );
});

test('books of one namespace that were written make those of another no younger', () => {
  const freshness = new Freshness(systemClock());
  freshness.begin(1_000 as EpochMs);
  const events = [
    { type: 'pnl_snapshot', broker: 'zerodha', at: 2_000 },
    { type: 'pnl_snapshot', broker: 'zerodha_two', at: 3_000 },
  ] as unknown as readonly DomainEvent[];
  freshness.onCommitted({ events, ticks: 0 } as unknown as Parameters<Freshness['onCommitted']>[0]);
  assert.deepEqual(
    BROKERS.map((broker) => freshness.snapshotAt(broker)),
    [2_000, 3_000, 1_000],
  );
});

test('a rehearsal is given what the books of its own namespace begin with', () => {
  const startingCash = 500 as Money;
  const [zerodha, other, paper] = BROKERS as [BrokerId, BrokerId, BrokerId];
  const deployments = [[zerodha], [zerodha, other], [paper]].map((brokers) => deployment({ brokers }));
  assert.deepEqual(
    BROKERS.map((broker) => fundsNeeded({ broker, startingCash }, deployments)),
    [1_000, 500, 500],
  );
});
