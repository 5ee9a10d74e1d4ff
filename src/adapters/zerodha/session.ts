// The session with Kite: a token that a person gets once a day and that ends when Kite says so, whatever the clock says.
// While there is none, nothing is sent, so that a dead token is never tried again and again.
import { createHash } from 'node:crypto';

/** `dead`: Kite refused the token; only a new one helps. */
export type SessionState = 'signed_out' | 'active' | 'dead';

export interface Token {
  readonly userId: string;
  readonly accessToken: string;
}

/** Where the token lies between two starts. */
export interface TokenStore {
  load(): Token | undefined;
  save(token: Token): void;
}

export interface SessionOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Where the login page lies, such as `https://kite.zerodha.com`. */
  readonly loginRoot: string;
  readonly store?: TokenStore;
  /** Told when the state changes, and when a new token took the place of another. */
  readonly changed?: (state: SessionState) => void;
}

export class KiteSession {
  readonly #options: SessionOptions;
  #token: Token | undefined;
  #state: SessionState = 'signed_out';

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#token = options.store?.load();
    if (this.#token !== undefined) this.#state = 'active';
  }

  get state(): SessionState {
    return this.#state;
  }

  get apiKey(): string {
    return this.#options.apiKey;
  }

  get userId(): string | undefined {
    return this.#token?.userId;
  }

  /** The token to send; undefined while there is none that works. */
  get accessToken(): string | undefined {
    return this.#state === 'active' ? this.#token?.accessToken : undefined;
  }

  /** Where a person signs in; Kite sends them on with a request token. */
  get loginUrl(): string {
    const { apiKey, loginRoot } = this.#options;
    return `${loginRoot}/connect/login?${new URLSearchParams({ api_key: apiKey, v: '3' }).toString()}`;
  }

  /** What proves to Kite that a request token is exchanged by this app. */
  checksum(requestToken: string): string {
    const { apiKey, apiSecret } = this.#options;
    return createHash('sha256').update(`${apiKey}${requestToken}${apiSecret}`).digest('hex');
  }

  /** A new token takes effect with the next request. */
  begin(token: Token): void {
    this.#options.store?.save(token);
    this.#token = token;
    this.#become('active');
  }

  /** Kite refused this token. One that has been replaced meanwhile ends nothing. */
  died(accessToken: string): void {
    if (this.#state === 'active' && this.#token?.accessToken === accessToken) this.#become('dead');
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.#options.changed?.(state);
  }
}
