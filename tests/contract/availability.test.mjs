// GET /v1/availability: what a shopper's browser is shown, and how it is cached.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance, until, usd, TIME } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const ORIGIN = "https://shop.example";
const shown = (sku, query = "") => api.get(`/v1/availability/${sku}${query}`, "page");

test("a part is shown with its public price and whether there is any", async () => {
  // Should the shard not answer within the fixed budget because this machine is busy, it will the next time.
  assert.deepEqual(await until(() => shown("PAD-1"), ({ source }) => source === "shard"), {
    sku: "PAD-1", brand_name: "Brakina", number: "10-01", description: "Brake pad", status: "in_stock",
    price: { unit: usd(1500), core: null, price_type: "RET", raised_to_floor: false, valid_until: null },
    pickup: null, delivery: null, source: "shard", max_staleness_ms: 0,
  });
});

test("the advertised floor lifts the public price, rounded up, and no other", async () => {
  const { price } = await shown("MAP-1");
  assert.deepEqual([price.unit, price.raised_to_floor], [usd(1801), true], "a floor of 18.0001");
  assert.deepEqual((await api.line("MAP-1")).price.unit, usd(1200));
});

test("where nobody may see a price there is none", async () => {
  for (const sku of ["NOPRICE-1", "EURO-1"]) assert.equal((await shown(sku)).price, null, sku);
});

test("the nearest counter that has the part is named for a shopper's place", async () => {
  const { pickup } = await shown("SPLIT-1", "?lat=33.7700&lon=-84.3830");
  assert.deepEqual([pickup.location, pickup.name, pickup.available, pickup.open_now], ["ATL1", "Atlanta", 3, true]);
  assert.equal(pickup.distance_km, 1.5);
  assert.equal((await shown("SPLIT-1", "?lat=33.8000&lon=-84.4000")).pickup.location, "PICK1");
  assert.match(pickup.ready_at, TIME);
  assert.equal(new Date(pickup.ready_at) % 300_000, 0, "told in steps of five minutes");
  assert.equal((await shown("PACK-1", "?lat=33.8&lon=-84.4")).pickup, null, "a distribution centre is no counter");
});

test("a counter tells until when, by its own clocks, and a delivery when it comes if ordered in time", async () => {
  const { pickup, delivery } = await shown("SPLIT-1", "?lat=33.8000&lon=-84.4000");
  assert.equal(pickup.time_zone, "America/New_York");
  // Open day and night: it closes at its midnight.
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: pickup.time_zone, timeStyle: "short" });
  assert.equal(clock.format(new Date(pickup.until)), "00:00");
  assert.ok(new Date(pickup.until) >= new Date(pickup.ready_at));
  assert.deepEqual(Object.keys(delivery), ["deliver_by", "cutoff"]);
  assert.ok(Date.now() < new Date(delivery.cutoff) && delivery.cutoff <= delivery.deliver_by);
  assert.equal(clock.format(new Date(delivery.cutoff)), "23:59", "the vans of Atlanta take orders longest");
  assert.equal((await shown("DIGITAL-1", "?lat=33.8&lon=-84.4")).delivery, null);
});

test("what cannot be had now comes with what can be had in its place, at most four, and nothing of how many there are", async () => {
  const { items: [old, none, there] } = await api.get("/v1/availability?sku=OLD-1&sku=NONE-1&sku=PAD-1", "page");
  assert.deepEqual(old.alternates, [{
    sku: "NEW-3", brand_name: "Brakina", number: "12-03", description: "What is sold instead", relation: "supersession",
    quantity: 1, status: "in_stock", price: null,
  }]);
  assert.ok(!("alternates" in none) && !("alternates" in there), "nothing instead; nothing needed");
});

