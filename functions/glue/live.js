// Public availability as Server-Sent Events. A stream watches the shards that own its stock, over a WebSocket to each; what
// the public sees of a change Rust says (src/live.rs), once for all streams of the isolate that want to know the same.
//
// A stream keeps the last word on each sku and no history: a client that reads slowly misses states in between, and costs
// one event of memory. Whatever goes wrong ends it in good order, and the client opens another.
import { NO_BODY } from "./body.js";
import { PING, PONG } from "./watchers.js";

const PATH = "/v1/availability/stream";
const HEARTBEAT = 20_000; // milliseconds, as all here
const LIFE = 15 * 60_000;
const SPREAD = 60_000; // streams that were opened together end within this time of each other
const UNREAD = 60_000; // how long a client may take nothing
const OPENING = 5_000; // how long shards may take for their first word
const RETRY = 2_000;

/** Whether a request without a body is one for a stream. */
export const isLive = (path, { method }) => path === PATH && method === "GET";

/**
 * The response. `ask(state, body)` answers what Rust says to a body in this state (src/wire.rs), or promises it; `read` turns
 * that into `{ status, headers, body }`; `respond` makes it a Response.
 */
export async function answerLive(request, env, { ask, read, respond }) {
  const begun = await ask("", NO_BODY);
  const { status, body } = read(begun);
  if (status !== 200) return respond(begun);
  const stream = new Stream(body, sharing(request, ask, read));
  const failure = await stream.open(shardsOf(env));
  return failure === null ? respond(begun, stream.events) : respond(await ask(`live ${failure}`, NO_BODY));
}

/** The namespace of stock shards; where stock and quotes are together, all are in one object (src/objects/depot.rs). */
const shardsOf = ({ STOCK, STOCK_AND_QUOTES, DEPOT }) => (STOCK_AND_QUOTES === "together" ? { getByName: () => DEPOT.getByName("depot") } : STOCK);

// --- what streams share

const made = new Map(); // by all that an item depends on, in order of arrival
const MOST_MADE = 1000;
const LONGEST_MADE = 8192; // characters
const FRESH = 1000;
const PATIENCE = 200;

/**
 * A function of a sku and its stock that promises its item. Requests may not wait for each other's work here, so whoever
 * wants an item that another stream is about looks again a little later.
 */
function sharing(request, ask, read) {
  const { headers, url } = request;
  const at = [...new URL(url).searchParams].filter(([name]) => name !== "sku").join("&");
  const caller = ["authorization", "x-api-key", "origin"].map((name) => headers.get(name) ?? "").join("\n");
  const encoder = new TextEncoder();
  return async (text) => {
    const key = `${caller}\n${at}\n${text}`;
    for (const begun = Date.now(); ; await pause(10)) {
      const known = made.get(key);
      const age = Date.now() - known?.since;
      if (known?.item !== undefined && age < FRESH) return known.item;
      if (known === undefined || known.item !== undefined || age > PATIENCE || Date.now() - begun > PATIENCE) break;
    }
    made.delete(key);
    made.set(key, { since: Date.now() });
    const { status, body: item } = read(await ask("live item", encoder.encode(text)));
    made.delete(key);
    if (status !== 200) throw new Error(`no item: ${item}`);
    if (key.length + item.length < LONGEST_MADE) made.set(key, { since: Date.now(), item });
    for (const oldest of made.keys()) {
      if (made.size <= MOST_MADE) break;
      made.delete(oldest);
    }
    return item;
  };
}

const pause = (time) => new Promise((done) => setTimeout(done, time));

// --- one stream

/** Exported for its test. */
export class Stream {
  #shards; // name, region, skus
  #items; // { sku, needs, shown }
  #itemOf;
  #stock = new Map(); // sku → JSON
  #sockets = new Map(); // to each shard: heartbeats that it has not answered
  #due = new Set(); // items whose stock may have changed
  #busy = false;
  #head = `retry: ${RETRY}\n\n`;
  #id = 0;
  #taken = Date.now();
  #timers = [];
  #out;
  #opened; // settles `open`
  #ended = false;

