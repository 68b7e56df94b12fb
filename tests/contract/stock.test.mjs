// Movements, counters, versions and the ledger. Each test works on a sku of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance, TIME } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

let count = 0;
/** A movement at ATL1 with an id of its own. */
const movement = (sku, kind, quantity, more = {}) => ({ id: `m-${count += 1}`, sku, location: "ATL1", kind, quantity, ...more });
/** Carries out one movement. */
const move = async (...parts) => (await api.move([movement(...parts)]))[0];
const counters = async (sku, location) => {
  const { on_hand, committed, held, quarantined, safety, available, version } = await api.position(sku, location);
  return { on_hand, committed, held, quarantined, safety, available, version };
};

test("every kind of movement does what it says, and each is one version", async () => {
  const sku = "MOVED-01";
  const steps = [
    ["count", 10, 10, 0], ["receipt", 5, 15, 0], ["adjustment", 2, 17, 0], ["adjustment", -3, 14, 0], ["damage", 1, 13, 0],
    ["quarantine", 4, 13, 4], ["release_quarantine", 1, 13, 3], ["transfer_out", 2, 11, 3], ["transfer_in", 6, 17, 3],
    ["return", 1, 18, 3],
  ];
  for (const [place, [kind, quantity, on_hand, quarantined]] of steps.entries()) {
    const result = await move(sku, kind, quantity);
    assert.deepEqual([result.result, result.version, result.on_hand], ["applied", place + 1, on_hand], kind);
    const now = await counters(sku);
    assert.deepEqual([now.quarantined, now.available, now.version], [quarantined, on_hand - quarantined, place + 1], kind);
  }
  assert.deepEqual([(await move(sku, "pick", 1)).code], ["exceeds_committed"], "nothing is sold");
  assert.equal((await api.line(sku)).available, 15, "and a query sees it at once");
});

test("a movement that cannot be is rejected with a code, and changes nothing", async () => {
  const sku = "MOVED-02";
  await move(sku, "count", 5, { safety: 2 });
  await move(sku, "quarantine", 1);
  const before = await counters(sku);
  assert.deepEqual([before.safety, before.available], [2, 2]);
  for (const [kind, quantity, more, code] of [
    ["receipt", 0, {}, "invalid_quantity"], ["receipt", -1, {}, "invalid_quantity"], ["receipt", 10_000_000, {}, "invalid_quantity"],
    ["count", -1, {}, "invalid_quantity"], ["adjustment", 0, {}, "invalid_quantity"], ["adjustment", -5, {}, "exceeds_free"],
    ["transfer_out", 5, {}, "exceeds_free"], ["damage", 6, {}, "exceeds_on_hand"], ["quarantine", 5, {}, "exceeds_on_hand"],
    ["release_quarantine", 2, {}, "exceeds_quarantined"], ["pick", 1, {}, "exceeds_committed"],
    ["receipt", 1, { safety: 1 }, "invalid_field"], ["count", 1, { incoming: "r" }, "invalid_field"],
    ["receipt", 1, { incoming: "no-such" }, "unknown_incoming"],
    ["receipt", 1, { location: "NOWHERE" }, "unknown_location"], ["receipt", 1, { sku: "NO-SUCH" }, "unknown_sku"],
    ["receipt", 1, { sku: "KIT-1" }, "not_stocked"], ["receipt", 1, { sku: "DIGITAL-1" }, "not_stocked"],
  ]) {
    const result = await move(sku, kind, quantity, more);
    assert.deepEqual([result.result, result.code], ["rejected", code], `${kind} ${quantity} ${JSON.stringify(more)}`);
    assert.ok(result.detail.length > 0);
  }
  assert.deepEqual(await counters(sku), before);
  assert.equal((await api.ledger(sku)).length, 2);
});

