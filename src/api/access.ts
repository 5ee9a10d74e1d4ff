// Who calls, and what may be done with it. The server knows neither passwords nor how they are kept: whoever starts it
// hands this in.
import { ROLES, type Role } from './contract.ts';

export interface Caller {
  /** As it stands in events and in the audit log: the name of a user, or `key:` and the name of a key. */
  readonly name: string;
  readonly role: Role;
  /** The namespaces that the caller sees and orders; undefined: all of them. */
  readonly brokers: readonly string[] | undefined;
  /** When the password was entered, epoch milliseconds; undefined for a key, which has none. */
  readonly passwordAt: number | undefined;
  /** The sign-in that the credential was given for; absent for a key. */
  readonly session?: string;
  /** When the credential ends, epoch milliseconds; undefined where nothing asks who calls. */
  readonly expiresAt: number | undefined;
}

export interface SignedIn {
  readonly token: string;
  readonly caller: Caller;
}

/** Where a person signs in at Kite, and what has to come back together with what Kite gives. */
export interface KiteWay {
  readonly url: string;
  /** Goes with the person, and comes back in the address that Kite sends the browser to. */
  readonly state: string;
  /** Stays in the page that asked, so that whoever sees an address cannot use it. */
  readonly verifier: string;
}

export interface PasswordGiven {
  readonly name: string;
  readonly password: string;
  readonly code?: string | undefined;
  /** The address that it came from. */
  readonly from: string;
}

/** One place from which a user acts. */
export interface KnownSignIn {
  readonly id: string;
  readonly user: string;
  readonly by: 'password' | 'kite';
  readonly from: string;
  readonly began_at: number;
  readonly renewedAt: number;
}

export interface KiteReturn {
  readonly from: string;
  readonly requestToken: string;
  readonly state: string;
  readonly verifier: string;
}

/** Signing in through Kite. */
export interface KiteSignIn {
  begin(): KiteWay;
  /** Takes what came back, once; a text says why nobody is signed in by it. */
  finish(given: KiteReturn): Promise<SignedIn | string>;
}

export interface Access {
  /** Undefined where a person signs in with a password alone. */
  readonly kite: KiteSignIn | undefined;
  /** Whose credential it is, as the header `Authorization` says it; undefined when it is nobody's, or not any more. */
  callerOf(authorization: string): Caller | undefined;
  /**
   * A token for a name and a password, and a code where the user has an app for them; undefined when they do not belong
   * together, which takes as long to say; `code` when it is only the code that is missing.
   */
  signIn(given: PasswordGiven): Promise<SignedIn | 'code' | undefined>;
  /** The sign-ins of a user that are in force, or of all; the newest first. */
  signIns(name: string | undefined): readonly KnownSignIn[];
  /** Whoever came by it is out at once; false when there is none. */
  endSignIn(id: string): boolean;
  /** A seed for an authenticator app, shown once. Throws `ProblemError` when the user has one. */
  enrol(caller: Caller): { readonly secret: string; readonly uri: string };
  /** From now on codes are asked for; gives the recovery codes, shown once. Throws `ProblemError`. */
  confirm(caller: Caller, code: string): readonly string[];
  /** A new token for one who has a token; undefined when the password has to be entered anew. */
  renew(caller: Caller): SignedIn | undefined;
}

/** Where only this machine can come and nothing asks who calls: everything is read, and nothing is ordered. */
export const ANYONE_HERE: Caller = {
  name: 'loopback',
  role: 'viewer',
  brokers: undefined,
  passwordAt: undefined,
  expiresAt: undefined,
};

/** How long after the password was entered it counts as just entered. */
export const STEP_UP_MS_MAX = 5 * 60_000;

export function reaches(role: Role, lowest: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(lowest);
}

/** Whether a caller sees a namespace; `market` is everybody's. */
export function sees({ brokers }: Caller, broker: string): boolean {
  return brokers === undefined || broker === 'market' || brokers.includes(broker);
}
