// What may be ordered over HTTP, as the server hands it on. Each becomes messages in the inbox of the platform, where what
// the command line orders lies too; the pipeline takes them before its next ticks, and they are events with who and why.

/** What a control concerns; undefined broker: every active namespace. */
interface Scope {
  readonly broker: string | undefined;
  readonly strategyId: string | undefined;
  readonly instrument: string | undefined;
}

export type Command =
  | { readonly kind: 'arm' | 'disarm'; readonly broker: string }
  | ({ readonly kind: 'kill'; readonly flatten: boolean } & Scope)
  | ({ readonly kind: 'release' } & Scope)
  | ({ readonly kind: 'limit'; readonly name: string; readonly value: string } & Omit<Scope, 'instrument'>)
  | { readonly kind: 'enable' | 'disable'; readonly strategyId: string; readonly broker: string | undefined };

export interface Letters {
  readonly topic: string;
  readonly offsets: readonly number[];
  /** Also those that were settled before. */
  readonly again: boolean;
  /** `path=value` for what is changed before it is sent again; undefined: they are discarded. */
  readonly set: readonly string[] | undefined;
}

export interface Order {
  readonly who: string;
  readonly why: string;
  /** Names the order: the same again does nothing. */
  readonly requestId: string;
}

export interface Commands {
  /** Returns the namespaces that are asked. Throws `ProblemError` for what cannot be ordered. */
  order(command: Command, order: Order): Promise<readonly string[]>;
  /** Returns the offsets of the letters that are settled, and how many were before. Throws `ProblemError`. */
  settle(letters: Letters, order: Order): Promise<{ readonly settled: readonly number[]; readonly leftOut: number }>;
}
