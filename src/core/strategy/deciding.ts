// Which strategy is deciding at this moment, written where another thread can read it: a strategy that never comes back
// cannot be named by the thread that it holds.

/** Places in the shared numbers: a beat that every tick moves, then namespace and deployment, each plus one; 0 is none. */
export const BEAT = 0;
export const NAMESPACE = 1;
export const DEPLOYMENT = 2;
export const DECIDING_LENGTH = 3;

export type Deciding = Int32Array;
