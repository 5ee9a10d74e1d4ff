import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerId, DerivedTrace, TickTrace, type Trace } from '#core/ids.ts';
import { anyEvent } from './any-event-under-test.ts';
import { encodeEvent } from './encode.ts';
import { EventFrameError, HEADER_BYTES } from './event-frame.ts';
import { readEventFrame } from './event-frame-reader.ts';
import { EventFrameWriter } from './event-frame-writer.ts';
import { sampleEvents } from './wire-under-test.ts';

/** A copy: the writer goes on in the same memory. */
function framed(writer: EventFrameWriter, events: readonly DomainEvent[]): Uint8Array {
  for (const event of events) writer.add(event);
  return writer.take().slice();
}

/** Traces as a run makes them, of any depth, with steps of other namespaces and any index. */
const step = fc.record({
  stage: fc.constantFrom('s' as const, 'r' as const, 'e' as const, 'x' as const, 'p' as const),
  broker: fc.constantFrom('paper', 'zerodha') as fc.Arbitrary<BrokerId>,
  index: fc.oneof(fc.nat(300), fc.nat(300).map(String), fc.constantFrom('down7', '007', 'é', '–')),
});
const derived = fc
  .record({
    source: fc.constantFrom('nse-1', 'sim–42'),
    sequence: fc.maxSafeInteger(),
    steps: fc.array(step, { maxLength: 70 }),
  })
  .map(({ source, sequence, steps }) => {
    let trace: Trace = new TickTrace(source, sequence);
    for (const { stage, broker, index } of steps) trace = new DerivedTrace(trace, stage, broker, index);
    return trace;
  });

/** Some of the ids of an event are those of its trace, or of what it follows from. */
const traced = fc.tuple(anyEvent, derived, fc.nat(4)).map(([event, trace, up]): DomainEvent => {
  let above = trace;
  for (let k = 0; k < up && above instanceof DerivedTrace; k++) above = above.parent;
  if (event.type === 'order_submitted') {
    return { ...event, trace, signalId: above.id, order: { ...event.order, orderId: trace.id } };
  }
  if (event.type === 'order_filled') {
    return { ...event, trace, fillId: trace.id, order: { ...event.order, orderId: above.id } };
  }
  return { ...event, trace };
});

test('a frame has the messages of its events, to the byte, whatever the writer wrote before', () => {
  const events = fc.array(fc.oneof(anyEvent, traced), { maxLength: 12 });
  const writer = new EventFrameWriter();
  fc.assert(
    fc.property(events, (given) => {
      const frame = framed(writer, given);
      assert.deepEqual(
        readEventFrame(frame),
        given.map((event) => encodeEvent(event)),
      );
      assert.deepEqual(framed(writer, given), frame, 'equal events are equal bytes');
      assert.deepEqual(framed(new EventFrameWriter(), given), frame);
    }),
    { numRuns: 300 },
  );
});

test('what is nested in an event is written once for those that follow one another', () => {
  const signal = sampleEvents().find((event) => event.type === 'trading_signal');
  const validated = sampleEvents().find((event) => event.type === 'validated_signal');
  const placed = sampleEvents().find((event) => event.type === 'order_placed');
  assert.ok(
    signal?.type === 'trading_signal' && validated?.type === 'validated_signal' && placed?.type === 'order_placed',
  );
  const events = [signal, { ...validated, signal }, { ...validated, signal: { ...signal } }, placed, placed];
  const [first = 0, again = 0, anew = 0, order = 0, sameOrder = 0] = events.map((_, k) => {
    const [before, after] = [events.slice(0, k), events.slice(0, k + 1)].map(
      (some) => framed(new EventFrameWriter(), some).length,
    );
    return (after as number) - (before as number);
  });
  assert.ok(
    again < first && again + 40 < anew && sameOrder + 20 < order,
    `${[first, again, anew, order, sameOrder].join()} bytes`,
  );
  assert.deepEqual(
    readEventFrame(framed(new EventFrameWriter(), events)),
    events.map((event) => encodeEvent(event)),
  );
});

test('more names than a frame can number are written out, and long texts have room', () => {
  const [event] = sampleEvents();
  assert.ok(event !== undefined);
  const writer = new EventFrameWriter();
  const events = Array.from({ length: 66_000 }, (_, k) => ({ ...event, strategyId: `s${k}` })) as DomainEvent[];
  const long = { ...event, metadata: { why: 'x'.repeat(200_000), sign: '–' } } as DomainEvent;
  const messages = readEventFrame(framed(writer, [...events, long]));
  for (const k of [0, 65_534, 65_535, 65_999])
    assert.equal(messages[k]?.value, encodeEvent(events[k] as DomainEvent).value);
  assert.equal(messages.at(-1)?.value, encodeEvent(long).value);
});

function refusal(frame: Uint8Array): string {
  try {
    readEventFrame(frame);
  } catch (error) {
    assert.ok(error instanceof EventFrameError, String(error));
    assert.match(error.message, /expected .*, found .*; /s);
    return error.message;
  }
  throw new assert.AssertionError({ message: 'a damaged frame was accepted' });
}

test('any changed byte of a frame is noticed, and a frame that is cut or grew', () => {
  const frame = framed(new EventFrameWriter(), sampleEvents());
  // The number of events lies before what is summed; more or fewer than there are make no sense of the rest.
  for (let at = 0; at < frame.length; at++) {
    if (at >= 8 && at < 12) continue;
    const changed = frame.slice();
    changed[at] = (changed[at] as number) ^ 0x41;
    refusal(changed);
  }
  for (let length = 0; length < frame.length; length++) refusal(frame.subarray(0, length));
  refusal(new Uint8Array([...frame, 0]));
});

test('a later version is told apart, and bytes that were forged make no event', () => {
  const frame = framed(new EventFrameWriter(), sampleEvents());
  const forged = (change: (bytes: Uint8Array) => void): string => {
    const copy = frame.slice();
    change(copy);
    new DataView(copy.buffer).setUint32(16, crc32(copy.subarray(HEADER_BYTES)), true);
    return refusal(copy);
  };
  assert.match(
    forged((bytes) => bytes.set([2], 4)),
    /version 1, found 2; update the platform/,
  );
  assert.match(
    forged((bytes) => bytes.set([0x99], HEADER_BYTES)),
    /of a kind that nobody knows/,
  );
  assert.match(
    forged((bytes) => bytes.fill(0xff, HEADER_BYTES + 1)),
    /found RangeError/,
  );
  assert.match(refusal(new TextEncoder().encode('{"type":"order_filled","version":1}')), /a frame of events/);
});
