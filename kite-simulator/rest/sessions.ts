// Login and the access token of the day. A request token is used once and soon; an access token lives until early in the
// morning, or until somebody ends it.
import { createHash } from 'node:crypto';
import { draw } from '#core/random.ts';
import { dayOf, MINUTE_MS, startOfDay, type DayNumber, type EpochMs } from '#core/time.ts';
import { type AccountBook } from '../account/book.ts';
import { type Credentials } from '../options.ts';
import { tokenError } from './kite-error.ts';

interface Session {
  readonly number: number;
  readonly accessToken: string;
  readonly loginTime: EpochMs;
  readonly expiresAt: number;
}

const REQUEST_TOKEN_MS = 5 * MINUTE_MS;

export class Sessions {
  readonly credentials: Credentials;
  readonly #book: AccountBook;
  readonly #seed: number;
  readonly #now: () => EpochMs;
  readonly #secondLogin: 'same' | 'new';
  readonly #sessionEnd: (day: DayNumber) => number;
  readonly #requestTokens = new Map<string, number>();
  #failures = 0;

  constructor(
    book: AccountBook,
    options: {
      readonly credentials: Credentials;
      readonly seed: number;
      readonly now: () => EpochMs;
      readonly secondLogin: 'same' | 'new';
      /** In milliseconds after midnight. */
      readonly sessionEnd: (day: DayNumber) => number;
    },
  ) {
    this.credentials = options.credentials;
    this.#book = book;
    this.#seed = options.seed;
    this.#now = options.now;
    this.#secondLogin = options.secondLogin;
    this.#sessionEnd = options.sessionEnd;
  }

  /** How many requests and upgrades came with a token that is not valid. */
  get failures(): number {
    return this.#failures;
  }

  get current(): Session | undefined {
    const session = this.#book.value('session') as Session | null | undefined;
    return session === null || session === undefined || this.#now() >= session.expiresAt ? undefined : session;
  }

  /** What a person gets at the end of the login page. */
  newRequestToken(): string {
    const number = this.#nextNumber();
    const token = this.#secret('request', number);
    this.#requestTokens.set(token, this.#now() + REQUEST_TOKEN_MS);
    return token;
  }

  /** The session that a request token buys. Throws the 403. */
  exchange(apiKey: string, requestToken: string, checksum: string): Session {
    const { credentials } = this;
    const dueBy = this.#requestTokens.get(requestToken);
    const wanted = sha256(credentials.apiKey + requestToken + credentials.apiSecret);
    if (apiKey !== credentials.apiKey || checksum !== wanted) {
      throw this.#fail('Invalid `checksum`.');
    }
    this.#requestTokens.delete(requestToken);
    if (dueBy === undefined || this.#now() > dueBy) throw this.#fail('Token is invalid or has expired.');
    const { current } = this;
    return current !== undefined && this.#secondLogin === 'same' ? current : this.begin();
  }

  /** A session without the login page, as the control API gives it. Ends the one before. */
  begin(): Session {
    const now = this.#now();
    const number = this.#nextNumber();
    const today = this.#endOn(dayOf(now));
    const session: Session = {
      number,
      accessToken: this.#secret('access', number),
      loginTime: now,
      expiresAt: now < today ? today : this.#endOn((dayOf(now) + 1) as DayNumber),
    };
    this.#book.setValue('session', session);
    this.#book.commit();
    return session;
  }

  end(): void {
    this.#book.setValue('session', null);
    this.#book.commit();
  }

  /** Whether key and token are those of the current session; a wrong pair is counted. */
  accepts(apiKey: string, accessToken: string): boolean {
    const isValid = apiKey === this.credentials.apiKey && accessToken === this.current?.accessToken;
    if (!isValid) this.#failures++;
    return isValid;
  }

  /** Checks the header `token KEY:TOKEN`. Throws the 403. */
  check(authorization: string | undefined): void {
    const [, apiKey = '', accessToken = ''] = /^token ([^:]+):(.+)$/.exec(authorization ?? '') ?? [];
    if (!this.accepts(apiKey, accessToken)) throw tokenError();
  }

  #endOn(day: DayNumber): number {
    return startOfDay(day) + this.#sessionEnd(day);
  }

  #fail(message: string): Error {
    this.#failures++;
    return tokenError(message);
  }

  #nextNumber(): number {
    const number = ((this.#book.value('session_number') as number | undefined) ?? 0) + 1;
    this.#book.setValue('session_number', number);
    return number;
  }

  #secret(purpose: string, number: number): string {
    const parts = [0, 1, 2, 3].map((k) => draw(this.#seed, `${purpose} ${number}`, k).toString(36).padStart(7, '0'));
    return parts.join('');
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
