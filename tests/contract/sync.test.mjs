// A snapshot of an ERP, made true at a location. Each test works on skus of its own; full snapshots have a location of
// their own.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { request as open } from "node:http";
import { after, before, test } from "node:test";
import { answerLines, linesOf } from "../../functions/glue/lines.js";
import { isProblem, openInstance, until } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api?.close());

const NDJSON = "application/x-ndjson";
const MAX_BYTES = 8 * 1024 * 1024;
const ndjson = (lines) => lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");

/** Sends a snapshot; what is no option is a parameter of the URL. */
function send(body, { key = "stock-only", order = randomUUID(), type = NDJSON, location = "ATL1", ...query } = {}) {
  const headers = { "content-type": type, ...(order && { "idempotency-key": order }) };
  return api.ask("POST", `/v1/stock/sync?${new URLSearchParams({ location, ...query })}`, { key, body, headers });
}

/** The lines of the answer to a snapshot, and what they come to in all. */
async function synced(lines, options) {
  const answer = await send(typeof lines === "string" ? lines : ndjson(lines), options);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get("content-type"), NDJSON);
  const told = answer.text.trimEnd().split("\n").map(JSON.parse);
  return { last: told.pop(), told };
}

const NOTHING = { lines: 0, same: 0, changed: 0, duplicates: 0, conflicts: 0, rejected: 0, unanswered: 0, zeroed: 0 };

test("a delta is made true, and only what differs is written", async () => {
  const [a, b, c] = await api.parts("DELTA", 3);
  await api.count(a, 5);
  await api.count(b, 2);
  const order = randomUUID();
  const lines = [{ sku: a, quantity: 7, reason: "nightly" }, { sku: b, quantity: 2 }, { sku: c, quantity: 4 }];
  const { told, last } = await synced(lines, { order });
  assert.deepEqual(told, [
    { line: 0, sku: a, result: "applied", on_hand: 5, quantity: 7, variance: 2, version: 2 },
    { line: 1, sku: b, result: "same", on_hand: 2, quantity: 2, variance: 0, version: 1 },
    { line: 2, sku: c, result: "applied", on_hand: 0, quantity: 4, variance: 4, version: 1 },
  ]);
  assert.deepEqual(last, { summary: { ...NOTHING, lines: 3, same: 1, changed: 2 }, complete: true });
  const [, entry] = await api.ledger(a);
  assert.deepEqual([entry.kind, entry.quantity, entry.expected, entry.reason], ["count", 7, 5, "nightly"]);
  assert.match(entry.id, /^sync_[0-9a-f]{26}$/);
  assert.equal((await api.ledger(b)).length, 1);

  await api.move([{ id: randomUUID(), sku: a, location: "ATL1", kind: "damage", quantity: 1 }]);
  const again = await synced(lines, { order });
  assert.deepEqual(again.told.map(({ result }) => result), ["duplicate", "same", "same"]);
  assert.equal((await api.counters(a)).on_hand, 6, "what happened since stands");
});

test("CSV says the same, with ids and versions of its own", async () => {
  const [a, b] = await api.parts("TABLE", 2);
  const { told } = await synced(`id,sku,quantity,expect_version,reason\nx-1,${a},3,0,"by hand, twice"\n,${b},1,4,\n`, { type: "text/csv" });
  assert.deepEqual(told.map(({ result, version }) => [result, version]), [["applied", 1], ["version_conflict", 0]]);
  const [{ id, reason }] = await api.ledger(a);
  assert.deepEqual([id, reason], ["x-1", "by hand, twice"]);
});

test("a dry run tells what it would change and endanger, and changes nothing", async () => {
  const [a] = await api.parts("DRY", 1);
  await api.count(a, 5);
  const { id } = (await api.hold([{ sku: a, quantity: 4, location: "ATL1" }])).body;
  const before = await api.position(a);
  const { told: [line], last } = await synced([{ sku: a, quantity: 1 }], { dry_run: true, order: null });
  assert.deepEqual(line, { line: 0, sku: a, result: "differs", on_hand: 5, quantity: 1, variance: -4, version: before.version,
    shortfall: 3, endangers: [id] });
  assert.equal(last.summary.changed, 1);
  assert.deepEqual(await api.position(a), before);
  const { told: [applied] } = await synced([{ sku: a, quantity: 1 }]);
  assert.deepEqual([applied.result, applied.endangers], ["applied", [id]]);
});

