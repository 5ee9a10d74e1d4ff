// The subscriptions of a platform that runs, until it stops.
import type { SubscriptionBook } from '#api/subscription-routes.ts';
import type { Alert } from '#core/alerts/alert-book.ts';
import type { AccessStore } from '#ports/access.ts';
import type { Clock } from '#ports/clock.ts';
import type { StoreReader } from '#ports/store.ts';
import type { Logger } from '#ports/telemetry.ts';
import { Sealer } from '../access/sealed.ts';
import type { Settings } from '../config/settings-schema.ts';
import { subscriptionBook } from '../serving/subscriptions.ts';
import { Hooks } from '../webhooks/hooks.ts';
import { Dispatcher } from './dispatcher.ts';
import { Subscriptions } from './subscriptions.ts';

export interface SubscribedOptions {
  readonly settings: Pick<Settings, 'auth' | 'brokers'>;
  /** Where subscriptions are kept. */
  readonly access: AccessStore;
  readonly log: StoreReader;
  readonly alerts: () => readonly Alert[];
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RunningSubscriptions {
  readonly book: SubscriptionBook;
  readonly dead: Dispatcher['dead'];
  /** From here on it is sent; whoever begins stops it, too. */
  readonly begin: () => void;
  /** Resolves when nothing is sent any more. */
  readonly stop: () => Promise<void>;
}

/** Nothing is sent before it has begun, so that a start that fails leaves nothing behind. */
export function runSubscriptions({ settings, access, log, ...rest }: SubscribedOptions): RunningSubscriptions {
  const { clock } = rest;
  const sealer = new Sealer(settings.auth.secretKey);
  const now = (): number => clock.now();
  const subscriptions = new Subscriptions(access, sealer, now);
  const brokers = settings.brokers.map(({ id }) => id);
  const dispatcher = new Dispatcher({ ...rest, subscriptions, store: log, brokers });
  const ended = new AbortController();
  let run: Promise<void> | undefined;
  return {
    book: subscriptionBook(dispatcher, subscriptions, new Hooks(access, sealer, now)),
    dead: () => dispatcher.dead(),
    begin: () => {
      run ??= dispatcher.run(ended.signal);
    },
    stop: async () => {
      ended.abort();
      await run;
    },
  };
}
