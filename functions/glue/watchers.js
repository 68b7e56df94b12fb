// Who wants to know when stock of a shard changes: hibernating WebSockets, each with the shard and the skus that it watches. An
// object may sleep while it is watched, and what the platform keeps with each socket tells it all when it wakes. It has one shard
// or many, so a sku is `<shard> <sku>` in here.
//
// A message has a line for each sku: `<sku> <stock as JSON>`, or `<sku> <shard>` where it has gone. The first one tells of
// all; then of each sku as soon as it changes, but no more than once a second: what changes meanwhile is told together.

/** What a watcher asks to learn whether its socket lives, and the answer: the platform gives it without waking the shard. */
export const PING = "?";
export const PONG = "!";

const DEFAULT_MOST = 2000;
const PLATFORM_MOST = 30_000; // sockets of an object: it has 32,768
const APART = 1000; // milliseconds from one message about a sku to the next, on the average
const EARLY = 250; // how much earlier than that one may be, after one that was late: delays do not add up
const READ = 500; // skus that are looked at in one turn

export class Watchers {
  #ctx;
  #most;
  #look;
  #skus = new Map(); // of each socket
  #sockets = new Map(); // of each sku
  #told = new Map(); // when each sku was told last
  #due = new Set();
  #timer = null;
  #at = Infinity;

  /** `look(shard, command)` answers a command that reads, as text; of each shard `most` sockets are let in. */
  constructor(ctx, most, look) {
    this.#ctx = ctx;
    this.#most = Math.min(Number(most ?? DEFAULT_MOST) || DEFAULT_MOST, PLATFORM_MOST);
    this.#look = look;
    for (const socket of ctx.getWebSockets()) this.#enter(socket, socket.deserializeAttachment());
  }

  /** Whether anybody watches. */
  get any() {
    return this.#skus.size > 0;
  }

  /** Lets a socket in that watches what the path of the URL names: a shard, and skus of it. 503 if there is no room. */
  accept(request) {
    const [shard, skus] = new URL(request.url).pathname.slice(1).split("/").map(decodeURIComponent);
    const others = [...this.#skus.values()].filter(([one]) => one.startsWith(`${shard} `));
    if (others.length >= this.#most) return new Response(null, { status: 503 });
    const watched = `${shard} ${skus}`;
    const first = this.#lines(skusOf(watched));
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.#ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#ctx.acceptWebSocket(ours);
    ours.serializeAttachment(watched);
    this.#enter(ours, watched);
    ours.send([...first.values()].join("\n"));
    return new Response(null, { status: 101, webSocket: theirs });
  }

  leave(socket) {
    for (const sku of this.#skus.get(socket) ?? []) {
      const sockets = this.#sockets.get(sku);
      sockets.delete(socket);
      if (sockets.size > 0) continue;
      for (const of of [this.#sockets, this.#told, this.#due]) of.delete(sku);
    }
    this.#skus.delete(socket);
  }

  /** Tells of these skus, if anybody watches them; without `skus`, of all. */
  changed(skus = this.#sockets.keys()) {
    let soonest = Infinity;
    for (const sku of skus) {
      if (!this.#sockets.has(sku) || this.#due.has(sku)) continue;
      this.#due.add(sku);
      soonest = Math.min(soonest, this.#next(sku));
    }
    this.#wake(soonest);
  }

  /** When a sku may be told of next. */
  #next(sku) {
    return (this.#told.get(sku) ?? 0) + APART;
  }

  #enter(socket, watched) {
    const skus = skusOf(watched);
    this.#skus.set(socket, skus);
    for (const sku of skus) {
      if (!this.#sockets.has(sku)) this.#sockets.set(sku, new Set());
      this.#sockets.get(sku).add(socket);
    }
  }

  /** Not at once even where it may be: whoever made the change has its answer first. */
  #wake(at) {
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = setTimeout(() => {
      this.#at = Infinity;
      try {
        this.#tell();
      } catch (error) {
        console.error("watchers were not told:", error?.stack ?? error);
        this.#wake(Date.now() + APART);
      }
    }, Math.max(at - Date.now(), 0));
  }

  #tell() {
    const now = Date.now();
    const messages = new Map();
    const ready = [...this.#due].filter((sku) => this.#next(sku) <= now).slice(0, READ);
    for (const [sku, line] of ready.length > 0 ? this.#lines(ready) : []) {
      this.#due.delete(sku);
      this.#told.set(sku, Math.max(this.#next(sku), now - EARLY));
      for (const socket of this.#sockets.get(sku)) {
        const before = messages.get(socket);
        messages.set(socket, before === undefined ? line : `${before}\n${line}`);
      }
    }
    for (const [socket, message] of messages) {
      try {
        socket.send(message);
      } catch {
        this.leave(socket); // it has gone, and nobody has said so yet
      }
    }
    let soonest = Infinity;
    for (const sku of this.#due) soonest = Math.min(soonest, this.#next(sku));
    this.#wake(soonest);
  }

  /** A line for each of these skus. */
  #lines(skus) {
    const lines = new Map();
    for (const [shard, those] of Map.groupBy(skus.map((one) => one.split(" ")), ([shard]) => shard)) {
      const asked = those.map(([, sku]) => sku);
      const reply = JSON.parse(this.#look(shard, JSON.stringify({ read: { skus: asked } })));
      const { stock = [], elsewhere = reply.elsewhere?.skus } = reply.read ?? {};
      stock.forEach((locations, place) => lines.set(`${shard} ${asked[place]}`, `${asked[place]} ${JSON.stringify(locations)}`));
      for (const { sku, shard: where } of elsewhere ?? []) lines.set(`${shard} ${sku}`, `${sku} ${nameOf(where)}`);
    }
    if (skus.some((sku) => !lines.has(sku))) throw new Error("the shard is busy");
    return lines;
  }
}

/** Of `<shard> <sku> <sku> …`. */
function skusOf(watched) {
  const [shard, ...skus] = watched.split(" ");
  return skus.map((sku) => `${shard} ${sku}`);
}

/** As src/stock/shard_map.rs has it. */
const nameOf = ({ region, bucket, sku }) => (sku === undefined ? `${region}/${bucket}` : `${region}/=${sku}`);
