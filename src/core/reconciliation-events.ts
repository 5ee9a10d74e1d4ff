// What the comparison of the books with a broker tells.
import { type BrokerId, type Trace } from './ids.ts';
import { type EpochMs } from './time.ts';

/** The broker holds another quantity of an instrument than the books of its namespace; nothing is booked for it. */
export interface ReconciliationBreak {
  readonly type: 'reconciliation_break';
  readonly broker: BrokerId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly token: number;
  /** Units of all books together, signed. */
  readonly ours: number;
  /** Units of the account at the broker, signed. */
  readonly theirs: number;
}

/** What the broker and the books hold of an instrument is the same again. */
export interface ReconciliationSettled {
  readonly type: 'reconciliation_settled';
  readonly broker: BrokerId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly token: number;
  /** Units that both hold, signed. */
  readonly held: number;
}

/** A person says how many units of an instrument in the account are not the platform's; it books nothing. */
export interface ExternalPosition {
  readonly type: 'external_position';
  readonly broker: BrokerId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly token: number;
  /** Signed; 0 takes back what was said before. */
  readonly quantity: number;
  readonly who: string;
  readonly why: string;
}
