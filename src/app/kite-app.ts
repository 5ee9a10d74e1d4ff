// An app at Kite Connect as the settings name it, and the file in which its session lies between two starts.
import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KiteSession, type SessionState, type Token } from '#adapters/zerodha/session.ts';
import { fileTokenStore } from '#adapters/zerodha/token-store.ts';
import { type ZerodhaBrokerSettings } from './config/brokers.ts';
import { type Settings } from './config/settings-schema.ts';
import { kiteHosts } from './kite-hosts.ts';

/** Who signs in, and where Kite is found. */
export type KiteApp = Pick<ZerodhaBrokerSettings, 'apiKey' | 'apiSecret' | 'kiteRoot'>;

/** A session of the app, signed out as long as nobody begins it. */
export function sessionOf(
  { apiKey, apiSecret, kiteRoot }: KiteApp,
  changed: (state: SessionState) => void = () => undefined,
): KiteSession {
  return new KiteSession({ apiKey, apiSecret, loginRoot: kiteHosts(kiteRoot).login, changed });
}

/** The file that holds an app's token. Kite knows one session of an app, so whoever uses the app shares the file. */
export class KeptToken {
  readonly #path: string;
  readonly #settings: Pick<Settings, 'auth' | 'dataDir'>;
  readonly #complain: (text: string) => void;

  constructor({ apiKey }: KiteApp, settings: Pick<Settings, 'auth' | 'dataDir'>, complain: (text: string) => void) {
    const name = createHash('sha256').update(apiKey).digest('hex').slice(0, 12);
    this.#path = join(settings.dataDir, `kite-session-${name}.json`);
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
    const found = statSync(this.#path, { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.mtimeMs}`;
  }

  get #store(): ReturnType<typeof fileTokenStore> {
    return fileTokenStore(this.#path, this.#settings.auth.secretKey, this.#complain);
  }
}