test("a movement sent again is a duplicate and changes nothing", async () => {
  const sent = movement("MOVED-03", "receipt", 4, { reason: "PO 7" });
  const [first] = await api.move([sent]);
  await move("MOVED-03", "receipt", 1);
  const [again, twice] = await api.move([sent, sent]);
  assert.deepEqual([first.result, first.version], ["applied", 1]);
  assert.deepEqual([again, twice], Array(2).fill({ result: "duplicate", id: sent.id, version: 1 }));
  assert.equal((await counters("MOVED-03")).on_hand, 5);
});

test("an id that was used for another movement is refused, at another position it is free", async () => {
  const sent = movement("MOVED-04", "receipt", 4);
  await api.move([sent]);
  const [other] = await api.move([{ ...sent, quantity: 5 }]);
  assert.deepEqual([other.result, other.code], ["rejected", "id_reused"]);
  const [elsewhere] = await api.move([{ ...sent, location: "HUB" }]);
  assert.equal(elsewhere.result, "applied");
});

test("a movement that expects another version is told the current one", async () => {
  const sku = "MOVED-05";
  assert.equal((await move(sku, "count", 3, { expect_version: 0 })).result, "applied", "a position nobody has written");
  const late = movement(sku, "count", 9, { expect_version: 0 });
  assert.deepEqual((await api.move([late]))[0], { result: "version_conflict", id: late.id, version: 1 });
  assert.equal((await api.move([{ ...late, expect_version: 1 }]))[0].result, "applied", "the id was not used up");
  assert.equal((await counters(sku)).on_hand, 9);
});

test("of two that expect the same version one wins", async () => {
  const sku = "MOVED-06";
  const results = await Promise.all([1, 2, 3, 4].map((quantity) => move(sku, "count", quantity, { expect_version: 0 })));
  assert.deepEqual(results.map(({ result }) => result).sort(), ["applied", ...Array(3).fill("version_conflict")]);
});

test("a call's results come in the order of its movements, over all shards and regions", async () => {
  const sent = [];
  for (let n = 10; n < 30; n += 1) {
    sent.push(movement(`MOVED-${n}`, "receipt", n, { location: n % 2 ? "LAX1" : "NYC1" }));
    if (n % 5 === 0) sent.push(movement("NO-SUCH", "receipt", 1));
  }
  const results = await api.move(sent);
  assert.deepEqual(results.map(({ id }) => id), sent.map(({ id }) => id));
  for (const [place, { result, on_hand }] of results.entries()) {
    const { sku, quantity } = sent[place];
    assert.deepEqual([result, on_hand], sku === "NO-SUCH" ? ["rejected", undefined] : ["applied", quantity], sku);
  }
});

test("movements of one call are applied one after the other", async () => {
  const results = await api.move([
    movement("MOVED-07", "receipt", 2), movement("MOVED-07", "damage", 3), movement("MOVED-07", "damage", 2),
  ]);
  assert.deepEqual(results.map(({ result }) => result), ["applied", "rejected", "applied"]);
  assert.equal((await counters("MOVED-07")).on_hand, 0);
});

test("a count sets what is there, and the ledger keeps what the books said", async () => {
  await move("MOVED-08", "receipt", 9);
  await move("MOVED-08", "quarantine", 8);
  await move("MOVED-08", "count", 6);
  const { on_hand, quarantined } = await counters("MOVED-08");
  assert.deepEqual([on_hand, quarantined], [6, 6], "no more can be in quarantine than is there");
  const [, , counted] = await api.ledger("MOVED-08");
  assert.deepEqual([counted.expected, counted.on_hand], [9, 6]);
});

test("positions show every counter, at every location, in order", async () => {
  await api.move([movement("MOVED-09", "count", 3, { safety: 1 }), movement("MOVED-09", "receipt", 4, { location: "LAX1" })]);
  const answer = await api.get("/v1/stock/MOVED-09", "stock-only");
  const empty = { committed: 0, held: 0, quarantined: 0, incoming: [] };
  assert.deepEqual(answer, {
    sku: "MOVED-09",
    positions: [
      { sku: "MOVED-09", location: "ATL1", version: 1, on_hand: 3, safety: 1, ...empty, available: 2 },
      { sku: "MOVED-09", location: "LAX1", version: 1, on_hand: 4, safety: 0, ...empty, available: 4 },
    ],
  });
  assert.deepEqual((await api.get("/v1/stock/NONE-1", "stock-only")).positions, []);
});