  /** What the client reads. */
  events = new ReadableStream({
    start: (out) => { this.#out = out; },
    pull: () => {
      this.#taken = Date.now();
      return this.#work();
    },
    cancel: () => this.#leave(),
  }, { highWaterMark: 1 });

  /** A stream of what src/live.rs planned; `itemOf(text)` promises what the public sees of a sku and its stock. */
  constructor(plan, itemOf) {
    // Where no stock is needed, there is nothing before the empty line.
    const [shards, items] = `\n${plan}`.split("\n\n").map((part) => part.split("\n").filter((line) => line !== ""));
    this.#shards = shards.map((line) => line.split(" "));
    this.#items = items.map((line) => line.split(" ")).map(([sku, ...needs]) => ({ sku, needs, shown: null }));
    this.#itemOf = itemOf;
  }

  /** Begins, when every shard has told of its stock. `null`, or why it cannot: `full`, `lost`. */
  async open(shards) {
    const opened = new Promise((resolve) => { this.#opened = resolve; });
    const late = setTimeout(() => this.#fail("lost"), OPENING);
    for (const [name, region, ...skus] of this.#shards) this.#watch(shards, name, region, skus);
    this.#begin();
    const failure = await opened;
    clearTimeout(late);
    this.#opened = null;
    if (failure !== null) return failure;
    const every = setInterval(() => this.#beat(), HEARTBEAT);
    const over = setTimeout(() => this.#end("lifetime"), LIFE - Math.random() * SPREAD);
    this.#timers = [() => clearInterval(every), () => clearTimeout(over)];
    this.#look(this.#items);
    return null;
  }

  async #watch(shards, name, region, skus) {
    try {
      const stub = shards.getByName(name, { locationHint: region });
      const url = `https://shard/${encodeURIComponent(name)}/${encodeURIComponent(skus.join(" "))}`;
      const { status, webSocket: socket } = await stub.fetch(url, { headers: { upgrade: "websocket" } });
      if (status !== 101) return this.#fail(status === 503 ? "full" : "lost");
      const lost = () => this.#fail("lost");
      socket.addEventListener("message", ({ data }) => this.#heard(shards, region, socket, data));
      socket.addEventListener("close", lost);
      socket.addEventListener("error", lost);
      socket.accept();
      if (this.#ended) return socket.close();
      this.#sockets.set(socket, 0);
    } catch (error) {
      console.error(`a stream cannot watch ${name}:`, error?.stack ?? error);
      this.#fail("lost");
    }
  }

  #heard(shards, region, socket, data) {
    if (data === PONG) return this.#sockets.set(socket, 0);
    const changed = new Set();
    for (const line of data.split("\n")) {
      const space = line.indexOf(" ");
      const [sku, said] = [line.slice(0, space), line.slice(space + 1)];
      if (said.startsWith("[")) {
        this.#stock.set(sku, said);
        changed.add(sku);
      } else if (this.#opened) {
        this.#watch(shards, said, region, [sku]); // the shard that it has gone to
      } else {
        return this.#end("moved"); // the next stream begins there
      }
    }
    if (this.#opened) this.#begin();
    else this.#look(this.#items.filter(({ needs }) => needs.some((sku) => changed.has(sku))));
  }

  /** Begins, if all stock is known. */
  #begin() {
    if (this.#items.every(({ needs }) => needs.every((sku) => this.#stock.has(sku)))) this.#opened?.(null);
  }

  #look(items) {
    for (const item of items) this.#due.add(item);
    return this.#work();
  }

  /** Sends what is due, as soon as the client has taken what was sent before. */
  async #work() {
    if (this.#busy || this.#opened !== null) return;
    this.#busy = true;
    try {
      while (this.#due.size > 0 && !this.#ended && this.#out.desiredSize > 0) {
        const events = [this.#head];
        for (const item of this.#due) {
          this.#due.delete(item);
          const stock = item.needs.map((sku) => `\n${sku} ${this.#stock.get(sku)}`);
          const shown = await this.#itemOf(item.sku + stock.join(""));
          if (shown !== item.shown) events.push(this.#event("availability", shown));
          item.shown = shown;
        }
        this.#head = "";
        this.#send(events.join(""));
      }
    } catch (error) {
      console.error("a stream ends:", error?.stack ?? error);
      this.#end("fault");
    } finally {
      this.#busy = false;
    }
  }

  /** Numbers of events grow, also from one stream to the next. */
  #event(name, data) {
    this.#id = Math.max(this.#id + 1, Date.now());
    return `event: ${name}\nid: ${this.#id}\ndata: ${data}\n\n`;
  }

  #send(text) {
    if (text !== "" && !this.#ended) this.#out.enqueue(new TextEncoder().encode(text));
  }

  /**
   * Says that the stream lives, finds out whether the shards and the client do, and looks at everything again: hours,
   * promotions and other regions change what the public sees, and no shard tells.
   */
  #beat() {
    if (this.#out.desiredSize <= 0) {
      if (Date.now() - this.#taken <= UNREAD) return;
      this.#leave();
      return this.#out.error(new Error("the client does not read"));
    }
    for (const [socket, unanswered] of this.#sockets) {
      if (unanswered > 1) return this.#fail("lost");
      this.#sockets.set(socket, unanswered + 1);
      socket.send(PING);
    }
    this.#send(":\n\n");
    this.#look(this.#items);
  }

  #fail(why) {
    if (this.#opened) {
      this.#opened(why);
      this.#leave();
    } else {
      this.#end(why);
    }
  }

  /** Ends in good order: the client learns why, and opens another. */
  #end(why) {
    if (this.#ended) return;
    this.#send(this.#event("end", JSON.stringify({ reason: why })));
    this.#leave();
    this.#out.close();
  }

  #leave() {
    this.#ended = true;
    for (const stop of this.#timers) stop();
    for (const socket of this.#sockets.keys()) {
      try {
        socket.close();
      } catch {
        // It is closed.
      }
    }
    this.#sockets.clear();
  }
}
