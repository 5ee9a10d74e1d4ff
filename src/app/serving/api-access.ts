// Who may call the API of a running platform, as the settings AUTH__… say.
import type { Access } from '#api/access.ts';
import type { CorsOptions } from '#api/cors.ts';
import type { Clock } from '#ports/clock.ts';
import type { AccessStore } from '#ports/access.ts';
import type { Logger } from '#ports/telemetry.ts';
import { localAccess } from '../access/local-access.ts';
import { openAccessBook } from '../access/open-access.ts';
import { Tokens } from '../access/tokens.ts';
import type { Settings } from '../config/settings-schema.ts';
import { OneAtATime } from './one-at-a-time.ts';

export interface ApiAccess {
  readonly access: Access;
  readonly store: AccessStore;
}

/** Undefined when the settings say that nothing asks who calls. Throws `StoreError`. */
export function openApiAccess(settings: Settings, clock: Clock, logger: Logger): ApiAccess | undefined {
  if (!settings.auth.enableUserAuth) return undefined;
  const { store, users, keys, factor } = openAccessBook(settings);
  if (users.list().length === 0 && keys.list().length === 0) {
    logger.warning('Nobody can sign in yet; add a user with: alpha-panda users add NAME --role admin');
  }
  const tokens = new Tokens(settings.auth);
  const now = (): number => clock.now();
  const local = localAccess({ users, keys, tokens, factor, now });
  // A hash takes a fifth of a second of a processor that the trading shares.
  const signIns = new OneAtATime();
  const access: Access = {
    ...local,
    signIn: async (name, password, code) => signIns.run(async () => local.signIn(name, password, code)),
  };
  return { store, access };
}

export function corsOf({ api }: Pick<Settings, 'api'>): CorsOptions {
  const { corsOrigins: origins, corsMethods: methods, corsHeaders: headers, corsCredentials: credentials } = api;
  return { origins, methods, headers, credentials };
}
