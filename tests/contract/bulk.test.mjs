// For fleets and repeat buyers: queries of many lines, orders that are repeated, quotes by one's own reference.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { answerLines, linesOf } from "../../functions/glue/lines.js";
import { isProblem, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api?.close());

const NDJSON = "application/x-ndjson";
const MAX_BYTES = 4 * 1024 * 1024;

const send = (body, { type = NDJSON, path = "/v1/query?budget_ms=5000", key = "shop", ...options } = {}) =>
  api.ask("POST", path, { key, body, headers: { "content-type": type }, ...options });
const ndjson = (lines) => lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");

/** The lines of an answer. */
function told(answer) {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get("content-type"), NDJSON);
  assert.ok(answer.text.endsWith("\n"));
  return answer.text.trimEnd().split("\n").map(JSON.parse);
}

/** What does not change from one moment to the next. */
const lasting = ({ line, sku, match, quantity, status, available, price }) => ({ line, sku, match, quantity, status, available, price });

test("lines are answered as the same query in JSON answers them, in their order", async () => {
  const lines = [{ sku: "PAD-1", quantity: 3 }, { brand: "BRKA", number: "10-01" }, { sku: "NOPE" }];
  const one = (await api.post("/v1/query", { lines, budget_ms: 5_000 })).lines.map(lasting);
  assert.deepEqual(told(await send(ndjson(lines))).map(lasting), one);
  const csv = 'quantity,sku,brand,number\n3,PAD-1,,\n,,"BRKA",10-01\r\n\n,NOPE\n';
  assert.deepEqual(told(await send(csv, { type: "text/csv; charset=utf-8" })).map(lasting), one);
});

test("a line that cannot be read is told in its place, and the others are answered", async () => {
  const lines = told(await send(ndjson([{ sku: "PAD-1" }, "nonsense", { sku: "PAD-1", quantity: 0 }, {}, { sku: "PAD-1" }])));
  assert.deepEqual(lines.map(({ line, sku, errors }) => [line, sku ?? errors.map(({ pointer, code }) => `${pointer} ${code}`).join()]),
    [[0, "PAD-1"], [1, " invalid_json"], [2, "/quantity invalid"], [3, " invalid"], [4, "PAD-1"]]);
  const [long] = told(await send(JSON.stringify({ number: "9".repeat(4_096) })));
  assert.deepEqual([long.line, long.errors[0].code], [0, "out_of_range"]);
});

test("ten thousand lines are answered, each once, and one more is too many", async () => {
  const lines = Array.from({ length: 10_000 }, (_, line) => (line % 1_000 === 999 ? "{" : { sku: "PAD-1", quantity: 1 + line }));
  const answers = told(await send(ndjson(lines)));
  assert.equal(answers.length, 10_000);
  answers.forEach(({ line, quantity, errors }, place) => {
    assert.equal(line, place);
    assert.equal(quantity ?? errors[0].code, place % 1_000 === 999 ? "invalid_json" : 1 + place);
  });
  const { errors } = isProblem(await send(ndjson([...lines, { sku: "PAD-1" }])), 422, "invalid_request");
  assert.deepEqual(errors.map(({ pointer, code }) => [pointer, code]), [["", "out_of_range"]]);
  isProblem(await send(""), 422, "invalid_request");
  isProblem(await send("sku\n", { type: "text/csv" }), 422, "invalid_request");
});

test("the answer begins before it is complete, and whoever leaves is not answered further", async () => {
  const body = ndjson(Array.from({ length: 10_000 }, () => ({ sku: "PAD-1" })));
  const headers = { authorization: "Bearer shop", "content-type": NDJSON };
  const response = await fetch(`${api.url}/v1/query`, { method: "POST", body, headers });
  const reader = response.body.getReader();
  const { value } = await reader.read();
  assert.ok(value.length < 1_000_000, "this is not all of it");
  await reader.cancel();
  assert.equal((await api.ask("GET", "/healthz")).status, 200);
});

