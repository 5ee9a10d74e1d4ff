import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  deriveId,
  DerivedTrace,
  isBrokerId,
  isDerivedId,
  knownTrace,
  plainTrace,
  TickTrace,
  type BrokerId,
  type EventId,
} from './ids.ts';

const PAPER = 'paper' as BrokerId;

describe('broker ids', () => {
  test('lower-case words joined by underscores name a namespace', () => {
    for (const text of ['paper', 'zerodha', 'paper_two', 'a', 'a1_2b', 'p'.repeat(32)])
      assert.ok(isBrokerId(text), text);
  });

  test('dots, capitals, stray underscores, leading digits and long names do not', () => {
    const refused = [
      '',
      '_paper',
      'paper_',
      'pa__per',
      '1paper',
      'Paper',
      'paper.two',
      'paper-two',
      'paper two',
      'päper',
    ];
    for (const text of [...refused, 'p'.repeat(33), 'paper\n']) assert.ok(!isBrokerId(text), JSON.stringify(text));
  });

  test('reserved words do not, but words that hold them do', () => {
    for (const text of ['market', 'system', 'global']) assert.ok(!isBrokerId(text), text);
    for (const text of ['market_two', 'globals', 'my_system']) assert.ok(isBrokerId(text), text);
  });
});

describe('traces', () => {
  test('an id is the path of its causes', () => {
    assert.equal(deriveId('tape:7' as EventId, 's', PAPER, 0), 'tape:7/s.paper.0');
    assert.equal(deriveId('order' as EventId, 'x', PAPER, 'T1'), 'order/x.paper.T1');
  });

  test('what has the form of a derived id is told from what has not', () => {
    for (const id of ['tape:7/s.paper.0', 'x/r.paper_two.12', 'order/x.paper.T1']) assert.ok(isDerivedId(id), id);
    const own = [
      'tape:7',
      'my/path',
      'a/s.paper',
      'a/q.paper.0',
      'a/s.Paper.0',
      'a/s.paper.0/b',
      's.paper.0',
      'a/s.paper.',
    ];
    for (const id of own) assert.ok(!isDerivedId(id), id);
  });

  test('a tick is named by its source and its sequence, and is its own root', () => {
    const trace = new TickTrace('abc', 12);
    assert.equal(trace.id, 'abc:12');
    assert.equal(trace.correlationId, 'abc:12');
    assert.equal(trace.causationId, undefined);
  });

  test('what follows from a tick names its parent and keeps its root', () => {
    const signal = new DerivedTrace(new TickTrace('abc', 12), 's', PAPER, 1);
    const decision = new DerivedTrace(signal, 'r', PAPER, 0);
    assert.equal(decision.id, 'abc:12/s.paper.1/r.paper.0');
    assert.equal(decision.id, 'abc:12/s.paper.1/r.paper.0', 'the id is spelled out once and kept');
    assert.equal(decision.causationId, 'abc:12/s.paper.1');
    assert.equal(decision.correlationId, 'abc:12');
  });

  test('a root without more is its own correlation; one read back keeps what it had', () => {
    assert.deepEqual(knownTrace('a' as EventId), { id: 'a', correlationId: 'a', causationId: undefined });
    const read = knownTrace('a/r.paper.0' as EventId, 'root' as EventId, 'a' as EventId);
    assert.deepEqual(read, { id: 'a/r.paper.0', correlationId: 'root', causationId: 'a' });
  });

  test('a trace as plain data says the same', () => {
    const trace = new DerivedTrace(new TickTrace('abc', 12), 's', PAPER, 1);
    const plain = plainTrace(trace);
    assert.deepEqual({ ...plain }, { id: 'abc:12/s.paper.1', correlationId: 'abc:12', causationId: 'abc:12' });
    assert.equal(new DerivedTrace(plain, 'r', PAPER, 0).id, new DerivedTrace(trace, 'r', PAPER, 0).id);
  });
});
