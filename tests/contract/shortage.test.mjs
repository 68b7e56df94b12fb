// What a caller is told when there is not enough: how much there is and where, what is on its way, what else would do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isProblem, openInstance, usd } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

let count = 0;
const newKey = () => `order-${count += 1}`;
const hold = (lines, { key = "shop", order = newKey(), ...options } = {}) =>
  api.ask("POST", "/v1/quotes", { key, json: { lines, ...options }, headers: { "idempotency-key": order } });
/** The entries of a refusal for want of stock. */
const shortages = (answer) => isProblem(answer, 409, "insufficient_stock").errors;

test("a short line tells how many there are, at which location, and what else would do at which price", async () => {
  const [short, ...others] = shortages(await hold([{ sku: "MAP-1", quantity: 1 }, { sku: "PAD-1", quantity: 600 }]));
  assert.deepEqual(others, []);
  assert.deepEqual([short.pointer, short.code, short.line, short.sku], ["/lines/1", "insufficient_stock", 1, "PAD-1"]);
  assert.deepEqual([short.quantity, short.available], [600, 540]);
  assert.deepEqual(short.locations, [
    { location: "ATL1", available: 10 }, { location: "HUB", available: 30 }, { location: "LAX1", available: 500 },
  ]);
  assert.deepEqual(short.incoming, []);
  const [alternate] = short.alternates;
  assert.deepEqual([alternate.sku, alternate.relation, alternate.quantity, alternate.available], ["PAD-2", "interchange", 1_200, 4]);
  assert.deepEqual(alternate.price.extended, usd(1_200 * 1_100));
});

test("the alternates of a short line are those of a query", async () => {
  const [short] = shortages(await hold([{ sku: "PAD-1", quantity: 600 }]));
  assert.deepEqual(short.alternates, (await api.line({ sku: "PAD-1", quantity: 600 })).alternates);
});

test("what is on its way is told with its time", async () => {
  const [short] = shortages(await hold([{ sku: "BACK-1", quantity: 3 }]));
  assert.deepEqual([short.available, short.locations], [1, [{ location: "ATL1", available: 1 }]]);
  assert.deepEqual(short.incoming, [
    { location: "ATL1", quantity: 4, eta: "2098-01-01T00:00:00.000Z" },
    { location: "HUB", quantity: 6, eta: "2098-02-01T00:00:00.000Z" },
  ]);
});

test("a part that is nowhere has no location and no alternates, and says so", async () => {
  const [short] = shortages(await hold([{ sku: "HELD-01", quantity: 2 }]));
  assert.deepEqual([short.available, short.locations, short.incoming, short.alternates], [0, [], [], []]);
  assert.match(short.detail, /^0 of 2 units of HELD-01/);
});

test("a kit that is short names its missing components, where some are, and when more come", async () => {
  const receipts = [{ id: "PO-1", sku: "COMP-B", location: "HUB", quantity: 20, eta: "2098-03-01T00:00:00Z" }];
  await api.post("/v1/stock/incoming", { receipts }, "stock-only");
  const [kit] = shortages(await hold([{ sku: "KIT-1", quantity: 5 }]));
  assert.deepEqual([kit.sku, kit.quantity, kit.available], ["KIT-1", 5, 3]);
  assert.deepEqual(kit.locations, [{ location: "ATL1", available: 6, sku: "COMP-B" }]);
  assert.deepEqual(kit.incoming, [{ location: "HUB", quantity: 20, eta: "2098-03-01T00:00:00.000Z", sku: "COMP-B" }]);
  assert.match(kit.detail, /lacks 4 of COMP-B/);
});

test("a line pinned to a location is told of the others", async () => {
  const [short] = shortages(await hold([{ sku: "SPLIT-1", quantity: 2, location: "LAX1" }]));
  assert.equal(short.available, 0);
  const places = Object.fromEntries(short.locations.map(({ location, available }) => [location, available]));
  assert.deepEqual(places, { ATL1: 3, HUB: 4, NYC1: 9, PICK1: 6, SHUT1: 50 });
  const [some] = shortages(await hold([{ sku: "SPLIT-1", quantity: 5, location: "HUB" }]));
  assert.deepEqual([some.available, some.locations[0]], [4, { location: "HUB", available: 4 }]);
  assert.equal(some.locations.filter(({ location }) => location === "HUB").length, 1);
});

test("an entry points at the line as it was sent, also where lines before it were folded", async () => {
  const lines = [{ sku: "PAD-2", quantity: 1 }, { sku: "PAD-2", quantity: 1 }, { sku: "HELD-01", quantity: 1 }];
  const [short] = shortages(await hold(lines));
  assert.deepEqual([short.pointer, short.line], ["/lines/2", 1]);
});

test("the same order again is told the same, although stock has come meanwhile", async () => {
  const order = newKey();
  const first = await hold([{ sku: "HELD-02", quantity: 2 }], { order });
  await api.move([{ id: "opening", sku: "HELD-02", location: "ATL1", kind: "count", quantity: 9 }]);
  const again = await hold([{ sku: "HELD-02", quantity: 2 }], { order });
  assert.deepEqual([again.body, again.headers.get("idempotent-replayed")], [first.body, "true"]);
  assert.equal((await hold([{ sku: "HELD-02", quantity: 2 }])).status, 201);
});

test("a partial quote tells for each line what it lacks", async () => {
  const { status, body } = await hold([{ sku: "MAP-1", quantity: 1 }, { sku: "BACK-1", quantity: 3 }], { partial: true });
  assert.deepEqual([status, body.lines.map(({ held, lacking }) => [held, lacking])], [201, [[1, undefined], [1, 2]]]);
});

test("every short line is told, however many there are", async () => {
  const skus = ["NONE-1", "HELD-03", "HELD-04", "HELD-05", "HELD-06", "HELD-07", "HELD-08"];
  const locations = ["ATL1", "HUB", "NYC1", "PICK1", "SHUT1", "LAX1", undefined];
  const lines = locations.flatMap((location) => skus.map((sku) => ({ sku, quantity: 1, location })));
  const told = shortages(await hold(lines));
  assert.deepEqual(told.map(({ pointer }) => pointer), lines.map((_, place) => `/lines/${place}`));
});