test("a part that fails is told line by line, and what follows it is answered", async () => {
  const body = ndjson(Array.from({ length: 250 }, () => ({ sku: "PAD-1" })));
  const request = new Request("http://holdfast/v1/query", { method: "POST", body, headers: { "content-type": NDJSON } });
  const asked = [];
  const ask = async (state) => {
    asked.push(state);
    if (state.startsWith("lines 100 ")) return { status: 503, headers: {}, body: '{"code":"unavailable","detail":"later"}' };
    return { status: 200, headers: {}, body: `${state}\n` };
  };
  const response = await answerLines(request, linesOf("/v1/query", request), { ask, read: (answer) => answer, respond: (_, stream) => new Response(stream) });
  const lines = (await response.text()).trimEnd().split("\n");
  assert.deepEqual(asked, ["lines 0 250", "lines 100 250", "lines 200 250"]);
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [102, "lines 0 250", "lines 200 250"]);
  assert.deepEqual(JSON.parse(lines[100]), { line: 199, errors: [{ pointer: "", code: "unavailable", detail: "later" }] });
});

test("the body has its limit in bytes, to the byte", async () => {
  const line = '{"sku":"PAD-1"}\n';
  const padded = (bytes) => line + " ".repeat(bytes - line.length);
  assert.equal(told(await send(padded(MAX_BYTES))).length, 1);
  const { detail } = isProblem(await send(padded(MAX_BYTES + 1)), 413, "too_large");
  assert.match(detail, /4 MiB/);
});

test("what is wrong with all lines is told before any is answered", async () => {
  isProblem(await send('{"sku":"PAD-1"}', { key: "nobody" }), 401, "unauthenticated");
  isProblem(await send('{"sku":"PAD-1"}', { key: "stock-only" }), 403, "forbidden");
  isProblem(await send("sku,prize\nPAD-1,1\n", { type: "text/csv" }), 422, "invalid_request");
  for (const [query, pointer] of [["budget_ms=0", "/budget_ms"], ["fulfilment=drone", "/fulfilment"], ["lat=1", "/deliver_to/lon"],
    ["needed_by=soon", "/needed_by"], ["explain=2", "/explain"], ["location=MOON", "/deliver_to"]]) {
    const { errors } = isProblem(await send('{"sku":"PAD-1"}', { path: `/v1/query?${query}` }), 422, "invalid_request");
    assert.deepEqual(errors.map((error) => error.pointer), [pointer], query);
  }
  const json = await api.ask("POST", "/v1/query?x=1&explain=true", { key: "shop", json: { lines: [{ sku: "PAD-1" }] } });
  assert.deepEqual(isProblem(json, 422, "invalid_request").errors.map(({ pointer }) => pointer), ["/explain"]);
  const refused = await api.ask("PUT", "/v1/query", { key: "shop", body: "sku\nPAD-1", headers: { "content-type": "text/csv" } });
  isProblem(refused, 405, "method_not_allowed");
});

test("the URL says of all lines what the fields of a query say", async () => {
  const path = "/v1/query?budget_ms=5000&location=HUB&fulfilment=pickup&explain=true&needed_by=2027-01-01T00:00:00Z";
  const [line] = told(await send('{"sku":"PAD-1"}', { path }));
  assert.ok(line.explain.length > 0);
  const query = { lines: [{ sku: "PAD-1" }], budget_ms: 5_000, deliver_to: { location: "HUB" }, fulfilment: "pickup" };
  const [asked] = (await api.post("/v1/query", query)).lines;
  assert.deepEqual(line.sources.map(({ location, distance_km }) => [location, distance_km]),
    asked.sources.map(({ location, distance_km }) => [location, distance_km]));
});

