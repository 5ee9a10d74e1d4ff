// What `alpha-panda subscriptions` changes, beside a running platform.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { auditCommand } from '../audit/open-audit.ts';
import { openAccessStore } from '../access/open-access.ts';
import { Sealer } from '../access/sealed.ts';
import type { Settings } from '../config/settings-schema.ts';
import { placeOf } from '../place.ts';
import { RequestError } from '../reading/open-store.ts';
import { send } from './dispatcher.ts';
import { Subscriptions, type NewSubscription, type Subscription } from './subscriptions.ts';

const TIMEOUT_MS = 10_000;

export function listSubscriptions(settings: Settings): readonly Subscription[] {
  return withSubscriptions(settings, (subscriptions) => subscriptions.list());
}

/** Returns the secret. Throws `RequestError`, `RefusedError` or `StoreError`. */
export function addSubscription(settings: Settings, who: string, wanted: NewSubscription): string {
  const secret = withSubscriptions(settings, (subscriptions) => subscriptions.add(wanted));
  const { url, ...said } = wanted;
  auditCommand(placeOf(settings), 'subscription_added', { who, ...said, address: new URL(url).origin });
  return secret;
}

/** Throws `RequestError` or `StoreError`. */
export function removeSubscription(settings: Settings, id: string, who: string): void {
  withSubscriptions(settings, (subscriptions) => subscriptions.remove(id));
  auditCommand(placeOf(settings), 'subscription_removed', { who, id });
}

/** Throws `RequestError`, `RefusedError` or `StoreError`. */
export function resumeSubscription(settings: Settings, id: string, who: string): void {
  withSubscriptions(settings, (subscriptions) => subscriptions.resume(id));
  auditCommand(placeOf(settings), 'subscription_resumed', { who, id });
}

/** Sends one message that tells of nothing; what it failed with, or undefined. Throws `RequestError` or `StoreError`. */
export async function testSubscription(settings: Settings, id: string): Promise<string | undefined> {
  const keys = withSubscriptions(settings, (subscriptions) => subscriptions.keysOf(id));
  if (keys === undefined) {
    throw new RequestError(`there is no subscription ${id} that can be read; subscriptions list has those there are`);
  }
  const at = systemClock().now();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const message = { id: `test:${at}`, body: '"kind":"test"' };
  return send(keys, id, message, at, signal).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

function withSubscriptions<T>(settings: Settings, work: (subscriptions: Subscriptions) => T): T {
  const store = openAccessStore(settings);
  const clock = systemClock();
  try {
    return work(new Subscriptions(store, new Sealer(settings.auth.secretKey), () => clock.now()));
  } finally {
    store.close();
  }
}
