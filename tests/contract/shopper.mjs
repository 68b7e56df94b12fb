// Somebody who asks for quotes, changes their mind, buys and gives back, and remembers what was answered.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { isProblem, until } from "./instance.mjs";

/** The least time to live. Requests for it may stay unanswered for good: what they hold is free soon. */
export const SHORT_SECONDS = 30;
const LONG_SECONDS = 3_600;
/** Quotes a shopper has open at most. */
const BASKETS = 12;

export class Shopper {
  /** Quotes that are held; a request that works on one takes it out, and its answer puts it back. */
  held = [];
  /** Quotes that are held, and whose place nobody can take: an unanswered request has a claim to it for a while. */
  claimed = [];
  /** Quotes that were bought. */
  bought = [];

  /** `market` is where: `{ api, books, skus, locations }`. Nobody else touches this shopper's quotes. */
  constructor(market, key, random) {
    Object.assign(this, { market, key, random });
  }

  /** What the shopper does next. */
  next() {
    const { random, held, claimed, bought } = this;
    if (random.chance(0.15)) return new Delivery(this);
    if (bought.length > 0 && random.chance(0.1)) return new Change(this, "returns", random.takeFrom(bought));
    if (claimed.length > 0) return new Change(this, random.of(["commit", "release"]), random.takeFrom(claimed));
    if (held.length > 0 && (held.length >= BASKETS || random.chance(0.5))) {
      return new Change(this, random.of(["commit", "commit", "release", "extend"]), random.takeFrom(held));
    }
    return new Opening(this);
  }
}

/** A request that is sent until it is answered, and then has one answer for ever. */
class Request {
  order = randomUUID();
  answer;
  mayStayUnanswered = false;

  constructor(shopper) {
    this.shopper = shopper;
    this.market = shopper.market;
  }

  /** Sends it, and learns from the answer if that is the first. */
  async send() {
    const answer = await this.market.api.send(this.path, this.json, { key: this.shopper.key, order: this.order });
    if (this.answer !== undefined || ["in_progress", "unavailable"].includes(answer.body.code)) return answer;
    this.learn(answer);
    this.answer = answer;
    return answer;
  }

  /** Sends it until it is answered. */
  async settle() {
    await until(() => this.send(), () => this.answer !== undefined);
  }

  /** Sends it once more: the answer is the same. */
  async again() {
    const answer = await this.send();
    assert.deepEqual(whatStands(answer), whatStands(this.answer));
    assert.equal(answer.headers.get("idempotent-replayed"), "true");
  }
}

/** A request for a quote, perhaps in the place of another. */
class Opening extends Request {
  path = "/v1/quotes";

  constructor(shopper) {
    super(shopper);
    const { random, held, market: { skus, locations } } = shopper;
    const lines = Array.from({ length: random.upTo(3) }, () => (
      { sku: random.of(skus), quantity: random.upTo(4), location: random.chance(0.3) ? random.of(locations) : undefined }));
    this.replaced = held.length > 0 && random.chance(0.3) ? random.takeFrom(held) : undefined;
    const ttl_seconds = random.chance(0.6) ? SHORT_SECONDS : LONG_SECONDS;
    this.json = { lines, ttl_seconds, partial: random.chance(0.3), replace: this.replaced?.id };
    this.mayStayUnanswered = ttl_seconds === SHORT_SECONDS;
  }

  learn(answer) {
    const { held, market: { books } } = this.shopper;
    if (answer.status === 201) {
      books.told(answer.body, this.replaced?.id);
      held.push(answer.body);
    } else if (answer.status === 410) {
      books.over(this.replaced);
    } else {
      isProblem(answer, 409, "insufficient_stock");
      if (this.replaced !== undefined) held.push(this.replaced);
    }
  }

  /** Nobody comes back for the answer. The quote whose place it was to take is there, or was given up for it. */
  async giveUp() {
    const { api, books } = this.market;
    books.unanswered(this.json);
    if (this.replaced === undefined) return;
    const look = () => api.get(`/v1/quotes/${this.replaced.id}`, this.shopper.key);
    const old = await until(look, ({ state }) => state !== "releasing");
    books.told(old);
    if (old.state === "held") this.shopper.claimed.push(old);
  }
}

/** Something done with a quote. */
class Change extends Request {
  constructor(shopper, verb, quote) {
    super(shopper);
    Object.assign(this, { verb, quote, path: `/v1/quotes/${quote.id}/${verb}`, json: this.#body(verb, quote) });
  }

  #body(verb, quote) {
    const { random } = this.shopper;
    if (verb === "extend") return { ttl_seconds: random.of([SHORT_SECONDS, 60, LONG_SECONDS]) };
    if (verb === "release") return {};
    const lines = quote.lines.filter(verb === "commit" ? ({ held }) => held > 0 : isOut);
    if (random.chance(0.5)) return {};
    return { lines: [{ line: random.of(lines).line, quantity: 1 }] };
  }

  learn(answer) {
    const { held, bought, market: { books } } = this.shopper;
    if (answer.status === 410) return books.over(this.quote);
    assert.equal(answer.status, 200, `${this.verb}: ${answer.text}`);
    books.told(answer.body);
    const { state } = answer.body;
    assert.equal(state, { commit: "committed", returns: "committed", release: "released", extend: "held" }[this.verb]);
    if (state === "held") held.push(answer.body);
    if (state === "committed" && answer.body.lines.some(isOut)) bought.push(answer.body);
  }
}

/** A branch brings stock to a position or hands some over. */
class Delivery extends Request {
  constructor(shopper) {
    super(shopper);
    const { random, market: { skus, locations } } = shopper;
    const kind = random.of(["receipt", "pick"]);
    this.movement = { id: this.order, sku: random.of(skus), location: random.of(locations), kind, quantity: random.upTo(3) };
  }

  /** Its own id makes it one, however often it is sent. */
  async send() {
    const [result] = await this.market.api.move([this.movement]);
    if (this.answer !== undefined) return result;
    const { sku, location, kind, quantity } = this.movement;
    if (result.result !== "rejected" && kind === "receipt") this.market.books.received(sku, location, quantity);
    this.answer = result;
    return result;
  }

  /** What was rejected, since nothing that is sold was there to be picked, may be done now. */
  async again() {
    if (this.answer.result === "rejected") return;
    const { result, version } = await this.send();
    assert.deepEqual([result, version], ["duplicate", this.answer.version]);
  }
}

/** An answer without what a shortage tells of elsewhere and of later, which is looked up anew each time. */
function whatStands({ status, body }) {
  if (body.errors === undefined) return { status, body };
  return { status, body: { ...body, errors: body.errors.map(({ pointer, code, quantity, available }) => [pointer, code, quantity, available]) } };
}

/** Whether units of a line were sold and have not come back. */
const isOut = ({ committed = 0, returned = 0 }) => committed > returned;
