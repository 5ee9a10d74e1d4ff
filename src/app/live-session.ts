// The session of an app with Kite while the platform runs: taken from the disk whenever a person has signed in anew, and
// shared by everything that uses the app.
import { type KiteSession } from '#adapters/zerodha/session.ts';
import { SECOND_MS } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { KeptToken, sessionOf, type KiteApp } from './kite-app.ts';

export interface LiveSessionOptions {
  readonly app: KiteApp;
  /** What is signed in to, as the command line names it. */
  readonly name: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A new token is taken up within this time. */
const LOOK_MS = SECOND_MS;

export class LiveSession {
  readonly session: KiteSession;
  readonly #kept: KeptToken;
  readonly #howTo: string;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  readonly #renewed: (() => void)[] = [];
  #mark = '';

  constructor({ app, name, settings, clock, logger }: LiveSessionOptions) {
    this.#logger = logger;
    this.#howTo = `to sign in, run: npx alpha-panda login ${name}`;
    this.#kept = new KeptToken(app, settings, (message) => logger.warning(message));
    this.session = sessionOf(app, (state) => {
      if (state === 'dead') logger.warning(`Kite ended the session; ${this.#howTo}`);
    });
    if (!this.#takeUp()) logger.warning(`nobody has signed in to Kite; ${this.#howTo}`);
    this.#watching = this.#watch(clock);
  }

  /** Has `listener` told when a new session has begun. */
  onRenewed(listener: () => void): void {
    this.#renewed.push(listener);
  }

  /** What a person should know and do; undefined while the session works. */
  get trouble(): string | undefined {
    if (this.session.state === 'active') return undefined;
    return `${this.session.state === 'dead' ? 'Kite ended the session' : 'nobody has signed in to Kite'}; ${this.#howTo}`;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(clock: Clock): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal);
      if (signal.aborted || this.#kept.mark === this.#mark || !this.#takeUp()) continue;
      for (const listener of this.#renewed) listener();
    }
  }

  /** Takes the token that lies on the disk; false when there is none. */
  #takeUp(): boolean {
    this.#mark = this.#kept.mark;
    const token = this.#kept.load();
    if (token === undefined) return false;
    this.session.begin(token);
    this.#logger.info(`signed in to Kite as ${token.userId}`);
    return true;
  }
}
