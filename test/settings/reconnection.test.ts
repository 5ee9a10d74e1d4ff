// The RECONNECTION settings as the ticker obeys them, each under two values.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { KiteSession } from '#adapters/zerodha/session.ts';
import { KiteTicker, type TickerEvents } from '#adapters/zerodha/ticker/kite-ticker.ts';
import { delayBefore } from '#adapters/zerodha/ticker/reconnection.ts';
import { reconnectionOf } from '#app/rehearsal.ts';
import { settingsOf, type Env } from './settings-run.ts';

/** The longest wait before each of the next attempts, in seconds. */
function waits(env: Env = {}): readonly number[] {
  const settings = reconnectionOf(settingsOf(env).reconnection);
  return [1, 2, 3, 4, 5, 6].map((failed) => delayBefore(failed, settings, 1) / 1_000);
}

test('RECONNECTION__MAX_ATTEMPTS, RECONNECTION__BASE_DELAY_SECONDS, RECONNECTION__MAX_DELAY_SECONDS and RECONNECTION__BACKOFF_MULTIPLIER decide the waits between attempts', () => {
  assert.deepEqual(waits(), [1, 2, 4, 8, 60, 60]);
  assert.deepEqual(waits({ RECONNECTION__MAX_ATTEMPTS: '3' }), [1, 2, 60, 60, 60, 60]);
  assert.deepEqual(waits({ RECONNECTION__BASE_DELAY_SECONDS: '3' }), [3, 6, 12, 24, 60, 60]);
  assert.deepEqual(waits({ RECONNECTION__MAX_DELAY_SECONDS: '5' }), [1, 2, 4, 5, 5, 5]);
  assert.deepEqual(waits({ RECONNECTION__BACKOFF_MULTIPLIER: '3' }), [1, 3, 9, 27, 60, 60]);
});

test('RECONNECTION__TIMEOUT_SECONDS is how long an attempt to reach the ticker may take', async (t) => {
  const mute = createServer(() => undefined).listen(0, '127.0.0.1');
  t.after(() => mute.close());
  await once(mute, 'listening');
  const stop = new AbortController();
  const session = new KiteSession({ apiKey: 'key', apiSecret: 'secret', loginRoot: 'http://127.0.0.1' });
  session.begin({ userId: 'me', accessToken: 'token' });
  const troubles: string[] = [];
  const nothing = (): void => undefined;
  const attempt = (seconds: string, told: () => void): Promise<void> => {
    const { reconnection } = settingsOf({ RECONNECTION__TIMEOUT_SECONDS: seconds, RECONNECTION__MAX_ATTEMPTS: '1' });
    const trouble = (message: string): void => {
      troubles.push(`${seconds}: ${message}`);
      told();
    };
    const events: TickerEvents = { frame: nothing, orderUpdate: nothing, lost: nothing, back: nothing, trouble };
    const root = `ws://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
    const terms = { clock: systemClock(), tokens: [1], mode: 'full', random: () => 1 } as const;
    return new KiteTicker({ root, session, reconnection: reconnectionOf(reconnection), events, ...terms }).run(
      stop.signal,
    );
  };
  await new Promise<void>((told) => {
    const running = [attempt('600', told), attempt('1', told)];
    stop.signal.addEventListener('abort', () => void Promise.all(running));
  });
  stop.abort();
  assert.equal(troubles.length, 1);
  assert.match(troubles[0] ?? '', /^1: connection 0 is down after 1 attempts \(.*timed out/i);
});
