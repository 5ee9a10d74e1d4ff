// Platforms that listen, for tests of settings that are seen over HTTP.
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { started, stopAll, type Started } from './platform-run.ts';
import { type Env } from './settings-run.ts';
import { freePort } from '../../tools/services/free-port.ts';

const WAIT_MS_MAX = 20_000;
/** A simulated market that ticks once, and then for an hour no more. */
const SILENT = { FEED__INSTRUMENTS: '1', FEED__TICKS_PER_SECOND: '0.01', FEED__SPEED: '0.01' };

/** The status of an answer; undefined while nobody answers. */
export async function statusOf(port: number, path: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`expected ${what} within ${WAIT_MS_MAX} ms`);
    await sleep(20);
  }
}

const stopped = new WeakSet<TestContext>();

/** A platform that listens on a port of its own until the test ends it. */
export async function listening(t: TestContext, env: Env): Promise<Started & { readonly port: number }> {
  const port = await freePort();
  const codes: Promise<number>[] = [];
  // Before its folder goes: hooks run in the order in which they were given.
  t.after(async () => {
    // Once for all platforms of the test: one that is still stopping takes a later signal as an order to end at once.
    if (!stopped.has(t)) stopAll();
    stopped.add(t);
    await Promise.all(codes);
  });
  const start = started(
    t,
    { ACTIVE_BROKERS: 'paper', ...SILENT, API__PORT: `${port}`, ...env },
    { once: false, listen: true },
  );
  codes.push(start.code);
  return { ...start, port };
}
