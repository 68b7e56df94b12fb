// A quote for who stands at the counter: lines, hold, sell, hand over. The stock is held by the server, so this needs a
// connection; an order that nobody knows the end of is sent again with the same key and meets its own quote.
import { segment } from "./api.js";

const KEPT = "holdfast-sale"; // in the session's storage, like the key
const HELD_SECONDS = 900;

export class Sale {
  lines = [];
  quote = null;
  /** What the server last said against it. */
  refusal = null;
  busy = null;
  #order = crypto.randomUUID();
  #state;
  #changed;

  constructor(state, changed) {
    this.#state = state;
    this.#changed = changed;
    try {
      const { lines, quote, order } = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
      if (order) Object.assign(this, { lines, quote });
      this.#order = order ?? this.#order;
    } catch {
      // What is kept is no sale of this version: begin a new one.
    }
  }

  #keep() {
    sessionStorage.setItem(KEPT, JSON.stringify({ lines: this.lines, quote: this.quote, order: this.#order }));
    this.#changed();
  }

  /** Other lines are another order. */
  #edited() {
    this.#order = crypto.randomUUID();
    this.#keep();
    this.#price();
  }

  add(part, quantity = 1) {
    if (this.quote) this.clear();
    const least = part.pack?.minimum ?? 1, step = part.pack?.multiple ?? 1;
    const line = this.lines.find(({ sku }) => sku === part.sku);
    if (line) line.quantity += Math.max(quantity, step);
    else this.lines.push({ sku: part.sku, description: part.description, quantity: Math.max(quantity, least) });
    this.#edited();
  }

  /** Sets how many; none removes the line. */
  set(sku, quantity) {
    this.lines = quantity > 0 ? this.lines.map((line) => (line.sku === sku ? { ...line, quantity } : line)) : this.lines.filter((line) => line.sku !== sku);
    this.#edited();
  }

  clear() {
    Object.assign(this, { lines: [], quote: null, refusal: null });
    this.#edited();
  }

  /** What the lines cost and whether they are here, as the next quote will find it. */
  async #price() {
    const { lines } = this;
    if (lines.length === 0) return;
    const asked = lines.map(({ sku, quantity }) => ({ sku, quantity }));
    try {
      const body = await this.#state.call(() => this.#state.api.post("/v1/query", { lines: asked, fulfilment: "pickup", deliver_to: { location: this.#state.location } }));
      if (this.lines !== lines && this.lines.some(({ sku, quantity }, at) => sku !== lines[at]?.sku || quantity !== lines[at]?.quantity)) return;
      this.lines = this.lines.map((line, at) => {
        const { price, price_reason, sources, pack } = body.lines[at];
        const here = sources.find(({ location }) => location === this.#state.location)?.available ?? 0;
        return { ...line, price: price?.extended ?? null, price_reason: price_reason ?? null, here, pack };
      });
      this.#keep();
    } catch {
      // The quote will say it; a line without a price says that there is none yet.
    }
  }

  /** Holds the lines here. */
  hold() {
    if (this.lines.length === 0 || this.quote) return null;
    const lines = this.lines.map(({ sku, quantity }) => ({ sku, quantity, location: this.#state.location }));
    return this.#step("hold", () => this.#state.api.post("/v1/quotes", { lines, ttl_seconds: HELD_SECONDS, reference: "counter" }, this.#order));
  }

  commit() {
    return this.#act("commit");
  }

  release() {
    return this.#act("release");
  }

  #act(verb) {
    const path = `/v1/quotes/${segment(this.quote.id)}/${verb}`;
    return this.#step(verb, () => this.#state.api.post(path, {}, `${this.#order}-${verb}`));
  }

  /** One step at a time; a second click meets the first. */
  async #step(name, call) {
    if (this.busy) return null;
    Object.assign(this, { busy: name, refusal: null });
    this.#changed();
    try {
      this.quote = await this.#state.call(call);
      return this.quote;
    } catch (error) {
      this.refusal = { name, message: error.message, problem: error.problem };
      // A refusal stands for its key: asking again is another order.
      if (error.kind === "refused" && name === "hold") this.#order = crypto.randomUUID();
      if (error.kind === "key" || error.kind === "scope") this.refusal.message = `This key may not make quotes: ${error.message}`;
      return null;
    } finally {
      this.busy = null;
      this.#keep();
    }
  }

  /** What was sold from the shelf here, one for each part of each line. */
  get goods() {
    const here = (allocation) => allocation.location === this.#state.location;
    return (this.quote?.lines ?? []).flatMap((line) => (line.allocations ?? []).filter(here)
      .map((allocation) => ({ sku: allocation.sku ?? line.sku, quantity: allocation.quantity })));
  }

  /** The goods were taken from the shelf and given to the customer. */
  async handOver() {
    const sums = new Map();
    for (const { sku, quantity } of this.goods) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
    const { id } = this.quote;
    const movements = [...sums].flatMap(([sku, quantity]) => ["pick", "hand_over"]
      .map((kind) => ({ intent: `sale/${id}/${sku}/${kind}`, kind, sku, quantity, quote: id })));
    await this.#state.move(...movements);
    this.clear();
  }
}
