/**
 * Choices that are the same for the same seed. (How requests interleave is not: a test's outcome must not hang on it.)
 * The generator is mulberry32, which passes for random in 32 bits of state.
 */
export function randomFrom(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count) => Math.floor(next() * count);
  return {
    chance: (share) => next() < share,
    /** 1 to `most`. */
    upTo: (most) => 1 + below(most),
    of: (list) => list[below(list.length)],
    takeFrom: (list) => list.splice(below(list.length), 1)[0],
  };
}
