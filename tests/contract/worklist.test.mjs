// What a branch works from: GET /v1/stock/worklist, picks and hand-overs of a named quote, and parts by bar code.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance, until } from "./instance.mjs";

const WORKLIST = "/v1/stock/worklist";

let api;
before(async () => { api = await openInstance(); });
after(() => api?.close());

const list = (location = "ATL1", key = "stock-only") => api.get(`${WORKLIST}?location=${location}`, key);
const of = ({ tasks }, task, quote) => tasks.filter((one) => one.task === task && one.quote === quote).map(({ sku, quantity }) => [sku, quantity]);
const movement = (kind, sku, quantity, more = {}) => ({ id: randomUUID(), sku, location: "ATL1", kind, quantity, ...more });
const result = async (...parts) => (await api.move([movement(...parts)]))[0];

/** A committed quote. */
async function sold(lines, options) {
  const { body } = await api.hold(lines, options);
  assert.equal((await api.act(body.id, "commit")).status, 200);
  return body.id;
}

test("sold goods are picked and handed over, line by line, for the quote they were sold on", async () => {
  for (const sku of ["HELD-01", "HELD-02"]) await api.count(sku, 9);
  const quote = await sold([{ sku: "HELD-01", quantity: 2 }, { sku: "HELD-02", quantity: 3 }], { reference: "PO-4711" });
  const other = await sold([{ sku: "HELD-01", quantity: 1 }]);
  const first = await list();
  assert.deepEqual(of(first, "pick", quote), [["HELD-01", 2], ["HELD-02", 3]]);
  assert.deepEqual(of(first, "pick", other), [["HELD-01", 1]]);
  assert.ok(first.tasks.filter(({ task }) => task === "pick").every(({ at }) => Date.parse(at) <= Date.now()));
  const buyers = (quote) => first.tasks.filter((one) => one.quote === quote).map(({ sold_to }) => sold_to);
  assert.deepEqual(buyers(quote), [{ account: "shop-1", reference: "PO-4711" }, { account: "shop-1", reference: "PO-4711" }]);
  assert.deepEqual(buyers(other), [{ account: "shop-1" }]);
  const part = await api.get("/v1/parts/HELD-01");
  assert.deepEqual(first.parts.find(({ sku }) => sku === "HELD-01"), { sku: "HELD-01", brand_name: part.brand_name, number: part.number, description: part.description });

  // The later quote first: without its name the earlier one's goods would count as picked.
  assert.equal((await result("pick", "HELD-01", 1, { quote: other })).result, "applied");
  const picked = await list();
  assert.deepEqual([of(picked, "pick", other), of(picked, "hand_over", other)], [[], [["HELD-01", 1]]]);
  assert.deepEqual(of(picked, "pick", quote), [["HELD-01", 2], ["HELD-02", 3]]);

  const given = movement("hand_over", "HELD-01", 1, { quote: other });
  const before = await api.counters("HELD-01");
  assert.deepEqual((await api.move([given, given])).map((one) => one.result), ["applied", "duplicate"]);
  assert.deepEqual(await api.counters("HELD-01"), before, "no counter changes");
  assert.deepEqual(of(await list(), "hand_over", other), []);
  assert.deepEqual((await api.ledger("HELD-01")).at(-1).quote, other);
});

test("a pick and a hand-over of more than the quote has are refused", async () => {
  await api.count("HELD-03", 9);
  const quote = await sold([{ sku: "HELD-03", quantity: 2 }]);
  await sold([{ sku: "HELD-03", quantity: 2 }]);
  for (const [kind, quantity, more, code] of [
    ["pick", 3, { quote }, "exceeds_committed"], ["pick", 1, { quote: "q_none" }, "unknown_quote"],
    ["hand_over", 1, { quote }, "exceeds_picked"], ["hand_over", 1, { quote: "q_none" }, "unknown_quote"],
    ["hand_over", 1, {}, "invalid_field"], ["receipt", 1, { quote }, "invalid_field"],
  ]) {
    const { result: outcome, code: told } = await result(kind, "HELD-03", quantity, more);
    assert.deepEqual([outcome, told], ["rejected", code], `${kind} ${quantity}`);
  }
  namesFields(await api.ask("POST", "/v1/stock/movements", { key: "stock-only", json: { movements: [movement("pick", "HELD-03", 1, { quote: "" })] } }),
    { "/movements/0/quote": "invalid" });
});

