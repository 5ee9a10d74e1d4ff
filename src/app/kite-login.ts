// Signing in to Kite: a person opens the login page, Kite hands them a request token, and what that is exchanged for lies
// encrypted in `DATA_DIR`, where a running platform finds it.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { RequestBudget } from '#adapters/zerodha/budget.ts';
import { dataOnly } from '#adapters/zerodha/data-only.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { type KiteSession, type Token } from '#adapters/zerodha/session.ts';
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';
import { KeptToken, sessionOf, type KiteApp } from './kite-app.ts';
import { kiteHosts } from './kite-hosts.ts';
import { kiteHttp } from './kite-http.ts';

type LoginSettings = Pick<Settings, 'auth' | 'brokers' | 'dataDir' | 'zerodha'>;

/** Kite did not take the request token, or there is none; the message says what to do. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
}

/** The calls that market data needs, and no others. */
export interface DataAccess {
  readonly client: Pick<KiteClient, 'signIn' | 'profile' | 'candles' | 'instruments'>;
  close(): void;
}

export function openDataAccess(session: KiteSession, kiteRoot: string, clock: Clock): DataAccess {
  const http = kiteHttp(kiteHosts(kiteRoot).api);
  const client = new KiteClient({ http: dataOnly(http), session, budget: new RequestBudget(clock) });
  return { client, close: () => http.close() };
}

/** The app of a namespace of kind zerodha; `zerodha` is that of the feed where no namespace is called so. */
export function appOf({ brokers, zerodha }: LoginSettings, name: string): KiteApp {
  const broker = brokers.find(({ id, kind }) => id === name && kind === 'zerodha');
  if (broker?.kind === 'zerodha') return broker;
  if (name === 'zerodha') return zerodha;
  const known = new Set(['zerodha', ...brokers.flatMap(({ id, kind }) => (kind === 'zerodha' ? [id] : []))]);
  throw new LoginError(`expected one of ${[...known].join(', ')}, found ${JSON.stringify(name)}`);
}

/** Where a person signs in. Throws `LoginError` for an app without a key. */
export function loginUrl(app: KiteApp): string {
  if (app.apiKey !== '' && app.apiSecret !== '') return sessionOf(app).loginUrl;
  throw new LoginError('signing in needs ZERODHA__API_KEY and ZERODHA__API_SECRET of an app at Kite Connect');
}

/**
 * Exchanges what the login page gave, a request token or the whole address that the browser was sent to, and keeps the
 * session. Returns the user's id at Kite. Throws `LoginError`.
 */
export async function signIn(app: KiteApp, settings: LoginSettings, given: string): Promise<string> {
  const token = await exchange(app, requestTokenOf(given));
  new KeptToken(app, settings, () => undefined).save(token);
  return token.userId;
}

/** The session that a request token buys, which is kept nowhere. Throws `LoginError`. */
export async function exchange(app: KiteApp, requestToken: string): Promise<Token> {
  const url = loginUrl(app);
  const session = sessionOf(app);
  const access = openDataAccess(session, app.kiteRoot, systemClock());
  try {
    const outcome = await access.client.signIn(requestToken);
    const { accessToken } = session;
    if (outcome.kind === 'read' && accessToken !== undefined) {
      return { userId: outcome.value.userId, accessToken };
    }
    const why = outcome.kind === 'failed' ? outcome.message : 'it gave no session';
    const remedy = `sign in anew at ${url}; a request token works once, and for a few minutes`;
    throw new LoginError(`Kite did not take the request token (${why}); ${remedy}`);
  } finally {
    access.close();
  }
}

function requestTokenOf(given: string): string {
  if (!URL.canParse(given)) return given;
  const found = new URL(given).searchParams.get('request_token');
  if (found !== null && found !== '') return found;
  throw new LoginError('expected an address with request_token=…, as the browser shows it after signing in');
}
