// Chance that repeats: every draw is a function of a seed, a name and a number, and no generator is shared, so that one
// namespace never moves another's dice.

/** A draw in [0, 2^32), the same for the same seed, name and number (FNV-1a, then Murmur3's final mix). */
export function draw(seed: number, name: string, number: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193);
  hash = Math.imul(hash ^ number, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A draw from an approximately normal distribution, as a whole number: the sum of twelve uniform draws (Irwin-Hall). */
export function drawNormal(seed: number, name: string, first: number, mean: number, deviation: number): number {
  let sum = 0;
  for (let k = 0; k < 12; k++) sum += draw(seed, name, first + k) / 0x1_0000_0000;
  return Math.round(mean + deviation * (sum - 6));
}
