// The local queue service: what a binding and a consumer see, and that nothing is lost when the process dies.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "../local/serve.mjs";

// A Worker that sends what it is told to, and a consumer that notes what it gets and does what its messages say.
const PROBE = `
import { DurableObject } from "cloudflare:workers";
export class Notes extends DurableObject {
  add(note) { this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS notes (note)"); this.ctx.storage.sql.exec("INSERT INTO notes VALUES (?)", JSON.stringify(note)); }
  all() { this.add("read"); return this.ctx.storage.sql.exec("SELECT note FROM notes").raw().toArray().map(([note]) => JSON.parse(note)).filter((note) => note !== "read"); }
}
export default {
  async fetch(request, env) {
    if (request.method === "GET") return Response.json(await env.NOTES.getByName("notes").all());
    const { queue, method, args } = await request.json();
    try { await env[queue][method](...args); return new Response("sent"); } catch (error) { return new Response(String(error), { status: 500 }); }
  },
  async queue(batch, env) {
    const messages = batch.messages.map(({ id, body, attempts }) => ({ id, body, attempts }));
    await env.NOTES.getByName("notes").add({ queue: batch.queue, at: Date.now(), messages });
    for (const message of batch.messages) {
      const { body, attempts } = message;
      if (body?.hang && attempts === 1) await new Promise(() => {});
      if (body?.throw > attempts - 1) throw new Error("as told");
      if (body?.retry > attempts - 1) message.retry({ delaySeconds: 1 });
      if (body?.never) message.retry({ delaySeconds: 0 });
    }
  },
};`;

let folder, server;
const serve = () => startServer({ state: join(folder, "state"), wrangler: join(folder, "wrangler.toml"), log: "ignore" });
const send = async (queue, method, ...args) => {
  const response = await fetch(server.url, { method: "POST", body: JSON.stringify({ queue, method, args }) });
  return [response.status, await response.text()];
};
const notes = async () => (await fetch(server.url)).json();
/** Every delivery of the message with this tag, oldest first, once `enough` says so. */
async function deliveries(tag, enough) {
  for (let i = 0; i < 200; i++) {
    const all = (await notes()).flatMap(({ queue, at, messages }) => messages.map((message) => ({ queue, at, ...message })));
    const mine = all.filter(({ body }) => (body?.tag ?? body) === tag);
    if (enough(mine)) return mine;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${tag} was not delivered`);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-queue-"));
  mkdirSync(join(folder, "build"));
  writeFileSync(join(folder, "build/index.js"), PROBE);
  writeFileSync(join(folder, "wrangler.toml"), `
    name = "probe"\nmain = "build/index.js"\ncompatibility_date = "2026-11-01"
    [[durable_objects.bindings]]\nname = "NOTES"\nclass_name = "Notes"
    [[queues.producers]]\nbinding = "WORK"\nqueue = "work"
    [[queues.producers]]\nbinding = "DEAD"\nqueue = "dead"
    [[queues.consumers]]\nqueue = "work"\nmax_batch_size = 3\nmax_batch_timeout = 0\nmax_retries = 2\nretry_delay = 0\ndead_letter_queue = "dead"
    [[queues.consumers]]\nqueue = "dead"\nmax_batch_timeout = 0`);
  server = await serve();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

test("text and JSON come as they were sent, once, with the name of the queue", async () => {
  assert.deepEqual(await send("WORK", "send", "é text", { contentType: "text" }), [200, "sent"]);
  assert.deepEqual(await send("WORK", "send", { tag: "json", list: [1, null, "ü"] }), [200, "sent"]);
  const [text] = await deliveries("é text", (seen) => seen.length > 0);
  const [json] = await deliveries("json", (seen) => seen.length > 0);
  assert.deepEqual([text.queue, text.attempts, json.body], ["work", 1, { tag: "json", list: [1, null, "ü"] }]);
  await new Promise((done) => setTimeout(done, 300));
  assert.equal((await deliveries("json", () => true)).length, 1);
});

test("a batch is delivered in order and in batches of the consumer's size", async () => {
  const bodies = Array.from({ length: 7 }, (_, i) => ({ body: { tag: "batch", i } }));
  await send("WORK", "sendBatch", bodies);
  const seen = await deliveries("batch", (seen) => seen.length >= 7);
  assert.deepEqual(seen.map(({ body }) => body.i), [0, 1, 2, 3, 4, 5, 6]);
  const sizes = (await notes()).filter(({ messages }) => messages[0].body?.tag === "batch").map(({ messages }) => messages.length);
  assert.ok(Math.max(...sizes) === 3, `${sizes}`);
});

test("a delayed message waits, and what is too large is refused", async () => {
  const start = Date.now();
  await send("WORK", "send", { tag: "delayed" }, { delaySeconds: 1 });
  const [{ at }] = await deliveries("delayed", (seen) => seen.length > 0);
  assert.ok(at - start >= 1000, `${at - start} ms`);
  assert.equal((await send("WORK", "send", "x".repeat(128_001), { contentType: "text" }))[0], 500);
});

test("a message is delivered again after the consumer threw or asked for it, and its attempts are counted", async () => {
  await send("WORK", "send", { tag: "throws", throw: 1 });
  const thrown = await deliveries("throws", (seen) => seen.length > 1);
  assert.deepEqual(thrown.map(({ attempts }) => attempts), [1, 2]);
  await send("WORK", "send", { tag: "retried", retry: 1 });
  const retried = await deliveries("retried", (seen) => seen.length > 1);
  assert.deepEqual(retried.map(({ attempts }) => attempts), [1, 2]);
  assert.ok(retried[1].at - retried[0].at >= 1000);
});

test("what is never taken goes to the dead letter queue after its retries", async () => {
  await send("WORK", "send", { tag: "never", never: true });
  const seen = await deliveries("never", (seen) => seen.some(({ queue }) => queue === "dead"));
  assert.deepEqual(seen.filter(({ queue }) => queue === "work").map(({ attempts }) => attempts), [1, 2, 3]);
  assert.equal(new Set(seen.map(({ id }) => id)).size, 1);
});

test("what was waiting or being delivered when the process was killed is delivered after a restart", async () => {
  await send("WORK", "send", { tag: "in hand", hang: true });
  await deliveries("in hand", (seen) => seen.length > 0);
  await send("WORK", "send", { tag: "behind" });
  await server.kill();
  server = await serve();
  const again = await deliveries("in hand", (seen) => seen.length > 1);
  assert.equal(again[0].id, again[1].id);
  await deliveries("behind", (seen) => seen.length > 0);
});
