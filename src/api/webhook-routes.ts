// Signals that come as webhooks: from programs that have no token, and prove each message by itself.
import { z } from 'zod';
import type { GateOptions } from './gate.ts';
import { ProblemError } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';
import { rawBodyOf } from './raw-body.ts';
import { API, define, type Route } from './route.ts';

/** A message as it came. */
export interface Incoming {
  readonly webhook: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: Buffer;
  /** The address of the socket. */
  readonly from: string;
}

export const taken = z.object({
  webhook: z.string(),
  broker: z.string(),
  signal_id: z.string(),
  /** GET /api/v1/messages/correlation/{correlation_id} has what becomes of it. */
  correlation_id: z.string(),
});
export type Taken = z.infer<typeof taken>;

export interface WebhookOptions extends GateOptions {
  readonly nowMs: () => number;
  /** Throws `ProblemError` for what is not taken; undefined where nothing asks who calls. */
  readonly webhooks: ((incoming: Incoming) => Taken) | undefined;
}

/** Of one address: enough for a strategy that trades, too few for a list of secrets. */
const OF_ADDRESS = { burst: 20, perSecond: 2, addressesMax: 10_000 };

export function webhookRoutes({ webhooks, audit, nowMs }: WebhookOptions): readonly Route[] {
  const limiter = new RateLimiter(OF_ADDRESS);
  return [
    define('POST', `${API}/webhooks/{webhook}`, 'Takes a signal that a webhook proves to be its own.', {
      role: 'anyone',
      status: 202,
      // What it may be depends on the webhook, and is only looked at when it is proved.
      body: z.looseObject({}),
      answer: taken,
      handle: async ({ parameter: webhook, request, reply }) => {
        const { ip: from, headers } = request;
        const refused = (error: ProblemError): ProblemError => {
          audit('A webhook was refused', {
            name: webhook.slice(0, 64),
            from,
            status: error.status,
            why: error.message,
          });
          return error;
        };
        if (webhooks === undefined) throw new ProblemError(403, 'webhooks need AUTH__ENABLE_USER_AUTH=true');
        const wait = limiter.take(from, nowMs());
        if (wait > 0) {
          void reply.header('retry-after', `${wait}`);
          throw refused(new ProblemError(429, `expected fewer messages of a webhook; wait ${wait} s`));
        }
        try {
          const answer = webhooks({ webhook, headers, raw: rawBodyOf(request), from });
          audit('A webhook was taken', { who: `webhook:${webhook}`, from, ...answer });
          return answer;
        } catch (error) {
          throw error instanceof ProblemError ? refused(error) : error;
        }
      },
    }),
  ];
}
