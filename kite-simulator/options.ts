// What a simulator is built from. Everything has a default but the contracts, so that a test names what it is about.
import { type DayNumber, type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Account } from './account/book.ts';
import { type BookStorage } from './account/storage.ts';
import { type Contract } from './catalogue.ts';
import { type RateLimits } from './rest/limits.ts';

export interface Credentials {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly userId: string;
}

export interface SimulatorOptions {
  readonly contracts: readonly Contract[];
  /** The server's clock: sessions, limits and waiting. */
  readonly clock: Clock;
  readonly storage?: BookStorage | undefined;
  readonly seed?: number | undefined;
  readonly credentials?: Credentials | undefined;
  /** The account on its first day; a book that is there goes on as it was. */
  readonly opening?: Partial<Account> | undefined;
  readonly limits?: Partial<RateLimits> | undefined;
  /** Addresses from which orders are taken; without a list, any. */
  readonly registeredIps?: readonly string[] | undefined;
  /** Where updates are posted; without it, nowhere. */
  readonly postbackUrl?: string | undefined;
  /** Where the login page sends the browser. */
  readonly redirectUrl?: string | undefined;
  /** Whether continuous trading is on; without it, always. */
  readonly isOpen?: ((segment: string, at: EpochMs) => boolean) | undefined;
  /** Whether an order without the money for it is refused in the answer, or accepted and REJECTED in the book. */
  readonly marginRefusal?: 'answer' | 'book' | undefined;
  /** Whether a second login of the day gives the same token, or a new one that ends the first. */
  readonly secondLogin?: 'same' | 'new' | undefined;
  /** When a session ends, in milliseconds after midnight in India; six in the morning of every day when it is not said. */
  readonly sessionEnd?: ((day: DayNumber) => number) | undefined;
  /** How often a quiet ticker connection is told that it lives; every second when it is not said. */
  readonly heartbeatMs?: number | undefined;
  /** Told when something of ours fails where nobody waits for it, such as a postback. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/** Known to everybody: they open nothing but this simulator. */
export const SIMULATOR_CREDENTIALS: Credentials = {
  apiKey: 'simulator',
  apiSecret: 'simulator-secret',
  userId: 'SIM001',
};

export const APP_ID = 1;
