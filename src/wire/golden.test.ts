import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Price } from '#core/decimal.ts';
import { type EventId } from '#core/ids.ts';
import { type FeedGap } from '#core/market/gap.ts';
import { TickBatch } from '#core/market/tick.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { rs } from '../../test/support/builders.ts';
import { deadLetter } from './dead-letter.ts';
import { deadLetterNote } from './dead-letter-note.ts';
import { decodeEnvelope, decodeMessage } from './decode.ts';
import { encodeEvent } from './encode.ts';
import { type EncodedMessage } from './envelope.ts';
import { CANDLES_MAX, gapMessage } from './gap-message.ts';
import { readGap } from './read-gap.ts';
import { encodeTickFrame } from './tick-frame.ts';
import { tickMessages } from './tick-messages.ts';
import { VERSIONS, type WireTypeName } from './versions.ts';
import { DEFAULTS, OPEN, sampleEvents, withPlainTraces } from './wire-under-test.ts';

/** Eleven digits of rupees. */
const MOST = 999_999_999_999_999 as Price;
const FOLDER = join(import.meta.dirname, '..', '..', 'test', 'golden', 'wire');

/** One message of each type that this build writes, keyed by the type. */
function samples(): ReadonlyMap<WireTypeName, EncodedMessage> {
  const events = sampleEvents().map((event) => [event.type, encodeEvent(event)] as const);
  return new Map<WireTypeName, EncodedMessage>([
    ...events,
    ['market_tick', tick()],
    ['feed_gap', gap()],
    ['system_error', letter()],
    ['dead_letter_settled', note()],
  ]);
}

function tick(): EncodedMessage {
  const batch = new TickBatch(1, true);
  batch.push(0, OPEN, 16_500_500, 1_200, 118);
  batch.hasDepth = true;
  const bids = [16_500_000, 75, 3, 16_499_500, 50, 2, 16_499_000, 25, 1, 16_498_500, 10, 1, 0, 0, 0];
  const offers = [16_500_500, 40, 2, 16_501_000, 60, 4, 16_501_500, 80, 5, 16_502_000, 90, 6, 16_502_500, 5, 1];
  batch.depth.set([...bids, ...offers]);
  const frame = encodeTickFrame(batch, 0, 1, () => ({ token: 738_561, source: 'sim-42' }));
  const [message] = tickMessages(frame, 0, 0, 1);
  assert.ok(message !== undefined);
  return message;
}

const GAP: FeedGap = {
  id: 'kite-mk1.gap.738561.1623383100000' as EventId,
  token: 738_561,
  from: (OPEN - 95_000) as EpochMs,
  to: OPEN,
  candles: [
    {
      start: (OPEN - 60_000) as EpochMs,
      open: rs(1650.05),
      high: rs(1651),
      low: rs(1649.5),
      close: rs(1650.75),
      volume: 1_200,
    },
  ],
};

function gap(): EncodedMessage {
  return gapMessage(GAP);
}

test('a gap is read back as it was written, with its candles and before there are any', () => {
  for (const candles of [GAP.candles, [], undefined]) {
    const written = { ...GAP, candles };
    assert.deepEqual(readGap(gapMessage(written).value), written);
  }
  assert.throws(() => readGap('{}'), /expected an envelope/);
});

test('a gap with as many candles as one message takes is below the limit of what is read', () => {
  const wide = { start: OPEN, open: MOST, high: MOST, low: MOST, close: MOST, volume: Number.MAX_SAFE_INTEGER };
  const candles = Array.from({ length: CANDLES_MAX }, () => wide);
  assert.equal(readGap(gapMessage({ ...GAP, candles }).value).candles?.length, CANDLES_MAX);
});

function letter(): EncodedMessage {
  return deadLetter({
    topic: 'paper.signals.raw',
    offset: 7,
    key: 'mine:738561',
    value: '{"strategy_id":"mine"',
    code: 'MALFORMED_JSON',
    message: 'expected JSON, found a half',
    attempts: 1,
    service: 'risk_manager',
    consumerGroup: 'alpha-panda.risk_manager.signals',
    at: OPEN,
  });
}

function note(): EncodedMessage {
  const { topic, id, key } = letter();
  const [who, why] = ['asha', 'the half that was missing is lost'];
  return deadLetterNote({ topic, letterId: id, key, settlement: 'discarded', who, why, at: OPEN, before: 0 });
}

function golden(type: string, version: number): string {
  const path = join(FOLDER, `${type}.v${version}.json`);
  return existsSync(path) ? readFileSync(path, 'utf8') : `no sample in ${path}: keep there what is written now`;
}

