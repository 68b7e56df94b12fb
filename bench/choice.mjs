// Whom the load asks for: a Zipf choice, the same in every run.

/** A generator of numbers from 0 up to 1 (mulberry32). */
export function randomness(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Chooses from `items` with P(rank r) ∝ 1/r; which item has which rank is random, but the same for the same seed. */
export function zipf(items, random) {
  const ranked = [...items];
  for (let i = ranked.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [ranked[i], ranked[j]] = [ranked[j], ranked[i]];
  }
  const sums = new Float64Array(ranked.length);
  let sum = 0;
  for (let i = 0; i < sums.length; i++) sums[i] = sum += 1 / (i + 1);
  return () => {
    const point = random() * sum;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] < point) low = middle + 1;
      else high = middle;
    }
    return ranked[low];
  };
}
