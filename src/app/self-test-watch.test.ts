import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type NamespacePlan } from '#core/plan.ts';
import { DAY_MS, type EpochMs } from '#core/time.ts';
import { Ingest } from '#engine/ingest.ts';
import { recover } from '#engine/recovery.ts';
import { type Logger } from '#ports/telemetry.ts';
import { controlled, limits, namespacePlan, OPEN, plan } from '../../test/support/builders.ts';
import { smallContext } from '../../test/support/small-market.ts';
import { armingTrouble } from './arming.ts';
import { SelfTestWatch } from './self-test-watch.ts';

const BROKEN = limits({ maxOrderQuantity: Number.POSITIVE_INFINITY });

/** A platform with one namespace, and what is logged of its tests. */
function started(terms: Partial<NamespacePlan>) {
  const disk = new MemoryDisk();
  const store = openMemoryStore(disk);
  const options = { store, context: smallContext, groupsOf: () => [], send: () => undefined };
  const ingest = new Ingest({ ...options, committed: () => undefined });
  recover(store, ingest);
  ingest.plan(plan({ calendar: 'always_open', namespaces: [namespacePlan(terms)] }));
  const lines: string[] = [];
  const say =
    (level: string) =>
    (text: string): void => {
      lines.push(`${level} ${text}`);
    };
  const logger: Logger = {
    debug: say('debug'),
    info: say('info'),
    warning: say('warning'),
    error: say('error'),
    critical: say('critical'),
    child: () => logger,
  };
  let now = OPEN;
  const watch = new SelfTestWatch(logger, () => now);
  const after = (ms: number): void => {
    now = (now + ms) as EpochMs;
  };
  return { ingest, watch, lines, after, messages: () => disk.contents.topics.get('paper.control.changes') ?? [] };
}

test('a simulated gate is tried once a day, and a good test is a line in the log and no event', () => {
  const { ingest, watch, lines, after, messages } = started({});
  assert.equal(watch.settle(ingest), false, 'before the first input');
  ingest.clock(OPEN);
  assert.deepEqual([watch.settle(ingest), watch.settle(ingest)], [false, false]);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^info Self-test of the risk gate of paper: \d+ controls fired, \d+ are off, none kept silent$/,
  );
  after(DAY_MS);
  watch.settle(ingest);
  ingest.commit(false);
  assert.deepEqual([lines.length, messages().length], [2, 0]);
});

test('a real broker’s test is an event, and one that fails takes it out', () => {
  const good = started({ answeredBy: 'gateway' });
  good.ingest.clock(OPEN);
  assert.equal(good.watch.settle(good.ingest), true);
  good.ingest.commit(false);
  assert.match(good.messages()[0]?.value ?? '', /RISK_SELF_TEST.*none kept silent/);

  const bad = started({ answeredBy: 'gateway', limits: BROKEN });
  bad.ingest.clock(OPEN);
  bad.ingest.cascade.onMessage(controlled('armed'), OPEN);
  assert.equal(bad.watch.settle(bad.ingest), true);
  assert.match(bad.lines[0] ?? '', /^critical .* RISK_MAX_QUANTITY kept silent$/);
  assert.equal(bad.ingest.cascade.namespaces()[0]?.risk.stateOf('paper'), 'disarmed');
});

test('a broker with real orders is armed on its own feed only, and never with a control that keeps silent', () => {
  const real = namespacePlan({ answeredBy: 'gateway' });
  assert.equal(armingTrouble(real, 'live', 'zerodha'), undefined);
  assert.match(armingTrouble(real, 'live', 'simulator') ?? '', /its ticks come from the simulator/);
  assert.match(armingTrouble(real, 'live', 'tape') ?? '', /its ticks come from a tape/);
  assert.equal(armingTrouble(namespacePlan(), 'simulated', 'tape'), undefined, 'what is simulated may be');
  assert.match(armingTrouble({ ...real, limits: BROKEN }, 'live', 'zerodha') ?? '', /RISK_MAX_QUANTITY did not fire/);
});
