import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { announce, FIRST_NUMBER, NO_NUMBER, nextNumber, stoodStill } from './exchange.ts';

function cell(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(NO_NUMBER);
}

test('whoever waits is not deceived by being woken: only the number of the answer counts', async (t) => {
  const state = cell();
  announce(state, 0);
  // As a thread that was held up between its answer and the word of it: it wakes those who wait for the next one.
  const late = `const { workerData: state } = require('node:worker_threads');
    let woken = 0;
    const wake = setInterval(() => {
      woken += Atomics.notify(state, 0);
      if (woken < 3) return;
      clearInterval(wake);
      Atomics.store(state, 0, 1);
      Atomics.notify(state, 0);
    }, 1);`;
  const worker = new Worker(late, { eval: true, workerData: state });
  t.after(async () => worker.terminate());
  assert.equal(stoodStill(state, 1, 20_000), true);
  assert.equal(Atomics.load(state, 0), 1);
});

test('an answer that is there is not waited for, and one that does not come is given up', () => {
  const state = cell();
  announce(state, 7);
  assert.equal(stoodStill(state, 7, 0), true);
  assert.equal(stoodStill(state, 8, 20), false);
});

test('numbers go round before they leave their cell', () => {
  const state = cell();
  announce(state, 2 ** 31 - 1);
  assert.equal(Atomics.load(state, 0), 2 ** 31 - 1);
  assert.equal(nextNumber(2 ** 31 - 1), FIRST_NUMBER);
  assert.equal(nextNumber(FIRST_NUMBER), 1);
});