test("a full snapshot empties what it does not name, in a dry run only in words", async () => {
  const [a, b, c] = await api.parts("FULL", 3);
  const location = "LAX1";
  const emptied = (await synced([{ sku: a, quantity: 1 }], { location, mode: "full" })).last.summary.zeroed;
  for (const sku of [a, b, c]) await api.count(sku, 3, location);
  await api.count(b, 3, "ATL1");
  const lines = [{ sku: a, quantity: 3 }, { sku: "NO-SUCH", quantity: 1 }];
  const dry = await synced(lines, { location, mode: "full", dry_run: true });
  assert.deepEqual(dry.told.slice(2).map(({ line, sku, result, variance }) => [line, sku, result, variance]).sort(),
    [[undefined, b, "differs", -3], [undefined, c, "differs", -3]]);
  assert.equal((await api.position(b, location)).on_hand, 3);
  const order = randomUUID();
  const wet = await synced(lines, { location, mode: "full", order });
  assert.deepEqual(wet.last, { summary: { ...NOTHING, lines: 2, same: 1, rejected: 1, zeroed: 2 }, complete: true });
  assert.equal(wet.told[1].code, "unknown_sku");
  const left = await Promise.all([a, b, c].map(async (sku) => (await api.position(sku, location)).on_hand));
  assert.deepEqual(left, [3, 0, 0]);
  assert.equal((await api.position(b, "ATL1")).on_hand, 3, "other locations are left alone");
  assert.ok(emptied >= 0);
  await api.count(c, 9, location);
  assert.deepEqual((await synced(lines, { location, mode: "full", order })).told[2], { sku: c, result: "duplicate", on_hand: 9,
    quantity: 0, variance: -9, version: (await api.position(c, location)).version - 1 }, "a retry does not empty what came since");
});

test("a full snapshot with a line that cannot be read empties nothing", async () => {
  const [a, b] = await api.parts("SPOILT", 2);
  await api.count(b, 3, "NYC1");
  const { told, last } = await synced([{ sku: a, quantity: 1 }, "{", { sku: a, quantity: "x" }], { location: "NYC1", mode: "full" });
  assert.deepEqual(told.map(({ result, errors }) => errors?.[0].code ?? result), ["applied", "invalid_json", "invalid"]);
  assert.deepEqual([last.complete, last.summary.zeroed, last.summary.rejected], [false, 0, 2]);
  assert.match(last.detail, /send it again/);
  assert.equal((await api.position(b, "NYC1")).on_hand, 3);
});

test("of a body that is cut off nothing is done", async () => {
  const [a, b] = await api.parts("CUT", 2);
  await api.count(a, 5, "NYC1");
  const url = new URL(`${api.url}/v1/stock/sync?location=NYC1&mode=full`);
  const headers = { authorization: "Bearer stock-only", "content-type": NDJSON, "idempotency-key": randomUUID() };
  await new Promise((done) => {
    const request = open(url, { method: "POST", headers: { ...headers, "content-length": 1_000 } });
    request.on("error", done);
    request.write(`{"sku":"${b}","quantity":2}\n`, () => request.destroy());
    request.on("close", done);
  });
  assert.equal((await api.ask("GET", "/healthz")).status, 200);
  assert.equal((await api.position(a, "NYC1")).on_hand, 5);
  assert.equal(await api.position(b, "NYC1"), undefined);
});

test("whoever leaves before the end of a full snapshot's answer has nothing emptied", async () => {
  const asked = [];
  const body = ndjson(Array.from({ length: 3_500 }, (_, n) => ({ sku: `S-${n}`, quantity: 1 })));
  const headers = { "content-type": NDJSON };
  const request = new Request("http://holdfast/v1/stock/sync?mode=full", { method: "POST", body, headers });
  const ask = async (state) => { asked.push(state); return { status: 200, headers: {}, body: '{"sku":"S-1","result":"same"}\n' }; };
  const options = { ask, read: (answer) => answer, respond: (_, stream) => new Response(stream) };
  const reader = (await answerLines(request, linesOf("/v1/stock/sync", request), options)).body.getReader();
  await reader.read();
  await reader.cancel();
  await new Promise((done) => setImmediate(done));
  assert.ok(asked.length >= 1 && asked.every((state) => state.startsWith("lines ")), asked.join());
});

test("a part that fails is told line by line, and then nothing is emptied", async () => {
  const body = ndjson(Array.from({ length: 1_500 }, (_, n) => ({ sku: `S-${n}`, quantity: 1 })));
  const request = new Request("http://holdfast/v1/stock/sync?mode=full", { method: "POST", body, headers: { "content-type": NDJSON } });
  const ask = async (state) => (state.startsWith("lines 1000")
    ? { status: 503, headers: {}, body: '{"code":"unavailable","detail":"later"}' }
    : { status: 200, headers: {}, body: '{"sku":"S-1","result":"same"}\n' });
  const options = { ask, read: (answer) => answer, respond: (_, stream) => new Response(stream) };
  const lines = (await (await answerLines(request, linesOf("/v1/stock/sync", request), options)).text()).trimEnd().split("\n").map(JSON.parse);
  assert.deepEqual(lines[1], { line: 1_000, errors: [{ pointer: "", code: "unavailable", detail: "later" }] });
  const { summary, complete } = lines.at(-1);
  assert.deepEqual([summary.unanswered, summary.zeroed, complete], [500, 0, false]);
});