test("an equivalent is named in the quantity that replaces one, while there is that many", async () => {
  await api.move([{ id: "pads-gone", sku: "PAD-1", location: "ATL1", kind: "count", quantity: 0 },
    { id: "pads-gone-too", sku: "PAD-1", location: "HUB", kind: "count", quantity: 0 },
    { id: "pads-gone-west", sku: "PAD-1", location: "LAX1", kind: "count", quantity: 0 }]);
  const gone = await until(() => shown("PAD-1"), ({ status }) => status === "out_of_stock");
  assert.deepEqual(gone.alternates.map(({ sku, relation, quantity, status }) => [sku, relation, quantity, status]),
    [["PAD-2", "interchange", 2, "in_stock"]], "two of four replace one");
  // Asked for beside its alternate, nothing is counted twice.
  await api.move([{ id: "few-pads", sku: "PAD-2", location: "ATL1", kind: "count", quantity: 3 }]);
  const both = () => api.get("/v1/availability?sku=PAD-2&sku=PAD-1", "page");
  const { items: [, one] } = await until(both, ({ items }) => items[1].alternates[0].status === "low_stock");
  assert.equal(one.alternates.length, 1);
  await api.move([{ id: "one-pad", sku: "PAD-2", location: "ATL1", kind: "count", quantity: 1 }]);
  await until(() => shown("PAD-1"), ({ alternates }) => alternates === undefined);
  await api.move([{ id: "pads-back", sku: "PAD-1", location: "ATL1", kind: "count", quantity: 10 }, { id: "more-pads", sku: "PAD-2", location: "ATL1", kind: "count", quantity: 4 }]);
});

const ACCORD = "1HGCM82633A004352";

test("with a vehicle, each part tells whether it fits, and under what conditions", async () => {
  const { vehicle, items, part_types } = await api.get(`/v1/availability?sku=PAD-1&sku=PAD-2&sku=SPLIT-1&sku=DIGITAL-1&sku=OLD-1&sku=RADAR-2&sku=NOPE&vin=${ACCORD}`, "page");
  assert.deepEqual(vehicle, { year: 2003, make: "Honda", model: "Accord" });
  assert.equal(part_types, undefined);
  const told = ({ sku, fits, fit_notes, fit_quantity }) => [sku, fits, fit_notes, fit_quantity].filter((word) => word !== undefined);
  assert.deepEqual(items.map(told), [
    ["PAD-1", "yes", 1],
    ["PAD-2", "yes", ["EX", "with sport package"], 2],
    ["SPLIT-1", "no"],
    ["DIGITAL-1", "unknown"], // no part of its type is known for the vehicle
    ["OLD-1", "unknown"], // its replacement fits
    ["RADAR-2", "no"],
    ["NOPE"],
  ]);
  assert.equal((await shown("PAD-1", `?vin=${ACCORD.toLowerCase()}`)).fits, "yes");
  assert.equal((await shown("PAD-1")).fits, undefined, "only if asked");
  const unknown = await api.get("/v1/availability?sku=PAD-1&vin=1G1YY22G965000001", "page");
  assert.deepEqual([unknown.vehicle.model, unknown.items[0].fits], [null, "unknown"]);
});

test("with a vehicle and a part type, what fits is listed; without, the part types there are", async () => {
  const { vehicle, items, part_types } = await api.get(`/v1/availability?vin=${ACCORD}&part_type=brake+pad`, "page");
  assert.equal(vehicle.model, "Accord");
  assert.deepEqual(items.map(({ sku, fits }) => [sku, fits]).sort(), [["NEW-3", "yes"], ["PAD-1", "yes"], ["PAD-2", "yes"]]);
  assert.deepEqual(part_types.sort(), ["Brake Pad", "Radar Sensor", "Windshield"]);
  const types = await api.get(`/v1/availability?vin=${ACCORD}`, "page");
  assert.deepEqual([types.items, types.part_types.length], [[], 3]);
  assert.deepEqual((await api.get(`/v1/availability?vin=${ACCORD}&part_type=flux+capacitor`, "page")).items, []);
});

