// Events, from a change in a stock shard through its outbox and the queue to the log of the day: each exactly once,
// whatever fails on the way. The built Worker on workerd; only the log is made to fail, and only when a test says so.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { ROOT } from "../local/config.mjs";
import { startServer } from "../local/serve.mjs";

const PROBE = `
import worker, { StockShard, EventLog as Log } from "${join(ROOT, "build/index.js")}";
let failing = "";
export { StockShard };
// Told here how to fail, since it may be in another process than who is asked.
export class EventLog extends Log {
  askAll(texts) {
    return Promise.all(texts.map((text) => this.ask(text)));
  }
  ask(text) {
    if (text.startsWith("fail ")) {
      failing = text.slice("fail ".length);
      return "";
    }
    if (failing === "before" && text.startsWith('{"store"')) throw new Error("before storing, as told");
    const reply = super.ask(text);
    if (failing === "after" && text.startsWith('{"store"')) throw new Error("after storing, as told");
    return reply;
  }
}
const ACTIONS = {
  fail: (env, mode) => env.EVENT_LOG.getByName(new Date().toISOString().slice(0, 10)).ask("fail " + mode),
  ask: (env, shard, command) => env.STOCK.getByName(shard).ask(JSON.stringify(command)),
  send: (env, ...args) => env.EVENTS.send(...args),
  catalog: (env, ...args) => env.CATALOG.put(...args),
};
export default {
  async fetch(request, env, ctx) {
    if (!new URL(request.url).pathname.startsWith("/probe/")) return worker.fetch(request, env, ctx);
    const [action, ...args] = await request.json();
    return new Response(await ACTIONS[action](env, ...args));
  },
  queue: worker.queue,
};`;

