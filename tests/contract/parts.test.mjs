// GET /v1/parts: what a part is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const find = (query) => api.get(`/v1/parts?${query}`);

test("a part is told without what it costs anybody", async () => {
  const part = await api.get("/v1/parts/PAD-1");
  assert.deepEqual(
    [part.sku, part.brand, part.brand_name, part.number, part.kind, part.life_cycle, part.supply, part.pack],
    ["PAD-1", "BRKA", "Brakina", "10-01", "physical", "active", "shelf", { minimum: 1, multiple: 1 }],
  );
  assert.equal(part.part_type.name, "Brake Pad");
  assert.deepEqual(part.interchange.map(({ sku, quantity, grade }) => [sku, quantity, grade]), [["PAD-2", 2, "equivalent"]]);
  assert.ok(!/cost|price/.test(Object.keys(part).join()), Object.keys(part).join());
});

test("what replaces a part, what it is made of and what it needs are told", async () => {
  assert.deepEqual((await api.get("/v1/parts/OLD-1")).superseded_by, ["OLD-2", "NEW-3"]);
  assert.deepEqual((await api.get("/v1/parts/KIT-1")).components, [{ sku: "COMP-A", quantity: 1 }, { sku: "COMP-B", quantity: 2 }]);
  assert.equal((await api.get("/v1/parts/CORE-1")).core_return_days, 45);
  assert.equal((await api.get("/v1/parts/DIGITAL-1")).billing, "per_use");
  assert.equal((await api.get("/v1/parts/CALIB-1")).calibration.procedure, "camera-static-target");
  assert.equal((await api.get("/v1/parts/ORDER-1")).supply, "made_to_order");
});

test("a number is found with and without its brand", async () => {
  const found = async (query) => { const { match, parts } = await find(query); return [match, parts.map(({ sku }) => sku)]; };
  assert.deepEqual((await found("brand=BRKA&number=10-01"))[0], "exact");
  assert.deepEqual((await found("brand=BRKA&number=10-01"))[1][0], "PAD-1");
  assert.deepEqual((await found("number=1001"))[0], "normalised");
  assert.deepEqual(await found("number=77-310"), ["ambiguous", ["AMB-1", "AMB-2"]]);
  assert.deepEqual(await found("brand=ORIG&number=OE+900"), ["interchange", ["PAD-1", "PAD-2"]]);
  assert.deepEqual(await found("brand=&number=30-01"), ["exact", ["PACK-1"]]);
  assert.deepEqual(await found("brand=LAMP&number=10-01"), ["none", []]);
});

test("bad parameters are named, an unknown part is not found", async () => {
  namesFields(await api.ask("GET", "/v1/parts", { key: "shop" }), { "/number": "invalid" });
  namesFields(await api.ask("GET", "/v1/parts?number=", { key: "shop" }), { "/number": "invalid" });
  namesFields(await api.ask("GET", `/v1/parts?number=${"9".repeat(49)}`, { key: "shop" }), { "/number": "invalid" });
  isProblem(await api.ask("GET", "/v1/parts/NO-SUCH", { key: "shop" }), 404, "not_found");
  isProblem(await api.ask("GET", "/v1/parts/%F0%9F%9A%97", { key: "shop" }), 404, "not_found");
  isProblem(await api.ask("GET", "/v1/parts/%FF%zz", { key: "shop" }), 404, "not_found");
});
