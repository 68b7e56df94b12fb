// Numbers that look random and are the same for the same seed on every machine: SplitMix32.

/** A stream of its own for each `name`, so that what one does not use does not move the others. */
export function stream(seed, name) {
  let state = 0x9e3779b9 ^ Math.imul(seed | 0, 0x85ebca6b);
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    /** A whole number from `low` to `high`, both counted in. */
    from: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (part) => next() < part,
    of: (list) => list[Math.floor(next() * list.length)],
    /** One of a list that is asked for less the later it stands: Zipf's law, s near 1. */
    popular: (list) => list[Math.floor(list.length ** next()) - 1],
    /** Some value at or above zero whose logarithm is spread around that of `middle`. */
    around: (middle, spread) => middle * Math.exp(spread * (next() + next() + next() - 1.5)),
  };
}

/** The list in an order of its own. */
export function shuffled(list, random) {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last--) {
    const place = random.from(0, last);
    [order[last], order[place]] = [order[place], order[last]];
  }
  return order;
}
