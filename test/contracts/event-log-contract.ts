// What every log does for the services on it, whatever keeps it: one suite that each adapter's test runs.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type EventLog } from '#ports/event-log.ts';
import { message } from './commits.ts';

const WAIT_MS_MAX = 5000;

/** A place that holds one log. */
export interface LogPlace {
  open(): EventLog;
  /** Lets the platform take in what was appended, where appending alone does not give an offset. */
  settle(): void;
}

/** `topics` are those that a test uses, for logs that have none before somebody creates them. */
type MakePlace = (t: TestContext, topics: readonly string[]) => LogPlace | Promise<LogPlace>;

export function eventLogContract(name: string, place: MakePlace): void {
  describe(`${name} as an event log`, () => {
    it('knows nothing at first', async (t) => {
      const log = (await place(t, ['a.b'])).open();
      assert.deepEqual(await log.topics(), []);
      assert.deepEqual(await log.range('a.b'), { topic: 'a.b', start: 0, end: 0 });
      assert.deepEqual(await log.read('a.b', 0, 10), []);
      assert.equal(await log.committed('g', 'a.b'), undefined);
      assert.equal((await log.partitions?.('a.b')) ?? 1, 1);
      await log.close();
    });

    it('gives back what was appended, in order, by topic and offset', async (t) => {
      const at = await place(t, ['a.b', 'b.c']);
      const log = at.open();
      await Promise.all([log.append([message('b.c', '1'), message('a.b', '2')]), log.append([message('b.c', '3')])]);
      await log.append([message('b.c', undefined, 'no JSON')]);
      at.settle();
      assert.deepEqual(await log.read('b.c', 0, 10), [
        { ...message('b.c', '1'), offset: 0 },
        { ...message('b.c', '3'), offset: 1 },
        { ...message('b.c', undefined, 'no JSON'), offset: 2 },
      ]);
      assert.deepEqual(
        (await log.read('b.c', 1, 1)).map(({ id }) => id),
        ['3'],
      );
      assert.deepEqual(await log.read('b.c', 3, 10), []);
      assert.deepEqual(await log.range('b.c'), { topic: 'b.c', start: 0, end: 3 });
      assert.deepEqual(await log.topics(), [
        { topic: 'a.b', start: 0, end: 1 },
        { topic: 'b.c', start: 0, end: 3 },
      ]);
      await log.close();
    });

    it('keeps the offset of each group and topic', async (t) => {
      const log = (await place(t, ['a.b', 'b.c'])).open();
      await log.commit('g', 'a.b', 4);
      await log.commit('g', 'a.b', 7);
      await log.commit('h', 'a.b', 1);
      assert.equal(await log.committed('g', 'a.b'), 7);
      assert.equal(await log.committed('h', 'a.b'), 1);
      assert.equal(await log.committed('g', 'b.c'), undefined);
      await log.close();
    });

    it('wakes who subscribed to a topic after messages joined it, until the subscription ends', async (t) => {
      const at = await place(t, ['a.b', 'b.c', 'x.y']);
      const log = at.open();
      let [woken, ended] = [0, 0];
      const stop = log.subscribe(['x.y'], () => ended++);
      log.subscribe(['a.b', 'b.c'], () => woken++);
      stop();
      for (const topic of ['a.b', 'b.c']) {
        const before = woken;
        await log.append([message(topic, topic), message('x.y', topic)]);
        at.settle();
        await until(() => woken > before);
        assert.equal((await log.read(topic, 0, 10)).length, 1);
      }
      assert.equal(ended, 0);
      await log.close();
    });

    it('refuses every use after it was closed', async (t) => {
      const log = (await place(t, ['a.b'])).open();
      await log.close();
      await assert.rejects(log.append([message('a.b', '1')]), /closed/);
      await assert.rejects(log.read('a.b', 0, 1), /closed/);
      assert.throws(() => log.subscribe(['a.b'], () => undefined), /closed/);
    });
  });
}

/** Waits for what another timer brings about; it is there after a few milliseconds, or the test fails. */
async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    assert.ok(waited < WAIT_MS_MAX, `nothing happened in ${WAIT_MS_MAX} ms`);
    await delay(5);
  }
}
