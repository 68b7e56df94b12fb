// Where a line's goods come from: the order of `sources`. All locations but SHUT1 never close, so no test depends on
// the time of day. SPLIT-1: 3 at ATL1, 4 at HUB, 9 at NYC1, 6 at PICK1 (which does not deliver), 50 at SHUT1.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { namesFields, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const sources = async (quantity, options) => (await api.line({ sku: "SPLIT-1", quantity }, options)).sources;
const order = async (quantity, options) => (await sources(quantity, options)).map(({ location }) => location);
const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();

test("delivery asks the home location, then who delivers soonest; who does not deliver comes last", async () => {
  assert.deepEqual(await order(3), ["ATL1", "HUB", "NYC1", "SHUT1", "PICK1"]);
});

test("pickup asks the home location, then who is ready soonest", async () => {
  const found = await sources(3, { fulfilment: "pickup" });
  assert.deepEqual(found.map(({ location }) => location), ["ATL1", "PICK1", "NYC1", "HUB", "SHUT1"]);
  const ready = Object.fromEntries(found.map(({ location, ready_at }) => [location, ready_at && new Date(ready_at) - Date.now()]));
  for (const [location, minutes] of [["ATL1", 20], ["PICK1", 10], ["HUB", 90]]) {
    assert.ok(Math.abs(ready[location] - minutes * 60_000) < 5_000, location);
  }
});

test("a location that is closed says so and comes last", async () => {
  const shut = (await sources(1, { fulfilment: "pickup" })).at(-1);
  assert.deepEqual([shut.location, shut.open_now, shut.ready_at, shut.deliver_by, shut.opens_at], ["SHUT1", false, null, null, null]);
});

test("the fewest places that hold the quantity come first", async () => {
  assert.deepEqual((await order(7)).slice(0, 1), ["NYC1"], "one place, though the home location has three");
  assert.deepEqual((await order(12)).slice(0, 2), ["ATL1", "NYC1"], "of two places, the home location is one");
});

test("who cannot make it in time comes after who can, be it the home location", async () => {
  const ask = (needed_by) => order(1, { key: "demo-admin", fulfilment: "pickup", needed_by });
  assert.equal((await ask(undefined))[0], "HUB", "the home of the account, ready in 90 minutes");
  assert.deepEqual(await ask(inMinutes(40)), ["PICK1", "ATL1", "NYC1", "HUB", "SHUT1"]);
  assert.equal((await ask(inMinutes(120)))[0], "HUB");
});

test("where the goods go decides which region is asked, and the distances", async () => {
  const line = (deliver_to) => api.line({ sku: "PAD-1", quantity: 1 }, { deliver_to });
  assert.deepEqual((await line(undefined)).sources.map(({ location, distance_km }) => [location, distance_km]), [["ATL1", 0], ["HUB", 16.4]]);
  for (const west of [{ location: "LAX1" }, { lat: 34.0522, lon: -118.2437 }]) {
    const { sources, source, available } = await line(west);
    assert.deepEqual(sources.map(({ location, distance_km }) => [location, distance_km]), [["LAX1", 0]]);
    assert.deepEqual([source, available], ["shard", 500]);
  }
});

test("a place that does not exist is named", async () => {
  const ask = (deliver_to) => api.ask("POST", "/v1/query", { key: "shop", json: { lines: [{ sku: "PAD-1" }], deliver_to } });
  namesFields(await ask({ location: "NOWHERE" }), { "/deliver_to": "unknown_location" });
  namesFields(await ask({ location: "NO WHERE" }), { "/deliver_to/location": "invalid" });
  namesFields(await ask({ lat: 91, lon: 0 }), { "/deliver_to": "out_of_range" });
  namesFields(await ask({ lat: 1 }), { "/deliver_to/lon": "missing" });
  namesFields(await ask({ location: "ATL1", lat: 1 }), { "/deliver_to/lat": "unknown_field" });
  namesFields(await ask("ATL1"), { "/deliver_to": "invalid" });
});

test("a location that is closed today and tomorrow opens the day after, by its own clock", async () => {
  const locations = await api.get("/v1/admin/catalog?key=locations", "admin");
  const atlanta = locations.find(({ id }) => id === "ATL1");
  const localDay = (days) => new Date(Date.now() + days * 86_400_000).toLocaleDateString("sv", { timeZone: "America/New_York" });
  atlanta.closed_days = [localDay(0), localDay(1)];
  const body = JSON.stringify({ key: "locations", value: locations });
  assert.equal((await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body })).status, 200);
  const found = (await sources(3, { fulfilment: "pickup" })).find(({ location }) => location === "ATL1");
  assert.equal(found.open_now, false);
  const local = new Date(found.opens_at).toLocaleString("sv", { timeZone: "America/New_York" });
  assert.equal(local, `${localDay(2)} 00:00:00`);
  assert.equal(new Date(found.ready_at) - new Date(found.opens_at), 20 * 60_000);
});
