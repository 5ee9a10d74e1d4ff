// Deployments and limits over HTTP, against what the commands print and what the gate counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentLine, LimitLine, Signal } from '#api/contract.ts';
import { LIMIT_ROWS } from '#core/risk/limits.ts';
import { accessWorld } from '../support/access-world.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

test('deployments and limits are told to whoever sees their namespace, with what is used', async (t) => {
  const world = await accessWorld(t);
  const get = async <Item>(who: string, path: string): Promise<readonly Item[]> => {
    const { status, text } = await world.askAs(await world.tokenOf(who), `/api/v1/${path}`);
    assert.equal(status, 200, text);
    const { items, next_cursor: next } = JSON.parse(text) as Page<Item>;
    assert.equal(next, null);
    return items;
  };
  const deployments = await get<DeploymentLine>('viewer', 'strategies');
  assert.ok(deployments.length > 1);
  const foreign = await get<DeploymentLine>('viewer_foreign', 'strategies');
  const seen = new Set(foreign.flatMap(({ brokers }) => brokers.map(({ broker }) => broker)));
  assert.deepEqual([...seen], ['desk_four']);

  const limits = await get<LimitLine>('viewer', 'limits?limit=1000&broker=paper');
  const strategies = new Set(limits.map(({ strategy_id: id }) => id));
  assert.equal(limits.length, strategies.size * LIMIT_ROWS.length);
  const accepted = await get<Signal>('viewer', 'signals?outcome=validated&broker=paper&limit=1000');
  let traded = 0;
  for (const id of strategies) {
    const trades = limits.find((line) => line.strategy_id === id && line.limit === 'max_trades_per_day');
    const own = accepted.filter((signal) => signal.strategy_id === id).length;
    traded += own;
    assert.deepEqual(trades?.use, { unit: 'count', used: `${own}`, most: trades?.value }, id);
  }
  assert.ok(traded > 0);
  const others = await get<LimitLine>('viewer_foreign', 'limits?limit=1000');
  assert.ok(others.length > 0 && others.every(({ broker }) => broker === 'desk_four'));
});
