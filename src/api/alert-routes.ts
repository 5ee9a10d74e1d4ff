// The alerts of the platform. One that is of no namespace may speak of any, so it is for who sees them all.
import { z } from 'zod';
import { ALERT_STATES, type Alert } from '#core/alerts/alert-book.ts';
import { sees, type Caller } from './access.ts';
import { alertLine } from './alert-line.ts';
import * as contract from './contract.ts';
import { paged, pageOf } from './paging.ts';
import { ProblemError } from './problem.ts';
import { API, define, demandSight, type Route } from './route.ts';
import { ofBroker } from './routes.ts';

/** The alerts that a platform keeps. */
export interface Alerts {
  list(): readonly Alert[];
  /** Undefined when there is no such alert, or it has ended. */
  acknowledge(id: string, who: string, why: string): Alert | undefined;
}

export function alertRoute(alerts: Alerts): Route {
  return define('GET', `${API}/alerts`, 'The troubles that a person should look at, and those that have ended.', {
    role: 'viewer',
    watchMs: 2_000,
    query: z.strictObject({
      ...ofBroker,
      state: z.enum(ALERT_STATES).optional().describe('Only those in this state.'),
      ...paged,
    }),
    answer: contract.listOf(contract.alert),
    handle: async ({ caller, query }) => {
      const found = alerts.list().filter((alert) => {
        const isAsked = query.broker === undefined || alert.broker === query.broker;
        return isAsked && seesAlert(caller, alert) && (query.state ?? alert.state) === alert.state;
      });
      return pageOf('alerts', found.map(alertLine), ({ id }) => [Number(id)], query);
    },
  });
}

/** Throws `ProblemError` when there is no such alert, it has ended, or the caller does not see it. */
export function acknowledge(alerts: Alerts, caller: Caller, id: string, why: string): contract.AlertLine {
  const known = alerts.list().find((alert) => alert.id === id);
  if (known === undefined) {
    demandSight(caller, SYSTEM);
    throw new ProblemError(404, 'there is no alert of this id; /api/v1/alerts lists those there are');
  }
  demandSight(caller, known.broker ?? SYSTEM);
  const alert = alerts.acknowledge(id, caller.name, why);
  if (alert === undefined) throw new ProblemError(409, 'the alert has ended, so there is nothing to acknowledge');
  return alertLine(alert);
}

const SYSTEM = 'system';

function seesAlert(caller: Caller, { broker }: Alert): boolean {
  return sees(caller, broker ?? SYSTEM);
}
