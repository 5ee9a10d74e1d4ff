// Who elsewhere is told of what happens here, and which webhooks may send signals. Both are of the whole platform, so they are
// for who sees all of it; whoever may change them could send its events anywhere.
import { z } from 'zod';
import type { Caller } from './access.ts';
import { listOf } from './contract.ts';
import type { GateOptions } from './gate.ts';
import { decodeCursor, paged, pageOf } from './paging.ts';
import { ProblemError } from './problem.ts';
import { API, define, type Asked, type Route } from './route.ts';
import {
  delivery,
  KINDS,
  subscribed,
  subscription,
  webhook,
  type DeliveryLine,
  type Kind,
  type SubscriptionLine,
  type WebhookLine,
} from './subscription-contract.ts';

/** The subscriptions of a running platform. What changes them throws `ProblemError` for what cannot be done. */
export interface SubscriptionBook {
  list(): readonly SubscriptionLine[];
  /** Oldest first; undefined for one that is not there. */
  deliveries(id: string): readonly DeliveryLine[] | undefined;
  /** Returns the secret. */
  add(wanted: {
    readonly id: string;
    readonly url: string;
    readonly kinds: readonly Kind[];
    readonly brokers: readonly string[] | undefined;
  }): string;
  remove(id: string): void;
  resume(id: string): void;
  webhooks(): readonly WebhookLine[];
}

export interface SubscriptionOptions extends GateOptions {
  /** Undefined where nothing asks who calls. */
  readonly subscriptions: SubscriptionBook | undefined;
}

const why = z.string().trim().min(1).max(500).describe('Why, for whoever asks later.');
const done = z.object({ id: z.string() });
const URL_CHARACTERS_MAX = 2_048;

export function subscriptionRoutes(options: SubscriptionOptions): readonly Route[] {
  const { subscriptions: book } = options;
  return [
    define('GET', `${API}/subscriptions`, 'Who elsewhere is told of what happens, and how that goes.', {
      role: 'viewer',
      query: z.strictObject(paged),
      answer: listOf(subscription),
      handle: async ({ caller, query }) => {
        demandAll(caller);
        return pageOf('subscriptions', demanded(book).list(), ({ id }) => [id], query);
      },
    }),
    define('GET', `${API}/subscriptions/{id}/deliveries`, 'The last attempts to tell a subscription of something.', {
      role: 'viewer',
      query: z.strictObject(paged),
      answer: listOf(delivery),
      handle: async ({ caller, query, parameter: id }) => {
        demandAll(caller);
        decodeCursor('deliveries', query.cursor, [0]);
        const lines = demanded(book).deliveries(id);
        if (lines === undefined)
          throw new ProblemError(404, `there is no subscription of this id; ${API}/subscriptions lists them`);
        return pageOf('deliveries', lines, ({ number }) => [number], query);
      },
    }),
    define('GET', `${API}/webhooks`, 'The webhooks that may send signals, and what they may ask for.', {
      role: 'viewer',
      query: z.strictObject(paged),
      answer: listOf(webhook),
      handle: async ({ caller, query }) => {
        demandAll(caller);
        return pageOf('webhooks', demanded(book).webhooks(), ({ id }) => [id], query);
      },
    }),
    ...changingRoutes(options),
  ];
}

function changingRoutes({ subscriptions: book, audit }: SubscriptionOptions): readonly Route[] {
  const note = ({ caller, request: { ip } }: Asked, what: string, fields: object): void => {
    audit(what, { who: caller.name, from: ip, ...fields });
  };
  return [
    define('POST', `${API}/subscriptions`, 'Tells an address of what happens from now on; the secret is shown once.', {
      role: 'admin',
      stepUp: true,
      status: 201,
      answer: subscribed,
      body: z.strictObject({
        id: z.string().min(1).max(64),
        url: z.url().max(URL_CHARACTERS_MAX).describe('With https, or http on this machine.'),
        kinds: z.array(z.enum(KINDS)).min(1).max(KINDS.length),
        brokers: z.array(z.string().max(64)).min(1).max(64).optional().describe('Only of these namespaces.'),
        why,
      }),
      handle: async (asked) => {
        demandAll(asked.caller);
        const { why: reason, url, ...wanted } = asked.body;
        const secret = demanded(book).add({ ...wanted, url, brokers: wanted.brokers });
        note(asked, 'A subscription was added', { ...wanted, address: new URL(url).origin, why: reason });
        return { id: wanted.id, secret };
      },
    }),
    define('POST', `${API}/subscriptions/{id}/remove`, 'Tells an address of nothing any more.', {
      role: 'admin',
      answer: done,
      body: z.strictObject({ why }),
      handle: async (asked) => {
        demandAll(asked.caller);
        demanded(book).remove(asked.parameter);
        note(asked, 'A subscription was removed', { id: asked.parameter, why: asked.body.why });
        return { id: asked.parameter };
      },
    }),
    define('POST', `${API}/subscriptions/{id}/resume`, 'Goes on where sending stopped after too many failures.', {
      role: 'operator',
      answer: done,
      body: z.strictObject({ why }),
      handle: async (asked) => {
        demandAll(asked.caller);
        demanded(book).resume(asked.parameter);
        note(asked, 'A subscription was resumed', { id: asked.parameter, why: asked.body.why });
        return { id: asked.parameter };
      },
    }),
  ];
}

function demanded(book: SubscriptionBook | undefined): SubscriptionBook {
  if (book !== undefined) return book;
  throw new ProblemError(409, 'subscriptions and webhooks need AUTH__ENABLE_USER_AUTH=true');
}

function demandAll({ name, brokers }: Caller): void {
  if (brokers === undefined) return;
  throw new ProblemError(403, `subscriptions and webhooks are of every namespace, and ${name} sees only some`);
}
