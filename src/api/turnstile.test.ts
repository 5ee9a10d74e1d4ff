import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Turnstile } from './turnstile.ts';

describe('turnstile', () => {
  it('lets one through in each turn of the event loop, in the order in which they came', async () => {
    const turnstile = new Turnstile();
    const seen: string[] = [];
    const all = ['a', 'b', 'c'].map(async (name) => {
      await turnstile.pass();
      seen.push(name);
    });
    for (let k = 1; seen.length < 6; k++) {
      await turn();
      seen.push(`turn ${k}`);
    }
    await Promise.all(all);
    assert.deepEqual(seen, ['a', 'turn 1', 'b', 'turn 2', 'c', 'turn 3']);
  });

  it('lets through who comes when nobody waits, and after it has stood still', async () => {
    const turnstile = new Turnstile();
    await turnstile.pass();
    await turn();
    await turnstile.pass();
    await Promise.all([turnstile.pass(), turnstile.pass()]);
  });
});