let folder, server;
const serve = () => startServer({ state: join(folder, "state"), wrangler: join(folder, "wrangler.toml"), vars: { STOCK_AND_QUOTES: "apart" }, log: "ignore" });

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-events-"));
  writeFileSync(join(folder, "probe.js"), PROBE);
  await build({
    entryPoints: [join(folder, "probe.js")], outfile: join(folder, "build/index.js"), bundle: true, format: "esm",
    external: ["cloudflare:*", "./functions_bg.wasm"],
  });
  copyFileSync(join(ROOT, "build/functions_bg.wasm"), join(folder, "build/functions_bg.wasm"));
  writeFileSync(join(folder, "wrangler.toml"), `
    name = "events"\nmain = "build/index.js"\ncompatibility_date = "2026-11-01"
    vars = { ENVIRONMENT = "local" }
    kv_namespaces = [{ binding = "CATALOG", id = "1" }, { binding = "SNAPSHOTS", id = "2" }]
    durable_objects = { bindings = [{ name = "STOCK", class_name = "StockShard" }, { name = "EVENT_LOG", class_name = "EventLog" }] }
    [[queues.producers]]\nbinding = "EVENTS"\nqueue = "events"
    [[queues.consumers]]\nqueue = "events"\nmax_batch_size = 10\nmax_batch_timeout = 0\nmax_retries = 100`);
  server = await serve();
  for (const [key, scopes] of [["admin-key", ["admin"]], ["shop-key", ["quote"]]]) {
    const hash = createHash("sha256").update(key).digest("hex");
    await probe("catalog", `key/${hash}`, JSON.stringify({ account: "a", scopes }));
  }
  const account = { id: "a", name: "A", kind: "admin", currency: "USD", home: "ATL1", base_type: "JBR" };
  await probe("catalog", "account/a", JSON.stringify(account));
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function probe(...call) {
  const response = await fetch(`${server.url}/probe/`, { method: "POST", body: JSON.stringify(call) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}
const ask = async (shard, command) => JSON.parse(await probe("ask", shard, command));
const get = (query, key = "admin-key") =>
  fetch(`${server.url}/v1/admin/events?${query}`, { headers: { authorization: `Bearer ${key}` } });

const today = () => new Date().toISOString().slice(0, 10);
async function restartAfterKill() {
  await server.kill();
  server = await serve();
}
/** The events of one shard in today's log. */
async function logged(shard) {
  const found = [];
  for (let after = 0; after !== undefined;) {
    const page = await (await get(`day=${today()}&after=${after}&limit=500`)).json();
    found.push(...page.events.filter(({ id }) => id.startsWith(`${shard}:`)));
    after = page.next;
  }
  return found;
}
/** The same once there are so many, and a while later, when no more ought to have come. */
async function arrived(shard, count) {
  for (let i = 0; i < 200 && (await logged(shard)).length < count; i++) await new Promise((done) => setTimeout(done, 100));
  await new Promise((done) => setTimeout(done, 1500));
  const found = await logged(shard);
  assert.equal(found.length, count, JSON.stringify(found));
  assert.equal(new Set(found.map(({ id }) => id)).size, count);
  return found.map(({ event }) => event);
}

/** The first result of `look` that `holds`. */
async function eventually(look, holds) {
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
  }
}

const moved = (kind) => (id, sku, quantity) => ({ move: { movements: [{ id, sku, location: "ATL1", kind, quantity }] } });
const receipt = moved("receipt");
const count = moved("count");
const pick = moved("pick");
const hold = (quote, sku, quantity, forMs = 900_000) => ({
  hold: {
    quote, expires_at: new Date(Date.now() + forMs).toISOString(),
    lines: [{ line: { line: 0 }, sku, quantity, locations: ["ATL1"], split: false }],
  },
});

test("a movement is in the log of its day once, as it happened", async () => {
  await ask("enam/1", receipt("m1", "A", 5));
  const [event] = await arrived("enam/1", 1);
  assert.deepEqual([event.kind, event.movement.id, event.movement.quantity], ["moved", "m1", 5]);
});

for (const mode of ["before", "after"]) {
  test(`an event arrives once although the log fails ${mode} storing it and the process is killed`, async () => {
    const shard = { before: "enam/8", after: "enam/9" }[mode];
    await probe("fail", mode);
    await ask(shard, receipt("m1", "A", 5));
    await new Promise((done) => setTimeout(done, 2500)); // long enough to have been tried and to have failed
    if (mode === "before") assert.deepEqual(await logged(shard), []);
    await restartAfterKill(); // the log works again
    await arrived(shard, 1);
  });
}

test("an event arrives although the process is killed before the shard could send it", async () => {
  await ask("enam/2", receipt("m1", "A", 5));
  await restartAfterKill();
  await arrived("enam/2", 1);
  await ask("enam/2", receipt("m2", "A", 5));
  await arrived("enam/2", 2);
});

test("a count below what is held names the quotes it endangers, and no others", async () => {
  await ask("enam/3", receipt("m1", "A", 5));
  await ask("enam/3", receipt("m2", "B", 5));
  for (const [quote, sku] of [["q1", "A"], ["q2", "A"], ["q3", "A"], ["q4", "B"], ["q5", "A"]]) await ask("enam/3", hold(quote, sku, 1));
  await ask("enam/3", { release: { quote: "q2" } });
  await ask("enam/3", { commit: { quote: "q5" } });
  await ask("enam/3", pick("p1", "A", 1));
  await ask("enam/3", { commit: { quote: "q3" } });
  await ask("enam/3", count("c1", "A", 1));
  const events = await arrived("enam/3", 14);
  const shortfall = events.find(({ kind }) => kind === "shortfall");
  assert.deepEqual([shortfall.sku, shortfall.location, shortfall.units, shortfall.quotes], ["A", "ATL1", 1, ["q1", "q3"]]);
});

test("a count that endangers more quotes than a message can carry is in the log, once", async () => {
  const quotes = Array.from({ length: 1_600 }, (_, n) => `${"q".repeat(58)}-${n}`);
  await ask("enam/40", receipt("m1", "A", quotes.length));
  await Promise.all(quotes.map((quote) => ask("enam/40", hold(quote, "A", 1))));
  await ask("enam/40", count("c1", "A", 0));
  const shortfalls = (await arrived("enam/40", quotes.length + 4)).filter(({ kind }) => kind === "shortfall");
  assert.equal(shortfalls.length, 1);
  assert.ok(JSON.stringify(shortfalls[0]).length > 100_000, "one message could carry it");
  assert.deepEqual(shortfalls[0].quotes.toSorted(), quotes.toSorted());
});

test("a hold that nobody comes back for is freed by the alarm, also after a kill", async () => {
  await ask("enam/4", receipt("m1", "A", 5));
  await ask("enam/4", hold("q1", "A", 2, -9000)); // a second is left of its grace
  await restartAfterKill();
  const events = await arrived("enam/4", 3);
  assert.deepEqual(events.map(({ kind }) => kind), ["moved", "held", "expired"]);
  assert.equal((await ask("enam/4", { positions: { sku: "A" } })).positions.positions[0].held, 0);
});

test("however many holds end at once, the alarm frees all of them, and all are told of", async () => {
  const holds = Array.from({ length: 300 }, (_, n) => n);
  await ask("enam/5", receipt("m1", "A", holds.length));
  const ends = Date.now() - 10_000 + 2_000; // two seconds are left of their grace
  const held = { ...hold("", "A", 1).hold, expires_at: new Date(ends).toISOString() };
  await Promise.all(holds.map((n) => ask("enam/5", { hold: { ...held, quote: `q${n}` } })));
  const available = async () => (await ask("enam/5", { read: { skus: ["A"] } })).read;
  const before = await available();
  const after = await eventually(available, ({ as_of, stock }) => Date.parse(as_of) >= ends + 10_000 && stock[0][0].available === holds.length);
  assert.ok(Date.parse(before.as_of) < ends + 10_000, "the machine is too slow for this test");
  assert.deepEqual([before.stock[0][0].available, after.stock[0][0].available], [0, holds.length]);
  const [line] = (await ask("enam/5", hold("new", "A", holds.length + 1))).held.lines;
  assert.equal(line.lacking, 1);
  const kinds = (await arrived("enam/5", 2 * holds.length + 2)).map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === "expired").length, holds.length);
  assert.equal((await ask("enam/5", { positions: { sku: "A" } })).positions.positions[0].held, holds.length);
});

