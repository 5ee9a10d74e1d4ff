// What can go wrong between us and Kite, by its kind: each family is rehearsed by itself, under crashes of our own.
import { type FaultKind } from '#kite-simulator/faults/fault-list.ts';

export interface Family {
  readonly name: string;
  readonly faults: readonly FaultKind[];
  /** The longest time that a fault of it lasts, in milliseconds; at most what our quiet time allows for. */
  readonly msMax?: number;
}

export const FAMILIES: readonly Family[] = [
  { name: 'crashes alone', faults: [] },
  { name: 'lost requests', faults: ['lost-request', 'late-request', 'refuse-reset'], msMax: 80_000 },
  { name: 'errors before', faults: ['refuse-500', 'refuse-502', 'refuse-503', 'refuse-timed-out-400'] },
  { name: 'too many requests', faults: ['too-many-requests'], msMax: 15_000 },
  { name: 'dead sessions', faults: ['token-expires', 'token-expires-mid-call', 'accepted-then-403'] },
  { name: 'no permission', faults: ['unregistered-ip', 'permission-denied'] },
  { name: 'lost answers', faults: ['no-answer', 'slow-answer', 'reset'], msMax: 60_000 },
  {
    name: 'wrong answers',
    faults: [
      'bad-gateway',
      'gateway-timeout',
      'timed-out-400',
      'html-200',
      'truncated-json',
      'unquoted-order-id',
      'no-order-id',
    ],
  },
  { name: 'books cut short', faults: ['empty-list', 'missing-rows'] },
  { name: 'hidden orders', faults: ['hidden-order', 'stuck-order'], msMax: 83_000 },
  { name: 'late refusals', faults: ['rms-reject', 'late-reject', 'modify-refused'] },
  {
    name: 'fill and cancel',
    faults: ['fill-wins-cancel', 'partial-fill-then-cancel', 'slow-cancel', 'partial-fill'],
    msMax: 30_000,
  },
  { name: 'lost pushes', faults: ['lost-update', 'duplicate-update', 'late-update', 'foreign-update'] },
];