test("a sku with a slash has stock like any other", async () => {
  await move("MOVED/1", "receipt", 2);
  assert.equal((await counters("MOVED/1")).on_hand, 2);
  assert.equal((await api.get("/v1/stock/MOVED%2F1/movements", "stock-only")).movements.length, 1);
});

test("the ledger is told oldest first, page by page, and replaying it makes the position", async () => {
  const sku = "MOVED-10";
  const sent = [movement(sku, "count", 50)];
  for (let n = 1; n <= 24; n += 1) sent.push(movement(sku, n % 3 ? "receipt" : "damage", n));
  await api.move(sent);
  for (const limit of [1, 7, 25, 100]) {
    const entries = await api.ledger(sku, "ATL1", limit);
    assert.deepEqual(entries.map(({ id }) => id), sent.map(({ id }) => id), `pages of ${limit}`);
  }
  const full = await api.get(`/v1/stock/${sku}/movements?location=ATL1&limit=25`, "stock-only");
  assert.deepEqual([full.movements.length, full.next], [25, undefined], "a full page that is the last says so");
  const entries = await api.ledger(sku);
  for (const [place, entry] of entries.entries()) {
    assert.match(entry.at, TIME);
    assert.ok(place === 0 || entry.seq > entries[place - 1].seq);
    assert.equal(entry.version, place + 1);
  }
  const effect = { count: (_, n) => n, receipt: (on_hand, n) => on_hand + n, damage: (on_hand, n) => on_hand - n };
  const replayed = entries.reduce((on_hand, { kind, quantity }) => effect[kind](on_hand, quantity), 0);
  const { on_hand, version } = await counters(sku);
  assert.deepEqual([on_hand, version], [replayed, 25]);
});

test("the ledger of no location in particular is that of the account's home region", async () => {
  await api.move([movement("MOVED-11", "receipt", 1, { location: "NYC1", reason: "a box" }), movement("MOVED-11", "receipt", 1)]);
  const { movements } = await api.get("/v1/stock/MOVED-11/movements?limit=2", "stock-only");
  assert.deepEqual(movements.map(({ location, reason }) => [location, reason]), [["NYC1", "a box"], ["ATL1", undefined]]);
});

test("ledgers and positions that cannot be are told apart", async () => {
  const ask = (path) => api.ask("GET", `/v1/stock/${path}`, { key: "stock-only" });
  isProblem(await ask("NO-SUCH"), 404, "not_found");
  isProblem(await ask("NO-SUCH/movements"), 404, "not_found");
  isProblem(await ask("PAD-1/movements?location=NOWHERE"), 404, "not_found");
  namesFields(await ask("PAD-1/movements?location=NO%20WHERE"), { "/location": "invalid" });
  for (const limit of ["0", "501", "-1", "many"]) namesFields(await ask(`PAD-1/movements?limit=${limit}`), { "/limit": "invalid" });
  for (const after of ["-1", "1.5", "99999999999999999999"]) namesFields(await ask(`PAD-1/movements?after=${after}`), { "/after": "invalid" });
  assert.deepEqual((await ask("PAD-1/movements?after=9007199254740993")).body.movements, [], "past the end");
});

test("a branch moves stock at its own location only", async () => {
  const results = await api.move([movement("MOVED-12", "receipt", 1), movement("MOVED-12", "receipt", 1, { location: "HUB" })], "counter");
  assert.deepEqual(results.map(({ result, code }) => [result, code]), [["applied", undefined], ["rejected", "forbidden_location"]]);
  const { results: [receipt] } = await api.post("/v1/stock/incoming",
    { receipts: [{ id: "r", sku: "MOVED-12", location: "HUB", quantity: 1, eta: "2098-01-01T00:00:00Z" }] }, "counter");
  assert.deepEqual([receipt.result, receipt.code], ["rejected", "forbidden_location"]);
});

