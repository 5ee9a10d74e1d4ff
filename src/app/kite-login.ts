// Signing in to Kite for its ticks: a person opens the login page, Kite hands them a request token, and what that is
// exchanged for lies encrypted in `DATA_DIR`, where a running platform finds it.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { RequestBudget } from '#adapters/zerodha/budget.ts';
import { dataOnly } from '#adapters/zerodha/data-only.ts';
import { HttpClient } from '#adapters/zerodha/http.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { KiteSession, type SessionOptions, type Token } from '#adapters/zerodha/session.ts';
import { fileTokenStore } from '#adapters/zerodha/token-store.ts';
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';
import { kiteHosts } from './kite-hosts.ts';

type LoginSettings = Pick<Settings, 'auth' | 'dataDir' | 'feed' | 'zerodha'>;

const FILE = 'kite-session.json';
const TIMEOUT_MS = 7_000;
const ANSWER_BYTES_MAX = 16 * 1_048_576;

/** Kite did not take the request token, or there is none; the message says what to do. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
}

/** A session and the calls that market data needs, and no others. */
export interface DataAccess {
  readonly session: KiteSession;
  readonly client: Pick<KiteClient, 'signIn' | 'profile' | 'candles'>;
  close(): void;
}

export function openDataAccess(
  { feed, zerodha }: Pick<LoginSettings, 'feed' | 'zerodha'>,
  clock: Clock,
  options: Pick<SessionOptions, 'store' | 'changed'> = {},
): DataAccess {
  const hosts = kiteHosts(feed.kiteRoot);
  const { apiKey, apiSecret } = zerodha;
  const session = new KiteSession({ apiKey, apiSecret, loginRoot: hosts.login, ...options });
  const http = new HttpClient({ root: hosts.api, timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX });
  const client = new KiteClient({ http: dataOnly(http), session, budget: new RequestBudget(clock) });
  return { session, client, close: () => http.close() };
}

/** The file that holds the token. */
export class KeptToken {
  readonly path: string;
  readonly #settings: LoginSettings;
  readonly #complain: (text: string) => void;

  constructor(settings: LoginSettings, complain: (text: string) => void) {
    this.path = join(settings.dataDir, FILE);
    this.#settings = settings;
    this.#complain = complain;
  }

  load(): Token | undefined {
    return this.#store.load();
  }

  save(token: Token): void {
    mkdirSync(this.#settings.dataDir, { recursive: true, mode: 0o700 });
    this.#store.save(token);
  }

  /** Differs whenever another token was saved. */
  get mark(): string {
    const found = statSync(this.path, { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.mtimeMs}`;
  }

  get #store(): ReturnType<typeof fileTokenStore> {
    return fileTokenStore(this.path, this.#settings.auth.secretKey, this.#complain);
  }
}

/** Where a person signs in. */
export function loginUrl(settings: LoginSettings): string {
  const access = openDataAccess(settings, systemClock());
  access.close();
  return access.session.loginUrl;
}

/**
 * Exchanges what the login page gave, a request token or the whole address that the browser was sent to, and keeps the
 * session. Returns the user's id at Kite. Throws `LoginError`.
 */
export async function signIn(settings: LoginSettings, given: string): Promise<string> {
  const store = new KeptToken(settings, () => undefined);
  const access = openDataAccess(settings, systemClock(), {
    store: { load: () => undefined, save: (token) => store.save(token) },
  });
  try {
    const outcome = await access.client.signIn(requestTokenOf(given));
    if (outcome.kind === 'read') return outcome.value.userId;
    const remedy = `sign in anew at ${access.session.loginUrl}; a request token works once, and for a few minutes`;
    throw new LoginError(`Kite did not take the request token (${outcome.message}); ${remedy}`);
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
