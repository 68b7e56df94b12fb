// The demonstration catalogue over HTTP, with the first request of API.md: what docs/demo-catalogue.md tells to try.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../local/config.mjs";
import { openInstance, usd } from "./instance.mjs";

// Their stock is loaded; the other parts' would take longer than it is worth here.
const STOCKED = ["BRKX-4410", "HALT-77310", "ECNV-100006", "HALT-70003", "RMNX-1882R", "BRKX-5007", "RTNQ-R3011", "BRKX-5037"];

let api, tables;
before(async () => {
  tables = mkdtempSync(join(tmpdir(), "holdfast-demonstration-"));
  for (const file of ["stock.csv", "incoming.csv"]) {
    const [header, ...rows] = readFileSync(join(ROOT, "kv-seed/demo", file), "utf8").split("\n");
    const wanted = rows.filter((row) => STOCKED.some((sku) => row.includes(`,${sku},`)));
    writeFileSync(join(tables, file), [header, ...wanted, ""].join("\n"));
  }
  api = await openInstance({ catalogue: join(ROOT, "kv-seed/demo"), stock: tables, admin: "demo-admin" });
});
after(async () => {
  await api.close();
  rmSync(tables, { recursive: true });
});

const line = (fields, key = "demo-shop") => api.line(fields, { key });

test("the first request of the documentation is answered", async () => {
  // Late enough for every location, whatever the hour and the day.
  const inAWeek = new Date(Date.now() + 7 * 86_400_000).toISOString();
  const answer = await api.post("/v1/query", {
    lines: [{ sku: "BRKX-4410", quantity: 2 }, { brand: "BRKX", number: "44-10", quantity: 1 },
      { vin: "1HGCM82633A004352", part_type: "brake pad", position: "front", quantity: 1 }],
    deliver_to: { lat: 33.75, lon: -84.39 }, fulfilment: "delivery", needed_by: inAWeek, budget_ms: 5_000, explain: false,
  }, "demo-shop");
  const [bySku, byNumber, byVehicle] = answer.lines;
  // enam: 1 above safety stock at the centre, 13 + 11 + 7 + 12 + 11 + 9 + 7 + 9 + 3 at the branches.
  assert.deepEqual([bySku.sku, bySku.match, bySku.status, bySku.available], ["BRKX-4410", "exact", "in_stock", 83]);
  assert.deepEqual([bySku.price.unit_exact, bySku.price.extended, bySku.price.list], ["46.8860", usd(9377), usd(6895)]);
  assert.deepEqual(bySku.sources[0].location, "ATL1");
  assert.equal(bySku.sources.length, 5);
  assert.deepEqual([byNumber.sku, byNumber.match], ["BRKX-4410", "exact"]);
  assert.equal(byVehicle.match, "fitment");
  assert.deepEqual([byVehicle.sku, ...byVehicle.alternates.map(({ sku }) => sku)].sort(), ["BRKX-4410", "ECNV-100006", "HALT-77310"]);
});

test("each account buys at its own terms", async () => {
  const unit = async (key, sku, quantity = 1) => (await line({ sku, quantity }, key)).price.unit_exact;
  assert.equal(await unit("demo-shop", "BRKX-4410", 4), "41.2011", "44.5417 − 7.5 %");
  assert.equal(await unit("demo-fleet", "BRKX-4410"), "35.8540", "the contract");
  assert.equal(await unit("demo-fleet", "BRKX-4410", 20), "34.4750");
  assert.equal(await unit("demo-shop", "HALT-77310"), "58.8752", "67.2860 − 12.5 %, half to even");
  assert.equal(await unit("demo-fleet", "BRKX-5080"), "42.2384", "32.9130 lifted to 40.2270 + 5 %, half to even");
  assert.equal(await unit("demo-shop", "LMZR-77310", 2), "9.9900", "a promotion that sets the price");
});

test("what is worth trying does what is said", async () => {
  const lines = await api.lines(["BRKX-4390", { number: "77310" }, { brand: "ORGN", number: "10002-028" }, "BRKX-5037", "SNSQ-900",
    "HVXT-900", "HALT-900", "DGTA-D101", "HALT-70003", "KTZR-K1006"], { key: "demo-shop" });
  const [old, ambiguous, other, request, euro, toOrder, gone, digital, late, kit] = lines;
  assert.equal(old.alternates[0].sku, "BRKX-4410");
  assert.deepEqual(ambiguous.candidates.map(({ sku }) => sku).sort(), ["HALT-77310", "LMZR-77310"]);
  assert.deepEqual([other.match, other.sku], ["interchange", "BRKX-4410"]);
  assert.equal(request.price_reason.code, "no_price");
  assert.equal(euro.price_reason.code, "currency_not_available");
  assert.deepEqual([toOrder, gone, digital].map(({ status }) => status), ["special_order", "discontinued", "in_stock"]);
  assert.deepEqual([late.status, late.eta], ["backorder", "2028-03-06T00:00:00.000Z"]);
  assert.equal(kit.match, "exact");
  const core = await line("RMNX-1882R");
  assert.deepEqual([core.price.core, core.price.unit], [usd(6000), usd(14_617)]);
  assert.equal((await line("ECNV-100006", "demo-fleet")).price_reason.code, "brand_not_sold_to_account");
});

test("the public sees a price that is not below the advertised floor", async () => {
  const { price } = await api.get("/v1/availability/HALT-77310", "demo-web");
  assert.deepEqual([price.unit, price.raised_to_floor], [usd(9203), true], "92.0235, rounded up");
});