test("a receipt is scheduled, repeated, changed and cancelled", async () => {
  const at = { id: "PO-1", sku: "NONE-1", location: "ATL1" };
  const change = async (body) => (await api.post("/v1/stock/incoming", body, "stock-only")).results[0];
  const receipt = { ...at, quantity: 40, eta: "2098-05-01T12:00:00Z" };
  assert.deepEqual(await change({ receipts: [receipt] }), { id: "PO-1", result: "scheduled" });
  assert.deepEqual(await change({ receipts: [receipt] }), { id: "PO-1", result: "unchanged" });
  let line = await api.line({ sku: "NONE-1", quantity: 40 });
  assert.deepEqual([line.status, line.eta], ["backorder", "2098-05-01T12:00:00.000Z"]);
  assert.deepEqual(line.incoming, [{ location: "ATL1", quantity: 40, eta: "2098-05-01T12:00:00.000Z" }]);

  assert.deepEqual(await change({ receipts: [{ ...receipt, quantity: 30 }] }), { id: "PO-1", result: "updated" });
  assert.equal((await api.line({ sku: "NONE-1", quantity: 40 })).status, "out_of_stock");
  assert.deepEqual(await change({ cancel: [at] }), { id: "PO-1", result: "cancelled" });
  assert.deepEqual(await change({ cancel: [at] }), { id: "PO-1", result: "not_found" });
  line = await api.line("NONE-1");
  assert.deepEqual([line.status, line.incoming], ["out_of_stock", []]);
});

test("goods that come in are taken off what was expected", async () => {
  const receipts = [
    { id: "PO-2", sku: "MOVED-14", location: "ATL1", quantity: 10, eta: "2098-02-01T00:00:00Z" },
    { id: "PO-1", sku: "MOVED-14", location: "ATL1", quantity: 5, eta: "2098-01-01T00:00:00Z" },
  ];
  await api.post("/v1/stock/incoming", { receipts }, "stock-only");
  const expected = async () => (await api.position("MOVED-14")).incoming.map(({ id, quantity }) => [id, quantity]);
  assert.deepEqual(await expected(), [["PO-1", 5], ["PO-2", 10]], "the earlier first");
  await move("MOVED-14", "receipt", 4, { incoming: "PO-2" });
  assert.deepEqual(await expected(), [["PO-1", 5], ["PO-2", 6]]);
  await move("MOVED-14", "receipt", 5, { incoming: "PO-1" });
  assert.deepEqual(await expected(), [["PO-2", 6]]);
});

test("a position has a hundred receipts at most", async () => {
  const receipts = Array.from({ length: 101 }, (_, n) => (
    { id: `r-${n}`, sku: "MOVED-15", location: "ATL1", quantity: 1, eta: "2098-01-01T00:00:00Z" }));
  const { results } = await api.post("/v1/stock/incoming", { receipts }, "stock-only");
  assert.deepEqual(results.map(({ result }) => result), [...Array(100).fill("scheduled"), "rejected"]);
  assert.equal(results[100].code, "too_many");
});

test("receipts for what has no stock are rejected with a code", async () => {
  const receipt = (more) => ({ id: "r", sku: "PAD-1", location: "ATL1", quantity: 1, eta: "2098-01-01T00:00:00Z", ...more });
  const receipts = [receipt({ sku: "NO-SUCH" }), receipt({ sku: "KIT-1" }), receipt({ location: "NOWHERE" })];
  const { results } = await api.post("/v1/stock/incoming", { receipts }, "stock-only");
  assert.deepEqual(results.map(({ result, code }) => [result, code]),
    [["rejected", "unknown_sku"], ["rejected", "not_stocked"], ["rejected", "unknown_location"]]);
});