for (const [type, message] of samples()) {
  test(`${type} is written in the bytes of its golden sample and read back from them`, () => {
    assert.equal(message.value, golden(type, VERSIONS[type]));
    const read = decodeEnvelope(message.topic, message.value, { ...DEFAULTS, at: OPEN });
    assert.ok(read.ok, read.ok ? '' : read.error.message);
    assert.deepEqual(read.value, JSON.parse(message.value));
    assert.equal(read.value.ts, formatInstant(OPEN));
  });
}

test('golden samples are read back into the events that they were made from', () => {
  for (const event of sampleEvents()) {
    // The samples say nothing that version 1 could not say, so every version gives the same event.
    for (let version = 1; version <= VERSIONS[event.type]; version++) {
      const decoded = decodeMessage(encodeEvent(event).topic, golden(event.type, version), DEFAULTS);
      assert.ok(decoded.ok, decoded.ok ? '' : decoded.error.message);
      assert.deepEqual(withPlainTraces(decoded.value), withPlainTraces(event));
    }
  }
});

test('every version of every type has a golden sample', () => {
  const expected = Object.entries(VERSIONS).flatMap(([type, version]) =>
    Array.from({ length: version }, (_, k) => `${type}.v${k + 1}.json`),
  );
  const found = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  assert.deepEqual(found.toSorted(), expected.toSorted());
});

const SNIPPETS = [
  '-',
  '.',
  '"',
  'e9',
  '0',
  '99999999999999999999',
  'null',
  '{}',
  '[]',
  '-1',
  '0.5',
  '"1"',
  '\\u0000',
  ',',
];

interface Edit {
  readonly place: number;
  readonly removed: number;
  readonly inserted: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 6 }),
  inserted: fc.oneof(fc.constant(''), fc.constantFrom(...SNIPPETS), fc.string({ maxLength: 3 })),
});

function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { place, removed, inserted }) => {
    const at = Math.floor(place * before.length);
    return before.slice(0, at) + inserted + before.slice(at + removed);
  }, text);
}

const POSITIVE: ReadonlySet<string> = new Set(['price', 'limitPrice', 'fillPrice', 'referencePrice', 'quantity']);
const NOT_NEGATIVE: ReadonlySet<string> = new Set(['fees', 'filledQuantity', 'token']);
const SIGNED: ReadonlySet<string> = new Set(['amount', 'realised', 'unrealised', 'cash', 'equity', 'maxDrawdown']);

/** Fails when an amount anywhere in a decoded event is not an exact integer in its range. */
function checkAmounts(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    if (name === 'metadata' || field === undefined) continue;
    if (POSITIVE.has(name)) assert.ok(Number.isSafeInteger(field) && field > 0, `${name} is ${field}`);
    else if (NOT_NEGATIVE.has(name)) assert.ok(Number.isSafeInteger(field) && field >= 0, `${name} is ${field}`);
    else if (SIGNED.has(name)) assert.ok(Number.isSafeInteger(field), `${name} is ${field}`);
    else if (name === 'side') assert.ok(field === 'BUY' || field === 'SELL');
    else checkAmounts(field);
  }
}

test('a golden sample with any bytes changed never throws and never becomes an amount out of range', () => {
  const messages = sampleEvents().map((event) => encodeEvent(event));
  let [accepted, refused] = [0, 0];
  fc.assert(
    fc.property(
      fc.constantFrom(...messages),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      ({ topic, value }, edits) => {
        const decoded = decodeMessage(topic, edited(value, edits), DEFAULTS);
        if (!decoded.ok) {
          refused++;
          assert.ok(decoded.error.message.length < 1_500, 'a message that a person reads');
          return;
        }
        accepted++;
        assert.equal(decoded.value.broker, 'paper');
        checkAmounts(decoded.value);
      },
    ),
    { numRuns: 2_000 },
  );
  assert.ok(accepted > 20 && refused > 200, `${accepted} accepted and ${refused} refused: the changes should do both`);
});

test('any JSON and any text on any topic is answered without throwing', () => {
  const topics = sampleEvents().map((event) => encodeEvent(event).topic);
  const anyTopic = fc.oneof(fc.constantFrom(...topics, 'market.ticks', 'paper.signals.raw.dlq'), fc.string());
  fc.assert(
    fc.property(anyTopic, fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (topic, value) => {
      assert.equal(decodeMessage(topic, value, DEFAULTS).ok, false);
    }),
    { numRuns: 500 },
  );
});