test("an order is repeated at today's price, once for each key, whatever became of the first", async () => {
  const [sku] = await api.parts("AGAIN", 1);
  await api.count(sku, 10);
  const first = (await api.hold([{ sku, quantity: 2 }], { reference: "PO-1" })).body;
  await api.act(first.id, "commit");
  const order = randomUUID();
  const again = await api.act(first.id, "reorder", { ttl_seconds: 60, reference: "PO-2" }, { order });
  assert.equal(again.status, 201, again.text);
  assert.equal(again.headers.get("location"), `/v1/quotes/${again.body.id}`);
  assert.notEqual(again.body.id, first.id);
  assert.deepEqual([again.body.state, again.body.reference], ["held", "PO-2"]);
  assert.deepEqual(again.body.lines.map((line) => [line.sku, line.quantity, line.held]), [[sku, 2, 2]]);
  const repeated = await api.act(first.id, "reorder", { ttl_seconds: 60, reference: "PO-2" }, { order });
  assert.deepEqual([repeated.body.id, repeated.headers.get("idempotent-replayed")], [again.body.id, "true"]);
  isProblem(await api.act(first.id, "reorder", { ttl_seconds: 61 }, { order }), 422, "idempotency_key_reused");
  assert.equal((await api.counters(sku)).held, 2);

  await api.act(again.body.id, "release");
  assert.equal((await api.act(again.body.id, "reorder")).status, 201, "one that was given up can be repeated too");
});

test("what an order costs when it is repeated is what it costs then", async () => {
  const [sku] = await api.parts("DEARER", 1);
  await api.count(sku, 10);
  const first = (await api.hold([{ sku, quantity: 1 }])).body;
  const part = await api.get(`/v1/admin/catalog?key=part/${sku}`, "admin");
  const doubled = part.prices.map((price) => ({ ...price, breaks: price.breaks.map(({ from, unit }) => ({ from, unit: 2 * unit })) }));
  const body = JSON.stringify({ key: `part/${sku}`, value: { ...part, prices: doubled } });
  assert.equal((await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body })).status, 200);
  const again = (await api.act(first.id, "reorder")).body;
  assert.equal(again.subtotal.amount, 2 * first.subtotal.amount);
  assert.deepEqual((await api.get(`/v1/quotes/${first.id}`)).subtotal, first.subtotal, "the earlier price stands");
});

test("an order is not repeated where there is too little, or that is another's, or with other lines", async () => {
  const [sku] = await api.parts("SCARCE", 1);
  await api.count(sku, 3);
  const { id } = (await api.hold([{ sku, quantity: 2 }])).body;
  const { errors } = isProblem(await api.act(id, "reorder"), 409, "insufficient_stock");
  assert.deepEqual(errors.map(({ sku, available }) => [sku, available]), [[sku, 1]]);
  assert.equal((await api.act(id, "reorder", { replace: id })).status, 201, "with its own stock there is enough");
  const [other] = await api.shops(1);
  isProblem(await api.act(id, "reorder", {}, { key: other }), 404, "not_found");
  isProblem(await api.act("q_none", "reorder"), 404, "not_found");
  isProblem(await api.act(id, "reorder", { lines: [{ sku, quantity: 1 }] }), 422, "invalid_request");
  isProblem(await api.ask("POST", `/v1/quotes/${id}/reorder`, { key: "shop", json: {} }), 400, "idempotency_key_required");
});

test("quotes are found by one's own reference, page by page, the newest first", async () => {
  const [key] = await api.shops(1);
  const [sku] = await api.parts("NAMED", 1);
  await api.count(sku, 10);
  const held = [];
  for (const reference of ["Fleet 7/ä", "other", "Fleet 7/ä", "Fleet 7/ä"]) {
    held.push((await api.hold([{ sku, quantity: 1 }], { key, reference })).body.id);
  }
  const list = (query) => api.get(`/v1/quotes?reference=${encodeURIComponent("Fleet 7/ä")}${query}`, key);
  const first = await list("&limit=2");
  assert.deepEqual(first.quotes.map(({ id }) => id), [held[3], held[2]]);
  const second = await list(`&limit=2&cursor=${first.cursor}`);
  assert.deepEqual([second.quotes.map(({ id }) => id), second.cursor], [[held[0]], undefined]);
  await api.act(held[3], "release", {}, { key });
  assert.deepEqual((await list("&state=held")).quotes.map(({ id }) => id), [held[2], held[0]]);
  assert.deepEqual((await api.get("/v1/quotes?reference=Fleet", key)).quotes, []);
  const [stranger] = await api.shops(1);
  assert.deepEqual((await api.get("/v1/quotes?reference=other", stranger)).quotes, []);
  for (const wrong of ["", "%20", "x".repeat(201)]) {
    isProblem(await api.ask("GET", `/v1/quotes?reference=${wrong}`, { key }), 422, "invalid_request");
  }
});
