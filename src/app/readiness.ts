// Whether a live account may be armed: what its broker says of it, looked at anew again and again. A person arms it; anything
// missing keeps it disarmed, and says so.
import { url as inspectorUrl } from 'node:inspector';
import { type KiteClient } from '#adapters/zerodha/kite-client.ts';
import { formatDecimal, type Money } from '#core/decimal.ts';
import { CalendarError, type Calendar } from '#core/market/calendar.ts';
import { SECOND_MS } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type LiveSession } from './live-session.ts';

export interface ReadinessOptions {
  readonly client: Pick<KiteClient, 'profile' | 'funds' | 'tryAddress'>;
  readonly live: Pick<LiveSession, 'session' | 'trouble'>;
  /** The account that orders may go to. */
  readonly userId: string;
  readonly calendar: Calendar;
  /** The segment whose hours count. */
  readonly segment: string;
  readonly clock: Clock;
}

/** Kite tells of a session that has ended only to whoever asks with it. */
const LOOK_EVERY_MS = 15 * SECOND_MS;

export class Readiness {
  readonly #options: ReadinessOptions;
  #account: string | undefined = 'its account has not been looked at yet';
  #funds: Money | undefined;
  #address: string | undefined = 'it has not been tried yet whether orders are taken from this address';

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  /** Asks the broker. Whether orders are taken from here is tried until they are. */
  async look(): Promise<void> {
    const { client } = this.#options;
    const [profile, funds] = await Promise.all([client.profile(), client.funds()]);
    this.#funds = funds.kind === 'read' ? funds.value.equity : undefined;
    this.#account =
      profile.kind === 'failed'
        ? `its account cannot be read: ${profile.message}`
        : this.#strange(profile.value.userId);
    if (this.#account === undefined && this.#address !== undefined) this.#address = await client.tryAddress();
  }

  /** Looks now and then until `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      if (this.#options.live.session.state === 'active') await this.look();
      await this.#options.clock.sleep(LOOK_EVERY_MS, stop);
    }
  }

  /** Why the session is not that of the account; undefined when it is. To be asked before anything is sent. */
  get stranger(): string | undefined {
    const { userId } = this.#options.live.session;
    return userId === undefined ? 'nobody has signed in' : this.#strange(userId);
  }

  /** What of the account itself is not as it should be. */
  get accountTrouble(): string | undefined {
    return this.#options.live.trouble ?? this.stranger ?? this.#account;
  }

  /** Why orders would not be taken from this machine. */
  get addressTrouble(): string | undefined {
    return this.#address;
  }

  /** Why it must not be armed, with books that begin with `needed` together; undefined when it may. */
  trouble(needed: Money): string | undefined {
    return debugged() ?? this.accountTrouble ?? this.#address ?? this.#short(needed) ?? this.#uncovered();
  }

  #strange(found: string): string | undefined {
    const { userId } = this.#options;
    return found === userId ? undefined : `the session is of the account ${found}, and its orders belong to ${userId}`;
  }

  #short(needed: Money): string | undefined {
    if (this.#funds === undefined) return 'the funds of its account cannot be read';
    if (this.#funds >= needed) return undefined;
    const [have, want] = [this.#funds, needed].map(formatDecimal);
    return `its account has ${have}, and its books begin with ${want} together; lower STARTING_CASH or deploy less there`;
  }

  #uncovered(): string | undefined {
    const { calendar, segment, clock } = this.#options;
    try {
      calendar.nextSession(segment, clock.now());
      return undefined;
    } catch (error) {
      if (error instanceof CalendarError) return error.message;
      throw error;
    }
  }
}

/** Whoever reaches the inspector of the process can make it do anything. */
function debugged(): string | undefined {
  if (inspectorUrl() === undefined) return undefined;
  return 'a debugger can be attached to the process; start it without --inspect';
}