test("the log is read in pages, in order of arrival", async () => {
  const movements = Array.from({ length: 250 }, (_, i) => receipt(`m${i}`, "A", 1).move.movements[0]);
  await ask("enam/6", { move: { movements } });
  const ids = (await arrived("enam/6", 250)).map(({ movement }) => movement.id);
  assert.deepEqual(ids, movements.map(({ id }) => id));
  const first = await (await get(`day=${today()}&limit=2`)).json();
  const second = await (await get(`day=${today()}&limit=2&after=${first.next}`)).json();
  const all = await (await get(`day=${today()}&limit=4`)).json();
  assert.deepEqual([...first.events, ...second.events], all.events);
  assert.deepEqual(await (await get("day=2001-01-01")).json(), { events: [] });
});

test("a log is there for 400 days after its day, and then no more", async () => {
  const midnight = (daysAgo) => `${new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)}T00:00:00.000Z`;
  const send = (daysAgo) => probe("send", JSON.stringify({ source: "old", events: [{ seq: daysAgo, at: midnight(daysAgo) }] }), { contentType: "text" });
  const log = async (daysAgo) => (await (await get(`day=${midnight(daysAgo).slice(0, 10)}`)).json()).events;
  for (const daysAgo of [402, 399]) await send(daysAgo);
  for (let i = 0; i < 200 && (await log(399)).length < 1; i++) await new Promise((done) => setTimeout(done, 50));
  for (let i = 0; i < 200 && (await log(402)).length > 0; i++) await new Promise((done) => setTimeout(done, 50));
  assert.deepEqual([(await log(402)).length, (await log(399)).length], [0, 1]);
  await restartAfterKill();
  assert.deepEqual([(await log(402)).length, (await log(399)).length], [0, 1]);
  const full = await (await get(`day=${midnight(399).slice(0, 10)}&limit=1`)).json();
  assert.deepEqual([full.events.length, full.next], [1, undefined], "a full page that is the last says so");
});

test("a message that cannot be read is kept as rejected, once, and holds up no other", async () => {
  await probe("send", "no event", { contentType: "text" });
  await probe("send", { source: "s", events: [{ seq: 1 }] });
  await ask("enam/7", receipt("m1", "A", 5));
  await arrived("enam/7", 1);
  const { rejected } = await (await get(`day=${today()}&rejected=true`)).json();
  assert.deepEqual(rejected.map(({ body }) => body), ["no event", '{"source":"s","events":[{"seq":1}]}']);
});

test("the log is for administrators, and a wrong parameter is named", async () => {
  assert.equal((await get("", "shop-key")).status, 403);
  assert.equal((await get("", "nobody")).status, 401);
  for (const query of ["day=2026-02-30", "day=yesterday", "limit=0", "limit=501", "after=-1", "rejected=perhaps"]) {
    const response = await get(query);
    assert.deepEqual([response.status, (await response.json()).errors[0].pointer], [422, `/${query.split("=")[0]}`], query);
  }
});