test("an answer about a shopper's vehicle is for that browser alone, and has a tag of its own", async () => {
  const ask = (query, headers) => api.ask("GET", `/v1/availability?sku=PAD-1${query}`, { key: "page", headers });
  const own = await ask(`&vin=${ACCORD}`);
  assert.equal(own.headers.get("cache-control"), "private, max-age=1, stale-while-revalidate=5");
  assert.notEqual(own.headers.get("etag"), (await ask("")).headers.get("etag"));
  assert.equal((await ask(`&vin=${ACCORD}`, { "if-none-match": own.headers.get("etag") })).status, 304);
});

test("a publishable key learns year, make and model here, and nothing at /v1/vehicles or elsewhere", async () => {
  for (const path of [`/v1/vehicles/${ACCORD}`, `/v1/vehicles/${ACCORD}/parts?part_type=brake+pad`, "/v1/parts/PAD-1", "/v1/quotes", "/v1/stock/PAD-1", "/v1/kpi"]) {
    isProblem(await api.ask("GET", path, { key: "page" }), 403, "forbidden");
  }
  assert.ok(!(await api.ask("GET", `/v1/availability?vin=${ACCORD}`, { key: "page" })).text.includes(ACCORD), "the VIN is not repeated");
});

test("the public is not told how deep the stock is", async () => {
  const answer = await shown("MAP-1", "?lat=33.78&lon=-84.38");
  assert.equal(answer.pickup.available, 10, "of 25");
  assert.ok(!("available" in answer) && !("sources" in answer) && !("incoming" in answer));
});

test("a superseded part tells what is sold instead, a backorder when", async () => {
  assert.equal((await shown("OLD-1")).superseded_by, "NEW-3");
  await api.move([{ id: "sold", sku: "BACK-1", location: "ATL1", kind: "count", quantity: 0 }]);
  const late = await shown("BACK-1");
  assert.deepEqual([late.status, late.eta], ["backorder", "2098-01-01T00:00:00.000Z"]);
});

test("a kit, a digital part and a part of another region have a status too", async () => {
  assert.equal((await shown("KIT-1")).status, "in_stock");
  assert.equal((await shown("DIGITAL-1")).status, "in_stock");
  const west = await until(() => shown("WEST-1"), ({ status }) => status === "in_stock");
  assert.deepEqual([west.source, west.max_staleness_ms], ["snapshot", 94_000]);
});

test("several skus are answered in order, unknown ones in place", async () => {
  const { items } = await api.get("/v1/availability?sku=PAD-1&sku=NO-SUCH&sku=OLD-1", "page");
  assert.deepEqual(items.map(({ sku, status }) => [sku, status]),
    [["PAD-1", "in_stock"], ["NO-SUCH", "unknown"], ["OLD-1", "discontinued"]]);
  assert.equal(items[1].price, null);
});

test("one unknown sku is not found", async () => {
  isProblem(await api.ask("GET", "/v1/availability/NO-SUCH", { key: "page" }), 404, "not_found");
  isProblem(await api.ask("GET", "/v1/availability/NO%20SUCH", { key: "page" }), 404, "not_found");
  isProblem(await api.ask("GET", "/v1/availability/", { key: "page" }), 404, "not_found");
});

test("a sku with a slash is asked for with the slash encoded", async () => {
  assert.equal((await shown("MOVED%2F1")).sku, "MOVED/1");
});

test("bad parameters are named", async () => {
  const ask = (query) => api.ask("GET", `/v1/availability${query}`, { key: "page" });
  namesFields(await ask(""), { "/sku": "invalid" });
  namesFields(await ask(`?${"sku=PAD-1&".repeat(51)}`), { "/sku": "invalid" });
  assert.equal((await ask(`?${"sku=PAD-1&".repeat(50)}`)).status, 200);
  namesFields(await ask("?sku=A%20B"), { "/sku": "invalid" });
  namesFields(await ask("?part_type=brake+pad"), { "/sku": "invalid" });
  namesFields(await ask(`?sku=PAD-1&part_type=brake+pad&vin=${ACCORD}`), { "/part_type": "invalid" });
  for (const path of ["?sku=PAD-1&vin=", "?vin=1HGCM82633AO04352", "/PAD-1?vin=1"]) namesFields(await ask(path), { "/vin": "invalid" });
  namesFields(await ask("/PAD-1?lat=33"), { "/lat": "invalid" });
  namesFields(await ask("/PAD-1?lat=91&lon=0"), { "/lat": "invalid" });
  namesFields(await ask("/PAD-1?lat=north&lon=0"), { "/lat": "invalid" });
  namesFields(await ask("/PAD-1?lat=0&lon=NaN"), { "/lon": "invalid" });
});

