// A small part of `npm run campaign`: a few seeds of every family, with crashes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAMILIES } from './families.ts';
import { judge } from './judge.ts';
import { addTally, BOUNDS, emptyTally } from './verdict.ts';

const SEEDS = 12;

for (const family of FAMILIES) {
  test(`${family.name}: nothing is doubled, lost, booked twice or left open, for ${SEEDS} seeds`, async () => {
    const tally = emptyTally();
    for (let seed = 1; seed <= SEEDS; seed++) addTally(tally, await judge(family, seed));
    assert.deepEqual(tally.findings, []);
    for (const bound of BOUNDS) assert.equal(tally[bound], 0, bound);
    const { intents, fills, deaths } = tally;
    assert.ok(intents > SEEDS * 5 && fills > SEEDS && deaths > SEEDS / 2, JSON.stringify(tally));
  });
}
