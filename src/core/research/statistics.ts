// Moments of a sample and the normal distribution, in double precision. They judge results and never reach money.

export function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Sample standard deviation, with n - 1; NaN below two values. */
export function deviationOf(values: readonly number[]): number {
  return values.length < 2 ? Number.NaN : Math.sqrt(momentOf(values, 2) * (values.length / (values.length - 1)));
}

/** Third standardised moment of the population; 0 for a normal distribution. */
export function skewnessOf(values: readonly number[]): number {
  return momentOf(values, 3) / momentOf(values, 2) ** 1.5;
}

/** Fourth standardised moment of the population, not the excess: 3 for a normal distribution. */
export function kurtosisOf(values: readonly number[]): number {
  return momentOf(values, 4) / momentOf(values, 2) ** 2;
}

/** The value below which a share of a sorted sample lies, between the two nearest (type 7 of Hyndman and Fan, 1996). */
export function quantileOf(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

/** Probability that a standard normal variable is at most `x`, to about 1e-15. */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  const tail = z > 3 ? density(z) * fraction(z) : 0.5 - density(z) * series(z);
  return x > 0 ? 1 - tail : tail;
}

/** The inverse of `normalCdf` for a probability in (0, 1). */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  // Abramowitz and Stegun 26.2.23 begins within 4.5e-4; three Newton steps double the digits each time.
  const t = Math.sqrt(-2 * Math.log(probability));
  let x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 3; step++) x -= (normalCdf(x) - probability) / density(x);
  return x;
}

function momentOf(values: readonly number[], power: number): number {
  const mean = meanOf(values);
  let sum = 0;
  for (const value of values) sum += (value - mean) ** power;
  return sum / values.length;
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Abramowitz and Stegun 26.2.11: x + x^3/3 + x^5/(3*5) + …, for a small x. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; term > sum * 1e-17; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return sum;
}

/** Abramowitz and Stegun 26.2.14: 1/(x + 1/(x + 2/(x + 3/(x + …)))), for a large x. */
function fraction(x: number): number {
  let below = x;
  for (let k = 200; k > 0; k--) below = x + k / below;
  return 1 / below;
}