test("an answer may be cached for a second, and who has it already gets a 304", async () => {
  const ask = (condition) => api.ask("GET", "/v1/availability/CORE-1", { key: "page", headers: condition });
  const first = await ask({});
  const etag = first.headers.get("etag");
  assert.match(etag, /^"[0-9a-f]{16}"$/);
  assert.equal(first.headers.get("cache-control"), "public, max-age=1, stale-while-revalidate=5");
  assert.equal(first.headers.get("vary"), "Authorization, X-API-Key, Origin");
  assert.equal(first.headers.get("content-type"), "application/json");
  for (const condition of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await ask({ "if-none-match": condition });
    assert.deepEqual([again.status, again.text, again.headers.get("etag")], [304, "", etag], condition);
  }
  assert.equal((await ask({ "if-none-match": '"other"' })).status, 200);
});

test("a 304 is given by an instance that has to look, too, and for any current answer", async () => {
  const { headers } = await api.ask("GET", "/v1/availability/CALIB-1", { key: "page" });
  await api.restart();
  for (const condition of [headers.get("etag"), "*"]) {
    const again = await api.ask("GET", "/v1/availability/CALIB-1", { key: "demo-web", headers: { "if-none-match": condition } });
    assert.equal(again.status, 304, condition);
  }
});

test("the tag changes when the answer does, a second later at the latest", async () => {
  const ask = () => api.ask("GET", "/v1/availability/CONTRACT-1", { key: "page" });
  const before = await ask();
  assert.equal(before.body.status, "in_stock");
  await api.move([{ id: "c-0", sku: "CONTRACT-1", location: "ATL1", kind: "count", quantity: 0 }]);
  const moved = Date.now();
  const after = await until(ask, ({ body }) => body.status === "out_of_stock");
  assert.ok(Date.now() - moved < 2_000);
  assert.notEqual(after.headers.get("etag"), before.headers.get("etag"));
});

test("a page of an allowed origin may read the answer and its headers, errors included", async () => {
  for (const [sku, status] of [["PAD-1", 200], ["NO-SUCH", 404]]) {
    const answer = await api.ask("GET", `/v1/availability/${sku}`, { key: "page", headers: { origin: ORIGIN } });
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    const exposed = answer.headers.get("access-control-expose-headers");
    for (const name of ["ETag", "Retry-After", "Server-Timing"]) assert.ok(exposed.includes(name), name);
  }
});

test("a preflight is answered without a key", async () => {
  const headers = { origin: ORIGIN, "access-control-request-method": "GET", "access-control-request-headers": "authorization" };
  for (const path of ["/v1/availability/PAD-1", "/v1/availability?sku=PAD-1"]) {
    const answer = await api.ask("OPTIONS", path, { headers });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    assert.equal(answer.headers.get("access-control-allow-methods"), "GET, OPTIONS");
    assert.match(answer.headers.get("access-control-allow-headers"), /Authorization.*X-API-Key.*If-None-Match/);
    assert.ok(Number(answer.headers.get("access-control-max-age")) > 0);
  }
});

test("other paths give browsers nothing", async () => {
  const answer = await api.ask("POST", "/v1/query", { key: "shop", json: { lines: [{ sku: "PAD-1" }] }, headers: { origin: ORIGIN } });
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
  isProblem(await api.ask("OPTIONS", "/v1/query", { headers: { origin: ORIGIN } }), 405, "method_not_allowed");
});
