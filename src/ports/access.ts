// Who may call the platform, kept beside the log and not in it: a password's hash is no fact of the market, and what is in
// the log stays for ever. Records are JSON text under a name; whoever writes them knows their shape.

/**
 * `user`, `key` and `webhook` say who may call, `totp` which codes a user has; `answer` is what was answered to a write, for whoever sends it again, and
 * `nonce` a message that must not come again, `sign_in` what was used to sign in elsewhere,
 * `session` a sign-in that is in force. `subscription` is who elsewhere is told of what, and `progress` how far.
 */
export type AccessKind =
  'user' | 'key' | 'totp' | 'webhook' | 'answer' | 'nonce' | 'sign_in' | 'session' | 'subscription' | 'progress';

export interface AccessRecord {
  readonly name: string;
  /** When it was written, epoch milliseconds. */
  readonly at: number;
  readonly value: string;
}

/** Any number of processes write it; each sees what another has written as soon as it asks. */
export interface AccessStore {
  /** Every record of a kind, by name. */
  all(kind: AccessKind): readonly AccessRecord[];
  get(kind: AccessKind, name: string): AccessRecord | undefined;
  /** Writes a record that is not there yet, durably; false, and nothing written, when there is one of that name. */
  add(kind: AccessKind, record: AccessRecord): boolean;
  /** Replaces the value of a record whose value is `before`, durably; false when it is another meanwhile. */
  replace(kind: AccessKind, record: AccessRecord, before: string): boolean;
  /** Forgets a record, durably; false when there is none of that name. */
  remove(kind: AccessKind, name: string): boolean;
  /** Forgets the records of a kind that were written before `at`. */
  forget(kind: AccessKind, at: number): void;
  close(): void;
}
