import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueTimes } from './due-times.ts';

interface Item {
  at: number;
}

const NEVER = Number.POSITIVE_INFINITY;

test('the next time is the least of all, whatever is set, moved and deleted', () => {
  const times = new DueTimes<Item>((item) => item.at);
  const items: Item[] = [];
  let seed = 7;
  const draw = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let step = 0; step < 5_000; step++) {
    const what = draw(4);
    const item = items[draw(Math.max(1, items.length))];
    if (what === 0 || item === undefined) {
      items.push({ at: draw(10) === 0 ? NEVER : draw(50) });
      times.set(items.at(-1) as Item);
    } else if (what === 1) {
      items.splice(items.indexOf(item), 1);
      times.delete(item);
    } else {
      item.at = draw(5) === 0 ? NEVER : draw(50);
      times.set(item);
    }
    if (draw(3) > 0) assert.equal(times.next, Math.min(NEVER, ...items.map(({ at }) => at)), `step ${step}`);
  }
});

test('nothing is due when nothing was set, and deleting what was never set is harmless', () => {
  const times = new DueTimes<Item>((item) => item.at);
  assert.equal(times.next, NEVER);
  times.delete({ at: 1 });
  assert.equal(times.next, NEVER);
});
