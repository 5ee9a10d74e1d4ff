// Subscriptions and webhooks as the API of a running platform tells of them and changes them.
import { ProblemError } from '#api/problem.ts';
import type { SubscriptionBook } from '#api/subscription-routes.ts';
import { RequestError } from '../reading/open-store.ts';
import { RefusedError } from '../requests.ts';
import type { Dispatcher } from '../subscriptions/dispatcher.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { Hooks } from '../webhooks/hooks.ts';

export function subscriptionBook(
  dispatcher: Pick<Dispatcher, 'list' | 'deliveries'>,
  subscriptions: Subscriptions,
  hooks: Hooks,
): SubscriptionBook {
  return {
    list: () => dispatcher.list(),
    deliveries: (id) => dispatcher.deliveries(id),
    // Over HTTP nobody may have the events sent in the clear.
    add: (wanted) => asProblem(() => subscriptions.add({ ...wanted, allowHttp: false })),
    remove: (id) => asProblem(() => subscriptions.remove(id)),
    resume: (id) => asProblem(() => subscriptions.resume(id)),
    webhooks: () =>
      hooks.list().map(({ instruments, addresses, ...hook }) => {
        return { ...hook, instruments: Object.keys(instruments), addresses: addresses && [...addresses] };
      }),
  };
}

/** What the command line answers with 2 or 1, as the API says it. */
function asProblem<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RequestError) throw new ProblemError(422, error.message);
    if (error instanceof RefusedError) throw new ProblemError(409, error.message);
    throw error;
  }
}