test("a sync that was killed is settled by sending it again, each position counted once", async () => {
  const skus = await api.parts("KILLED", 300);
  const order = randomUUID();
  // Several parts of a thousand lines, each of which is for all shards.
  const lines = Array.from({ length: 4_000 }, (_, n) => ({ sku: skus[n % 300], quantity: 10 + (n % 300) }));
  const headers = { authorization: "Bearer stock-only", "content-type": NDJSON, "idempotency-key": order };
  const response = await fetch(`${api.url}/v1/stock/sync?location=ATL1`, { method: "POST", body: ndjson(lines), headers });
  const reader = response.body.getReader();
  await reader.read();
  await api.kill();
  await reader.cancel().catch(() => {});
  await api.start();
  const { last } = await synced(lines, { order });
  assert.equal(last.complete, true);
  for (const [n, sku] of skus.entries()) {
    if (n % 10 !== 0) continue;
    assert.deepEqual((await api.ledger(sku)).map(({ quantity }) => quantity), [10 + n]);
  }
});

test("a hundred thousand lines are answered, each once, and one more is too many", async () => {
  const [sku] = await api.parts("MANY", 1);
  await api.count(sku, 1);
  const body = `sku,quantity\n${`${sku},1\n`.repeat(100_000)}`;
  const { told, last } = await synced(body, { type: "text/csv" });
  assert.deepEqual([told.length, last.summary.same], [100_000, 100_000]);
  assert.ok(told.every(({ line }, place) => line === place));
  const { errors } = isProblem(await send(`${body}${sku},1\n`, { type: "text/csv" }), 422, "invalid_request");
  assert.deepEqual(errors.map(({ code }) => code), ["out_of_range"]);
  isProblem(await send(""), 422, "invalid_request");
});

test("the body has its limit in bytes, to the byte", async () => {
  const line = '{"sku":"PAD-1","quantity":10}\n';
  const padded = (bytes) => line + " ".repeat(bytes - line.length);
  assert.equal((await synced(padded(MAX_BYTES), { dry_run: true })).told.length, 1);
  assert.match(isProblem(await send(padded(MAX_BYTES + 1)), 413, "too_large").detail, /8 MiB/);
});

test("what is wrong with the whole is told before anything is done", async () => {
  const line = '{"sku":"PAD-1","quantity":1}';
  const before = await api.position("PAD-1", "HUB");
  isProblem(await send(line, { key: "shop" }), 403, "forbidden");
  isProblem(await send(line, { key: "counter", location: "HUB" }), 403, "forbidden");
  isProblem(await send(line, { order: null }), 400, "idempotency_key_required");
  for (const [options, pointer] of [[{ location: "MOON" }, "/location"], [{ location: "" }, "/location"], [{ mode: "half" }, "/mode"],
    [{ dry_run: "maybe" }, "/dry_run"], [{ type: "application/json" }, "/Content-Type"]]) {
    const { errors } = isProblem(await send(line, options), 422, "invalid_request");
    assert.deepEqual(errors.map((error) => error.pointer), [pointer]);
  }
  isProblem(await send("sku,count\nPAD-1,1\n", { type: "text/csv" }), 422, "invalid_request");
  isProblem(await api.ask("PUT", "/v1/stock/sync?location=HUB", { key: "stock-only", body: line, headers: { "content-type": NDJSON } }), 405, "method_not_allowed");
  assert.deepEqual(await api.position("PAD-1", "HUB"), before);
  assert.equal((await synced([{ sku: "COMP-A", quantity: 2 }], { key: "counter", location: "ATL1" })).told[0].result, "applied");
});

test("a shortfall that a sync makes is an event like that of a count", async () => {
  const [sku] = await api.parts("SHORT", 1);
  await api.count(sku, 2);
  await api.hold([{ sku, quantity: 2, location: "ATL1" }]);
  await synced([{ sku, quantity: 0 }]);
  const found = (page) => page.events.some(({ event }) => event.kind === "shortfall" && event.sku === sku && event.units === 2);
  let after = 0;
  await until(async () => {
    const page = await api.get(`/v1/admin/events?limit=500&after=${after}`, "admin");
    if (!found(page) && page.next !== undefined) after = page.next;
    return page;
  }, found);
});
