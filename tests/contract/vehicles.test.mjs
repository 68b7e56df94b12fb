// GET /v1/vehicles: what a VIN says, and what fits. How well real VINs are decoded: kv-seed/tests/vin_accuracy.rs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { namesFields, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const ACCORD = "1HGCM82633A004352";
const vehicle = (vin) => api.get(`/v1/vehicles/${vin}`);
const warnings = async (vin) => (await vehicle(vin)).warnings.map(({ code }) => code);

test("a VIN tells year, make, model, body, powertrain and driver assistance", async () => {
  const { vin, year, make, model, body, powertrain, driver_assistance, warnings } = await vehicle(ACCORD);
  assert.deepEqual({ vin, year, make, model, body, powertrain, driver_assistance, warnings }, {
    vin: ACCORD, year: 2003, make: "Honda", model: "Accord", body: "Coupe", powertrain: "ice",
    driver_assistance: [{ feature: "backup_camera", fitted: "standard" }], warnings: [],
  });
});

test("an electric car is one", async () => {
  const { year, make, model, powertrain } = await vehicle("5YJ3E1EA2JF000316");
  assert.deepEqual({ year, make, model, powertrain }, { year: 2018, make: "Tesla", model: "Model 3", powertrain: "ev" });
});

test("a VIN may be in small letters", async () => {
  assert.equal((await vehicle(ACCORD.toLowerCase())).vin, ACCORD);
});

test("a wrong check digit is a warning that names the right one", async () => {
  const { warnings: [warning], model } = await vehicle("1HGCM82643A004352");
  assert.deepEqual([warning.code, model], ["check_digit_mismatch", "Accord"]);
  assert.match(warning.message, /position 9 is 4 .* 3:/);
});

test("a VIN from elsewhere, and one of a maker nobody knows, are warnings", async () => {
  assert.ok((await warnings("WVWZZZ1KZAW000001")).includes("outside_north_america"));
  assert.ok((await warnings("WVWZZZ1KZAW000001")).includes("unknown_manufacturer"));
  assert.ok((await warnings("1G1YY22G965000001")).includes("model_unknown"));
});

test("a text that cannot be a VIN is refused with the reason", async () => {
  for (const [vin, reason] of [
    [ACCORD.slice(1), /17 characters; this text has 16/], [`${ACCORD}0`, /has 18/], ["1", /has 1/],
    ["IHGCM82633A004352", /'I' at position 1 .*did you mean '1'/], ["1HGCM82633AO04352", /'O' at position 12/],
    ["1HGCM82633AQ04352", /'Q' at position 12/], ["1HGCM82633A00435%C3%A9", /at position 17/], ["1HGCM82633A00435%20", /has 16/],
  ]) {
    for (const path of [`/v1/vehicles/${vin}`, `/v1/vehicles/${vin}/parts?part_type=brake+pad`]) {
      const answer = await api.ask("GET", path, { key: "shop" });
      namesFields(answer, { "/vin": "invalid" });
      assert.match(answer.body.detail, reason);
    }
  }
});

test("without a part type, the part types that there are for the vehicle are told", async () => {
  const { vehicle, part_types, parts } = await api.get(`/v1/vehicles/${ACCORD}/parts`);
  assert.deepEqual([vehicle.model, part_types.sort(), parts], ["Accord", ["Brake Pad", "Radar Sensor", "Windshield"], []]);
});

test("what fits is told with its conditions", async () => {
  const fits = async (query) => (await api.get(`/v1/vehicles/${ACCORD}/parts?${query}`)).parts;
  const all = await fits("part_type=brake%20pad");
  assert.deepEqual(all.map(({ part, position }) => [part.sku, position]),
    [["PAD-1", "front"], ["PAD-2", "front"], ["NEW-3", "rear"]]);
  const [, other] = all;
  assert.deepEqual([other.quantity, other.submodel, other.qualifiers], [2, "EX", ["with sport package"]]);
  assert.deepEqual((await fits("part_type=Brake+Pad&position=rear")).map(({ part }) => part.sku), ["NEW-3"]);
  assert.deepEqual(await fits("part_type=spoiler"), []);
});

test("a vehicle of which too little is known has no parts, and no error", async () => {
  const { part_types, parts, vehicle } = await api.get("/v1/vehicles/WVWZZZ1KZAW000001/parts?part_type=brake+pad");
  assert.deepEqual([part_types, parts], [[], []]);
  assert.ok(vehicle.warnings.length > 0);
});
