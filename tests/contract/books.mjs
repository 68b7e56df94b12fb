// What callers were told about their quotes, and what the counters of the positions must therefore be.
import assert from "node:assert/strict";

/** How long a shard may keep a hold past its quote's expiry (docs/decisions/0015). */
const GRACE_MS = 10_000;

export class Books {
  /** Units that were brought to a position. */
  #stock = new Map();
  /** The newest answer about each quote. */
  #quotes = new Map();
  /** Requests that nobody repeats, and that may have been carried out or not. */
  #open = [];

  /** Units came to a position. */
  received(sku, location, units) {
    const at = place(sku, location);
    this.#stock.set(at, (this.#stock.get(at) ?? 0) + units);
  }

  /** This is what was last heard of a quote; a quote that it `replaced` is released. */
  told(quote, replaced) {
    this.#quotes.set(quote.id, quote);
    if (replaced !== undefined) this.#quotes.set(replaced, { ...this.#quotes.get(replaced), state: "released" });
  }

  /** A quote ended by itself, which it may when its time is over. */
  over(quote) {
    assert.ok(Date.parse(quote.expires_at) <= Date.now(), `${quote.id} ended early`);
    this.told({ ...quote, state: "expired" });
  }

  /** A request for a quote was never answered, and never will be: until its time is over it may hold what it asked for. */
  unanswered({ lines, ttl_seconds }) {
    this.#open.push({ lines, until: Date.now() + ttl_seconds * 1_000 + GRACE_MS });
  }

  quotes(state) {
    return [...this.#quotes.values()].filter((quote) => quote.state === state);
  }

  /**
   * Compares every position of `skus` with what was told. To the unit, except for quotes that come to their end while the
   * counters are read, and within the grace after that. Answers how many units are held and sold, and of how many it is
   * not sure.
   */
  async audit(api, skus) {
    const began = Date.now();
    const read = await Promise.all(skus.map((sku) => api.get(`/v1/stock/${sku}`, "stock-only")));
    const ended = Date.now();
    const all = { held: 0, sold: 0, unsure: 0 };
    for (const { sku, location, on_hand, committed, held } of read.flatMap(({ positions }) => positions)) {
      const at = place(sku, location);
      assert.ok(held + committed <= on_hand, `${at}: ${held} held and ${committed} sold of ${on_hand}`);
      const sold = this.#sold(at);
      assert.equal(on_hand - committed, (this.#stock.get(at) ?? 0) - sold, `${at}: what is not sold`);
      const least = this.#held(at, (until) => until > ended);
      const most = this.#held(at, (until) => until + GRACE_MS > began) + this.#perhaps(sku, began);
      assert.ok(least <= held && held <= most, `${at}: ${held} held, but told ${least} to ${most}`);
      all.held += held;
      all.sold += sold;
      all.unsure += most - least;
    }
    return all;
  }

  /** Units of a position that quotes hold whose expiry `counts`. */
  #held(at, counts) {
    const held = this.quotes("held").filter(({ expires_at }) => counts(Date.parse(expires_at)));
    return sum(held.flatMap(({ lines }) => lines).map((line) => unitsAt(at, line)));
  }

  /** Units of a position that were sold and have not come back: they come back from where they were sold first. */
  #sold(at) {
    const lines = this.quotes("committed").flatMap((quote) => quote.lines);
    return sum(lines.map((line) => unitsAt(at, line) - unitsAt(at, line, line.returned ?? 0)));
  }

  /** Units of a sku that unanswered requests may hold, anywhere. */
  #perhaps(sku, now) {
    const lines = this.#open.filter(({ until }) => until > now).flatMap((request) => request.lines);
    return sum(lines.filter((line) => line.sku === sku).map(({ quantity }) => quantity));
  }
}

const place = (sku, location) => `${sku} at ${location}`;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** How many of a line's units, the first `most` of them, are at a position. */
function unitsAt(at, { sku, allocations }, most = Infinity) {
  let units = 0;
  for (const allocation of allocations) {
    const taken = Math.min(allocation.quantity, most);
    most -= taken;
    if (place(sku, allocation.location) === at) units += taken;
  }
  return units;
}