test("two hundred movements at the same time sum up exactly", async () => {
  const sku = "MOVED-16";
  const results = await Promise.all(Array.from({ length: 200 }, (_, n) => move(sku, "receipt", n + 1)));
  assert.ok(results.every(({ result }) => result === "applied"));
  const versions = new Set(results.map(({ version }) => version));
  assert.equal(versions.size, 200, "each saw a version of its own");
  const { on_hand, version } = await counters(sku);
  assert.deepEqual([on_hand, version], [(200 * 201) / 2, 200]);
  const entries = await api.ledger(sku);
  assert.equal(entries.at(-1).on_hand, on_hand);
});

test("units that are there once are taken once, however many ask at the same time", async () => {
  const sku = "MOVED-17";
  await move(sku, "count", 10);
  const results = await Promise.all(Array.from({ length: 50 }, () => move(sku, "transfer_out", 1)));
  assert.equal(results.filter(({ result }) => result === "applied").length, 10);
  assert.ok(results.every(({ result, code }) => result === "applied" || code === "exceeds_free"));
  assert.equal((await counters(sku)).on_hand, 0);
});

test("the same movement sent by many at once is applied once", async () => {
  const sent = movement("MOVED-18", "receipt", 7);
  const results = (await Promise.all(Array.from({ length: 30 }, () => api.move([sent])))).flat();
  assert.equal(results.filter(({ result }) => result === "applied").length, 1);
  assert.equal(results.filter(({ result }) => result === "duplicate").length, 29);
  assert.equal((await counters("MOVED-18")).on_hand, 7);
});

test("a call has one to a thousand movements", async () => {
  const ask = (movements) => api.ask("POST", "/v1/stock/movements", { key: "stock-only", json: { movements } });
  const many = (n) => Array.from({ length: n }, () => movement("MOVED-19", "receipt", 1));
  namesFields(await ask([]), { "/movements": "out_of_range" });
  namesFields(await ask(many(1_001)), { "/movements": "out_of_range" });
  assert.equal((await ask(many(1_000))).body.results.length, 1_000);
  assert.equal((await counters("MOVED-19")).on_hand, 1_000);
});

test("one bad movement fails the call before any is applied, and is named", async () => {
  const bad = { ...movement("MOVED-20", "theft", 1.5), id: "two words", when: "now" };
  const json = { movements: [movement("MOVED-20", "receipt", 1), bad] };
  namesFields(await api.ask("POST", "/v1/stock/movements", { key: "stock-only", json }), {
    "/movements/1/id": "invalid", "/movements/1/kind": "invalid", "/movements/1/quantity": "invalid", "/movements/1/when": "unknown_field",
  });
  assert.equal(await api.position("MOVED-20"), undefined);
});

test("bad receipts are named", async () => {
  const ask = (json) => api.ask("POST", "/v1/stock/incoming", { key: "stock-only", json });
  namesFields(await ask({}), { "": "out_of_range" });
  namesFields(await ask({ receipts: [], cancel: [] }), { "": "out_of_range" });
  namesFields(await ask({ receipts: [{ id: "r", sku: "PAD-1", location: "ATL1", quantity: 0, eta: "tomorrow" }] }),
    { "/receipts/0/quantity": "invalid", "/receipts/0/eta": "invalid" });
  namesFields(await ask({ cancel: [{ id: "r", sku: "PAD-1", location: "ATL1", quantity: 1 }] }), { "/cancel/0/quantity": "unknown_field" });
});

test("stock and ledger outlive a restart", async () => {
  const before = [await api.get("/v1/stock/MOVED-10", "stock-only"), await api.ledger("MOVED-10")];
  await api.restart();
  assert.deepEqual([await api.get("/v1/stock/MOVED-10", "stock-only"), await api.ledger("MOVED-10")], before);
  assert.equal((await api.line("PAD-1")).available, 40);
});
