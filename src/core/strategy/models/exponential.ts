// e to the power of a number from sums, products and quotients alone. `Math.exp` may differ in its last bits from one
// machine to the next, and a replay elsewhere would then decide otherwise.

/** Past these, a double is infinite, or nothing. */
const MAX = 709;
const MIN = -745;
const TERMS = 18;

/** Right to a few units in the last place; the same bits everywhere. */
export function exponential(power: number): number {
  if (power > MAX) return Infinity;
  if (power < MIN) return 0;
  // e^power = 2^doublings * e^rest, with a rest of at most half of ln 2, where the series is short.
  const doublings = Math.floor(power / Math.LN2 + 0.5);
  const rest = power - doublings * Math.LN2;
  let sum = 1;
  for (let k = TERMS; k >= 1; k--) sum = 1 + (rest / k) * sum;
  const factor = doublings < 0 ? 0.5 : 2;
  for (let k = Math.abs(doublings); k > 0; k--) sum *= factor;
  return sum;
}
