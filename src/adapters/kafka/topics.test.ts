import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BrokerId } from '#core/ids.ts';
import { topicsOf } from '#wire/topics.ts';
import { planTopics, type TopicPlan } from './topics.ts';

const PAPER = { id: 'paper' as BrokerId, live: false };
const ZERODHA = { id: 'zerodha' as BrokerId, live: true };
const DAY_MS = 86_400_000;

describe('the plan of topics', () => {
  it('has every topic of every broker once, dead letters included', () => {
    const names = planTopics([PAPER, ZERODHA]).map(({ topic }) => topic);
    assert.deepEqual(names, topicsOf([PAPER.id, ZERODHA.id]));
  });

  it('keeps each kind of message as long as it is of use', () => {
    const plan = planned([PAPER, ZERODHA]);
    assert.deepEqual(plan.get('market.ticks'), {
      topic: 'market.ticks',
      partitions: 12,
      replication: 1,
      retentionMs: 3_600_000,
    });
    assert.equal(plan.get('paper.signals.raw')?.retentionMs, DAY_MS);
    assert.equal(plan.get('zerodha.signals.raw')?.retentionMs, DAY_MS);
    assert.equal(plan.get('paper.orders.filled')?.retentionMs, 7 * DAY_MS);
    assert.equal(plan.get('zerodha.orders.filled')?.retentionMs, 30 * DAY_MS);
    assert.equal(plan.get('paper.control.changes')?.retentionMs, 30 * DAY_MS);
    assert.equal(plan.get('zerodha.orders.filled.dlq')?.retentionMs, 30 * DAY_MS);
  });

  it('gives dead letters half the partitions, and at least one', () => {
    const plan = planned([PAPER]);
    const partitions = ['market.ticks', 'paper.signals.raw', 'paper.orders.filled', 'paper.control.changes'].map(
      (name) => [plan.get(name)?.partitions, plan.get(`${name}.dlq`)?.partitions],
    );
    assert.deepEqual(partitions, [
      [12, 6],
      [6, 3],
      [3, 1],
      [1, 1],
    ]);
  });

  it('multiplies partitions, rounding up, and never by less than a tenth', () => {
    assert.equal(planned([PAPER], { multiplier: 2 }).get('market.ticks')?.partitions, 24);
    assert.equal(planned([PAPER], { multiplier: 0.3 }).get('market.ticks')?.partitions, 4);
    assert.equal(planned([PAPER], { multiplier: 0 }).get('market.ticks')?.partitions, 2);
    assert.equal(planned([PAPER], { multiplier: 0 }).get('paper.control.changes')?.partitions, 1);
    assert.equal(planned([PAPER], { replication: 3 }).get('paper.control.changes.dlq')?.replication, 3);
  });
});

function planned(...given: Parameters<typeof planTopics>): ReadonlyMap<string, TopicPlan> {
  return new Map(planTopics(...given).map((plan) => [plan.topic, plan]));
}
