// Who may call the API of a running platform, as the settings AUTH__… say.
import type { Access } from '#api/access.ts';
import type { CorsOptions } from '#api/cors.ts';
import type { Clock } from '#ports/clock.ts';
import type { AccessStore } from '#ports/access.ts';
import type { Logger } from '#ports/telemetry.ts';
import { kiteSignIn, type KiteSignInParts } from '../access/kite-sign-in.ts';
import { localAccess, type LocalAccessParts } from '../access/local-access.ts';
import { openAccessBook } from '../access/open-access.ts';
import { Sealer } from '../access/sealed.ts';
import { Tokens } from '../access/tokens.ts';
import type { Settings } from '../config/settings-schema.ts';
import { KeptToken } from '../kite-app.ts';
import { appOf, exchange, loginUrl } from '../kite-login.ts';
import { OneAtATime } from './one-at-a-time.ts';

export interface ApiAccess {
  readonly access: Access;
  readonly store: AccessStore;
}

/** Undefined when the settings say that nothing asks who calls. Throws `StoreError`. */
export function openApiAccess(settings: Settings, clock: Clock, logger: Logger): ApiAccess | undefined {
  if (!settings.auth.enableUserAuth) return undefined;
  const { store, users, keys, factor, signIns } = openAccessBook(settings);
  if (users.list().length === 0 && keys.list().length === 0) {
    logger.warning('Nobody can sign in yet; add a user with: alpha-panda users add NAME --role admin');
  }
  const tokens = new Tokens(settings.auth);
  const now = (): number => clock.now();
  const kite = kiteOf(settings, { users, store, now }, logger);
  const local = localAccess({ users, keys, tokens, factor, signIns, now, kite });
  // A hash takes a fifth of a second of a processor that the trading shares.
  const oneByOne = new OneAtATime();
  const access: Access = {
    ...local,
    signIn: async (given) => oneByOne.run(async () => local.signIn(given)),
  };
  return { store, access };
}

/** Undefined where passwords alone are taken: the settings say so, or name no app at Kite. */
function kiteOf(
  settings: Settings,
  { users, store, now }: Pick<KiteSignInParts, 'users' | 'store' | 'now'>,
  logger: Logger,
): LocalAccessParts['kite'] {
  if (settings.auth.primaryAuthProvider !== 'zerodha') return undefined;
  const app = appOf(settings, 'zerodha');
  if (app.apiKey === '' || app.apiSecret === '') {
    const bound = users.list().filter((user) => user.kite_user !== null);
    if (bound.length > 0) {
      const names = bound.map(({ name }) => name).join(', ');
      logger.warning(`${names} cannot sign in through Kite: set ZERODHA__API_KEY and ZERODHA__API_SECRET`);
    }
    return undefined;
  }
  const kept = new KeptToken(app, settings, (message) => logger.warning(message));
  const owner = (): string | undefined => accountOf(settings) || kept.load()?.userId;
  // A session of its own for each who signs in would tire the loop that trades.
  const exchanges = new OneAtATime();
  return (signIn) =>
    kiteSignIn({
      users,
      store,
      now,
      signIn,
      sealer: new Sealer(settings.auth.secretKey),
      loginUrl: loginUrl(app),
      exchange: async (requestToken) => exchanges.run(async () => exchange(app, requestToken)),
      // Kite may have ended the session that the platform has of the same user: this one takes its place.
      keep: (token) => {
        if (owner() === token.userId) kept.save(token);
      },
    });
}

function accountOf({ brokers, zerodha }: Settings): string {
  const broker = brokers.find(({ id, kind }) => id === 'zerodha' && kind === 'zerodha');
  return broker?.kind === 'zerodha' ? broker.userId : zerodha.userId;
}

export function corsOf({ api }: Pick<Settings, 'api'>): CorsOptions {
  const { corsOrigins: origins, corsMethods: methods, corsHeaders: headers, corsCredentials: credentials } = api;
  return { origins, methods, headers, credentials };
}