test("what is on its way, what is short and what was done today is told", async () => {
  await api.post("/v1/stock/incoming", { receipts: [
    { id: "late", sku: "HELD-04", location: "ATL1", quantity: 2, eta: "2098-03-01T00:00:00Z" },
    { id: "soon", sku: "HELD-05", location: "ATL1", quantity: 1, eta: "2098-02-01T00:00:00Z" },
    { id: "away", sku: "HELD-05", location: "NYC1", quantity: 1, eta: "2098-02-01T00:00:00Z" },
  ] }, "stock-only");
  await api.count("HELD-06", 5);
  const quote = await sold([{ sku: "HELD-06", quantity: 4 }]);
  const before = await list();
  await api.count("HELD-06", 1);
  const after = await list();
  const arrivals = after.tasks.filter(({ incoming }) => ["late", "soon", "away"].includes(incoming));
  assert.deepEqual(arrivals.map(({ task, incoming, sku, quantity }) => [task, incoming, sku, quantity]), [["receive", "soon", "HELD-05", 1], ["receive", "late", "HELD-04", 2]]);
  assert.deepEqual(after.tasks.find(({ task }) => task === "shortfall"), { task: "shortfall", sku: "HELD-06", quantity: 3, quotes: [quote] });
  const counts = ({ today }) => today.find(({ kind }) => kind === "count") ?? { movements: 0, units: 0, variance: 0 };
  assert.deepEqual([counts(after).movements - counts(before).movements, counts(after).units - counts(before).units,
    counts(after).variance - counts(before).variance], [1, 1, 4]);
  assert.equal(after.truncated, false);
});

test("a sku with a shard of its own is on the list once, before, while and after it moves", async () => {
  await api.count("HELD-07", 5);
  const quote = await sold([{ sku: "HELD-07", quantity: 2 }]);
  const told = async () => of(await list(), "pick", quote);
  assert.deepEqual(await told(), [["HELD-07", 2]]);
  const move = () => api.ask("POST", "/v1/admin/shards/moves", { key: "admin", json: { sku: "HELD-07", region: "enam" } });
  // While nobody is in charge of the sku, for a moment, it is on no list; never is it on two.
  await until(async () => {
    assert.ok((await told()).length <= 1);
    return (await move()).body.moves[0].state;
  }, (state) => state === "moved");
  assert.deepEqual(await told(), [["HELD-07", 2]]);
});

test("a branch sees its own list only, and a key without the scope none", async () => {
  const mine = await api.get(WORKLIST, "counter");
  assert.deepEqual([mine.location, Object.keys(mine).sort()], ["ATL1", ["as_of", "location", "parts", "tasks", "today", "truncated"]]);
  isProblem(await api.ask("GET", `${WORKLIST}?location=NYC1`, { key: "counter" }), 403, "forbidden");
  isProblem(await api.ask("GET", WORKLIST, { key: "shop" }), 403, "forbidden");
  isProblem(await api.ask("GET", `${WORKLIST}?location=NOWHERE`, { key: "stock-only" }), 404, "not_found");
  isProblem(await api.ask("POST", WORKLIST, { key: "stock-only", json: {} }), 405, "method_not_allowed");
  assert.doesNotMatch(JSON.stringify(mine), /price|amount/, "no prices");
});

test("a bar code finds its part, with and without the zeros before it", async () => {
  for (const gtin of ["0036000291452", "036000291452", "00036000291452"]) {
    const { match, parts } = await api.get(`/v1/parts?gtin=${gtin}`);
    assert.deepEqual([match, parts.map(({ sku }) => sku)], ["exact", ["PAD-1"]], gtin);
  }
  const shared = await api.get("/v1/parts?gtin=6291041500213");
  assert.deepEqual([shared.match, shared.parts.map(({ sku }) => sku)], ["ambiguous", ["AMB-1", "AMB-2"]]);
  assert.deepEqual(await api.get("/v1/parts?gtin=2000000000008"), { match: "none", parts: [] });
  namesFields(await api.ask("GET", "/v1/parts?gtin=2000000000009", { key: "shop" }), { "/gtin": "invalid" });
  namesFields(await api.ask("GET", "/v1/parts", { key: "shop" }), { "/number": "invalid" });
});
