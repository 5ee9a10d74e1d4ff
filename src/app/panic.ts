// `alpha-panda panic`: the last resort from the settings alone. The session is the one on the disk, or a token by hand.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { RequestBudget } from '#adapters/zerodha/budget.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { panic, type Aftermath } from '#adapters/zerodha/panic.ts';
import { type Settings } from './config/settings-schema.ts';
import { KeptToken, sessionOf } from './kite-app.ts';
import { kiteHosts } from './kite-hosts.ts';
import { kiteHttp } from './kite-http.ts';
import { appOf, LoginError } from './kite-login.ts';
import { order } from './controls.ts';

export interface PanicRequest {
  readonly broker: string;
  /** Instead of the session on the disk. */
  readonly token: string | undefined;
  readonly everything: boolean;
  /** The account's user id, typed by the person who wants its positions ended; undefined leaves them alone. */
  readonly flatten: string | undefined;
  readonly who: string;
  readonly tell: (text: string) => void;
}

/** Throws `LoginError` when there is no session, or it is not of the account that was typed. */
export async function runPanic(settings: Settings, request: PanicRequest): Promise<Aftermath> {
  const { broker, token, everything, flatten, tell } = request;
  const app = appOf(settings, broker);
  const clock = systemClock();
  const session = sessionOf(app);
  const kept = token === undefined ? new KeptToken(app, settings, tell).load() : { userId: '', accessToken: token };
  if (kept === undefined) {
    throw new LoginError(`there is no session; give one with --token, or: npx alpha-panda login ${broker}`);
  }
  session.begin(kept);
  const http = kiteHttp(kiteHosts(app.kiteRoot).api);
  try {
    const client = new KiteClient({ http, session, budget: new RequestBudget(clock) });
    const profile = await client.profile();
    if (profile.kind === 'failed') throw new LoginError(`the account cannot be reached: ${profile.message}`);
    const { userId } = profile.value;
    if (flatten !== undefined && flatten !== userId) {
      throw new LoginError(
        `expected --flatten ${userId}, the account of this session, found ${flatten}; nothing was done`,
      );
    }
    halt(settings, request);
    tell(`account ${userId}`);
    return await panic({ client, clock, everything, flatten: flatten !== undefined, tell });
  } finally {
    http.close();
  }
}

/** What runs would order anew. Everything else of a panic goes on without it: the orders at the broker are what counts. */
function halt(settings: Settings, { broker, who, tell }: PanicRequest): void {
  try {
    order(settings, 'killed', { broker, who, why: 'panic' });
    tell(`a running platform is told to halt ${broker}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    tell(`a running platform could not be told to halt ${broker}, so end it: ${why}`);
  }
}
