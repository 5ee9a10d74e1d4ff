import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEPTH_WIDTH, NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { readTick } from './read-tick.ts';
import { encodeTickFrame } from './tick-frame.ts';
import { tickMessages } from './tick-messages.ts';

const TIME = 1_623_383_100_250;
const describeInstrument = (): { token: number; source: string } => ({ token: 408_065, source: 'tape:1f' });

/** The messages of three ticks: bare, with a volume, and with depth. */
function messages(): readonly string[] {
  const batch = new TickBatch(3, true);
  batch.push(0, TIME, 14_005_500, NO_VOLUME, 7);
  batch.push(0, TIME + 1, 14_006_000, 1_200, 8);
  batch.push(0, TIME + 2, 14_007_000, 1_300, 9);
  batch.hasDepth = true;
  for (let k = 0; k < DEPTH_WIDTH; k++) batch.depth[2 * DEPTH_WIDTH + k] = k % 3 === 0 ? 14_000_000 + k : k;
  return tickMessages(encodeTickFrame(batch, 0, 3, describeInstrument), 0, 0, 3).map(({ value }) => value);
}

describe('a tick of the log', () => {
  test('is read back as the feed gave it', () => {
    const [bare, quote, full] = messages().map(readTick);
    const common = { token: 408_065, source: 'tape:1f', depth: undefined };
    assert.deepEqual(bare, { ...common, sequence: 7, time: TIME, price: 14_005_500, volume: NO_VOLUME });
    assert.deepEqual(quote, { ...common, sequence: 8, time: TIME + 1, price: 14_006_000, volume: 1_200 });
    assert.deepEqual(full?.depth?.slice(0, 6), [14_000_000, 1, 2, 14_000_003, 4, 5]);
    assert.equal(full?.depth?.length, DEPTH_WIDTH);
  });

  test('is nothing else', () => {
    const [bare = '', , full = ''] = messages();
    const wrong = [
      '',
      'null',
      '{}',
      bare.slice(1),
      bare.replace('market_tick', 'feed_gap'),
      bare.replace('tape:1f:7', 'tape'),
      bare.replace('tape:1f:7', 'tape:1f:x'),
      bare.replace('408065', '"408065"'),
      bare.replaceAll('1400.55', 'much'),
      bare.replaceAll('2021-06-11T', '2021-06-31T'),
      full.replace('"quantity":1', '"quantity":-1'),
      full.replace('"buy"', '"bids"'),
    ];
    for (const text of wrong) assert.equal(readTick(text), undefined, text);
  });
});
