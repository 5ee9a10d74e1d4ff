// Passwords as they are kept: nobody can tell one from its hash, and making a hash is slow on purpose.

export interface Passwords {
  /** The hash of a password with its salt and costs, as text. */
  hash(password: string): Promise<string>;
  /** Whether a password is the one of a hash. */
  isOf(password: string, hash: string): Promise<boolean>;
}
