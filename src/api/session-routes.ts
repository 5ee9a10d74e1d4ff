// The sign-ins of a user that are in force: where from, and the end of one of them.
import { z } from 'zod';
import { reaches } from './access.ts';
import { knownSignIn, listOf, signInEnded } from './contract.ts';
import { paged, pageOf } from './paging.ts';
import { ProblemError } from './problem.ts';
import { API, define, type Route } from './route.ts';
import { demanded, type SignInOptions } from './sign-in-routes.ts';

export function sessionRoutes({ access, audit }: SignInOptions): readonly Route[] {
  return [
    define('GET', `${API}/auth/sessions`, 'The sign-ins in force: one’s own, and for the role admin everybody’s.', {
      role: 'viewer',
      query: z.strictObject(paged),
      answer: listOf(knownSignIn),
      handle: async ({ caller, query }) => {
        const mine = reaches(caller.role, 'admin') ? undefined : caller.name;
        const found = access?.signIns(mine) ?? [];
        const lines = found.map((each) => ({
          session: each.id,
          user: each.user,
          by: each.by,
          from: each.from,
          began_at: new Date(each.began_at).toISOString(),
          renewed_at: new Date(each.renewedAt).toISOString(),
          is_this: each.id === caller.session,
        }));
        return pageOf('sessions', lines, ({ began_at: began, session }) => [began, session], query);
      },
    }),
    define('POST', `${API}/auth/sessions/end`, 'Ends a sign-in: this one, unless another is named.', {
      role: 'viewer',
      body: z.strictObject({ session: z.string().max(64).optional() }),
      answer: signInEnded,
      handle: async ({ caller, body, request }) => {
        const known = demanded(access);
        const id = body.session ?? caller.session;
        const mine = reaches(caller.role, 'admin') ? undefined : caller.name;
        const found = known.signIns(mine).find((each) => each.id === id);
        if (found === undefined || !known.endSignIn(found.id)) {
          throw new ProblemError(422, `expected a sign-in of GET ${API}/auth/sessions; there is none of this id`);
        }
        audit('A sign-in was ended', { who: caller.name, from: request.ip, user: found.user, session: found.id });
        return { session: found.id, user: found.user };
      },
    }),
  ];
}
