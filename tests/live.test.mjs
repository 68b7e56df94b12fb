// A stream of availability, as glue/live.js keeps it: what a client that does not read costs, and how a stream ends. Shards
// and the clock are this test's own; the rest is tested over HTTP in contract/live.test.mjs.
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { beforeEach, mock, test } from "node:test";
import { Stream } from "../functions/glue/live.js";
import { PING, PONG } from "../functions/glue/watchers.js";

const HEARTBEAT = 20_000;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_795_302_000_000 });
});

/** A shard's end of a WebSocket. */
class Socket extends EventTarget {
  pings = 0;
  answers = true;
  closed = false;
  accept() {}
  close() { this.closed = true; }
  tell(data) { this.dispatchEvent(Object.assign(new Event("message"), { data })); }
  send(text) {
    assert.equal(text, PING);
    this.pings += 1;
    if (this.answers) this.tell(PONG);
  }
}

/** An open stream of one sku that has as many units as `socket` says; what was made for it, and a reader of its texts. */
async function opened({ plan = "enam/1 enam A\n\nA A\n", status = 101, first = "A [0]", later = first, itemOf } = {}) {
  const made = [];
  const sockets = [];
  const shards = {
    getByName: (name) => ({
      fetch: async () => {
        const socket = new Socket();
        sockets.push(Object.assign(socket, { name }));
        const said = sockets.length === 1 ? first : later;
        setImmediate().then(() => socket.tell(said));
        return { status, webSocket: socket };
      },
    }),
  };
  const stream = new Stream(plan, itemOf ?? (async (text) => { made.push(text); return JSON.stringify(text.split(" ")[1]); }));
  const failure = await stream.open(shards);
  const reader = stream.events.getReader();
  const read = async () => {
    const { value, done } = await reader.read();
    return done ? null : new TextDecoder().decode(value);
  };
  return { failure, sockets, socket: sockets[0], made, read };
}

/** Lets everything that is not a timer happen. */
const settle = async () => { for (let n = 0; n < 20; n += 1) await setImmediate(); };
const dataOf = (text) => /data: (.*)/.exec(text)?.[1];

test("a client that does not read costs one chunk, and reads the last state next", async () => {
  const { socket, made, read } = await opened();
  await settle();
  for (let n = 1; n <= 1000; n += 1) socket.tell(`A [${n}]`);
  await settle();
  assert.equal(made.length, 1, "what nobody takes is not made");
  assert.equal(dataOf(await read()), '"[0]"');
  assert.equal(dataOf(await read()), '"[1000]"');
  assert.equal(made.length, 2);
});

test("a client that has taken nothing for a minute is left alone with its connection", async () => {
  const { socket, read } = await opened();
  await settle();
  for (let beat = 1; beat <= 3; beat += 1) mock.timers.tick(HEARTBEAT);
  assert.equal(socket.closed, false, "a minute is not over");
  mock.timers.tick(HEARTBEAT);
  assert.equal(socket.closed, true);
  await assert.rejects(read(), /does not read/);
});

test("a client that reads is kept for a quarter of an hour, give or take a minute", async () => {
  const { socket, texts } = await reading();
  assert.match(texts[0], /^retry: 2000\n\nevent: availability\n/);
  await beats(42); // 14 minutes
  assert.equal(texts.filter((text) => text === ":\n\n").length, 42);
  assert.equal(texts.length, 43, "and nothing else: nothing has changed");
  await beats(3);
  assert.equal(dataOf(texts.at(-2)), '{"reason":"lifetime"}');
  assert.equal(texts.at(-1), null);
  assert.equal(socket.closed, true);
});

test("what no shard tells of is looked at with each heartbeat", async () => {
  let open = "early";
  const { texts } = await reading({ itemOf: async () => JSON.stringify({ open }) });
  open = "late";
  await beats(1);
  assert.equal(dataOf(texts.at(-1)), '{"open":"late"}');
});

test("a shard that does not answer two heartbeats ends the stream", async () => {
  const { socket, texts } = await reading();
  socket.answers = false;
  await beats(2);
  assert.equal(texts.at(-1), ":\n\n");
  await beats(1);
  assert.deepEqual([dataOf(texts.at(-2)), texts.at(-1)], ['{"reason":"lost"}', null]);
});

test("a shard that has gone ends the stream, and so does an item that cannot be made", async () => {
  const gone = await reading();
  gone.socket.dispatchEvent(new Event("close"));
  await settle();
  assert.deepEqual([dataOf(gone.texts.at(-2)), gone.texts.at(-1)], ['{"reason":"lost"}', null]);

  mock.method(console, "error", () => {});
  let calls = 0;
  const faulty = await reading({ itemOf: async () => { if (calls++ > 0) throw new Error("asked to"); return "0"; } });
  faulty.socket.tell("A [1]");
  await settle();
  assert.deepEqual([dataOf(faulty.texts.at(-2)), faulty.texts.at(-1)], ['{"reason":"fault"}', null]);
  assert.equal(faulty.socket.closed, true);
  mock.restoreAll();
});

test("a stream is not opened where one of its shards is full, or does not speak", async () => {
  const full = await opened({ status: 503 });
  assert.equal(full.failure, "full");
  const plan = "enam/1 enam A\nenam/2 enam B\n\nA A\nB B\n"; // every shard here tells of A only
  const silent = opened({ plan });
  await settle();
  mock.timers.tick(5_000);
  const { failure, sockets } = await silent;
  assert.equal(failure, "lost");
  assert.deepEqual(sockets.map(({ closed }) => closed), [true, true]);
});

test("a part that has gone elsewhere is watched there", async () => {
  const moved = opened({ plan: "enam/1 enam A B\n\nB B\n", first: "A [0]\nB enam/=B", later: "B [7]" });
  await settle();
  const { failure, sockets, read } = await moved;
  assert.equal(failure, null);
  assert.deepEqual(sockets.map(({ name }) => name), ["enam/1", "enam/=B"]);
  assert.equal(dataOf(await read()), '"[7]"');
});

/** An open stream whose client reads: `texts`, and `null` when it is over. */
async function reading(options) {
  const one = await opened(options);
  const texts = [];
  (async () => {
    do texts.push(await one.read());
    while (texts.at(-1) !== null);
  })();
  await settle();
  return { ...one, texts };
}

/** So many heartbeats. */
async function beats(count) {
  for (let beat = 0; beat < count; beat += 1) {
    mock.timers.tick(HEARTBEAT);
    await settle();
  }
}
