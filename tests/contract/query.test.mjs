// POST /v1/query: how a line finds its part, and what is said of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openInstance, until, usd, TIME } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const ACCORD = "1HGCM82633A004352";

test("a sku in stock is answered with its number, price, stock and sources", async () => {
  const ask = () => api.post("/v1/query", { lines: [{ sku: "PAD-1", quantity: 3 }] });
  const answer = await until(ask, ({ lines }) => lines[0].source === "shard");
  assert.match(answer.as_of, TIME);
  assert.equal(answer.currency, "USD");
  const [line] = answer.lines;
  const { line: place, sku, brand, number, description, match, quantity, status, available, source, max_staleness_ms } = line;
  assert.deepEqual(
    { place, sku, brand, number, description, match, quantity, status, available, source, max_staleness_ms },
    { place: 0, sku: "PAD-1", brand: "BRKA", number: "10-01", description: "Brake pad", match: "exact", quantity: 3,
      status: "in_stock", available: 40, source: "shard", max_staleness_ms: 0 },
  );
  assert.match(line.as_of, TIME);
  assert.deepEqual(line.sources.map(({ location, kind, available }) => [location, kind, available]),
    [["ATL1", "branch", 10], ["HUB", "distribution_center", 30]]);
  for (const time of ["ready_at", "deliver_by", "cutoff"]) assert.match(line.sources[0][time], TIME, time);
  assert.deepEqual(line.pack, { minimum: 1, multiple: 1 });
  assert.ok(!("explain" in line), "nobody asked for an explanation");
});

test("a number is found as it is written and in any other spelling", async () => {
  const lines = await api.lines([
    { brand: "BRKA", number: "10-01" }, { brand: "BRKA", number: "1001" }, { brand: "brakina", number: " 10.0 1" },
    { number: "10-01" },
  ]);
  assert.deepEqual(lines.map(({ sku, match }) => [sku, match]),
    [["PAD-1", "exact"], ["PAD-1", "normalised"], ["PAD-1", "normalised"], ["PAD-1", "exact"]]);
});

test("a former number leads to the part and says so", async () => {
  const { sku, match } = await api.line({ brand: "BRKA", number: "OLD 10.01" });
  assert.deepEqual([sku, match], ["PAD-1", "supersession"]);
});

test("another maker's number is answered with the equivalent, in the number of units it takes", async () => {
  const line = await api.line({ brand: "ORIG", number: "oe900", quantity: 2 });
  assert.deepEqual([line.sku, line.match, line.quantity], ["PAD-1", "interchange", 2]);
  const [other] = line.alternates;
  assert.deepEqual([other.sku, other.relation, other.quantity, other.price.extended], ["PAD-2", "interchange", 4, usd(4400)]);
});

test("an interchange that takes two units for one is priced and checked for two", async () => {
  const { alternates: [other] } = await api.line({ sku: "PAD-1", quantity: 3 });
  // Six are needed, four are there.
  assert.deepEqual([other.sku, other.quantity, other.available, other.status], ["PAD-2", 6, 4, "out_of_stock"]);
  assert.deepEqual(other.price.extended, usd(6600));
});

test("a number that several parts share is ambiguous and nothing is guessed", async () => {
  const line = await api.line({ number: "77310" });
  assert.deepEqual([line.match, line.status, line.sku, line.price], ["ambiguous", "unknown", undefined, null]);
  assert.deepEqual(line.candidates.map(({ sku }) => sku).sort(), ["AMB-1", "AMB-2"]);
  assert.equal((await api.line({ brand: "LAMP", number: "77310" })).sku, "AMB-2", "with its brand it is not");
});

test("what cannot be found is answered in place, with the reason, and fails no other line", async () => {
  const lines = await api.lines(["NO-SUCH", { number: "no such" }, "PAD-1", { brand: "LAMP", number: "10-01" }]);
  assert.deepEqual(lines.map(({ line, match, reason }) => [line, match, reason?.code]), [
    [0, "none", "unknown_sku"], [1, "none", "unknown_number"], [2, "exact", undefined], [3, "none", "unknown_number"],
  ]);
  assert.deepEqual(lines.map(({ status }) => status), ["unknown", "unknown", "in_stock", "unknown"]);
});

test("a superseded part answers for itself and with its replacement at the living end of the chain", async () => {
  const line = await api.line("OLD-1");
  assert.deepEqual([line.sku, line.match, line.status], ["OLD-1", "supersession", "discontinued"]);
  const [next] = line.alternates;
  assert.deepEqual([next.sku, next.relation, next.available, next.status], ["NEW-3", "supersession", 3, "in_stock"]);
  assert.deepEqual(next.price.extended, usd(900));
});

test("a VIN and a part type lead to what fits, with the conditions of the fit", async () => {
  const line = await api.line({ vin: ACCORD, part_type: "brake pad", position: "front", quantity: 1 });
  assert.deepEqual([line.sku, line.match], ["PAD-1", "fitment"]);
  const [other] = line.alternates;
  assert.deepEqual([other.sku, other.relation], ["PAD-2", "fitment"]);
  assert.deepEqual(other.notes, ["fits sub-model EX", "with sport package", "2 units per vehicle at this position"]);
  assert.equal((await api.line({ vin: ACCORD, part_type: "Brake Pad", position: "rear" })).sku, "NEW-3");
});

test("a VIN that names no vehicle, or for which nothing fits, says which of the two", async () => {
  const lines = await api.lines([
    { vin: ACCORD, part_type: "spoiler" }, { vin: ACCORD, part_type: "brake pad", position: "roof" },
    { vin: "WVWZZZ1KZAW000001", part_type: "brake pad" },
  ]);
  assert.deepEqual(lines.map(({ match, reason }) => [match, reason.code]),
    [["none", "nothing_fits"], ["none", "nothing_fits"], ["none", "unknown_vehicle"]]);
});

test("the status speaks of the quantity that was asked for", async () => {
  const status = async (sku, quantity) => (await api.line({ sku, quantity })).status;
  assert.equal(await status("PAD-1", 20), "in_stock");
  assert.equal(await status("PAD-1", 40), "low_stock");
  assert.equal(await status("NONE-1", 1), "out_of_stock");
  assert.equal(await status("ORDER-1", 1), "special_order");
  assert.equal(await status("GONE-1", 2), "low_stock", "the last two may be sold");
  assert.equal(await status("GONE-1", 3), "discontinued");
  assert.equal(await status("DIGITAL-1", 1_000_000), "in_stock");
});

test("safety stock is not promised", async () => {
  const { available, status } = await api.line({ sku: "SAFE-1", quantity: 3 });
  assert.deepEqual([available, status], [2, "out_of_stock"]);
});

test("a backorder tells when receipts cover the quantity, and what is on its way", async () => {
  const line = async (quantity) => api.line({ sku: "BACK-1", quantity });
  const few = await line(5);
  assert.deepEqual([few.status, few.available, few.eta], ["backorder", 1, "2098-01-01T00:00:00.000Z"]);
  assert.deepEqual(few.incoming, [
    { location: "ATL1", quantity: 4, eta: "2098-01-01T00:00:00.000Z" },
    { location: "HUB", quantity: 6, eta: "2098-02-01T00:00:00.000Z" },
  ]);
  assert.equal((await line(6)).eta, "2098-02-01T00:00:00.000Z");
  const many = await line(12);
  assert.deepEqual([many.status, many.eta], ["out_of_stock", undefined]);
});

test("a kit can be had where all its components are, as often as the scarcest allows", async () => {
  const [first, second] = await api.lines(["KIT-1", "KIT-2"]);
  // ATL1: five A, six B; the hub has A but no B.
  assert.deepEqual([first.available, first.sources.map(({ location }) => location)], [3, ["ATL1"]]);
  assert.equal(second.available, 6);
  await api.move([{ id: "b-out", sku: "COMP-B", location: "ATL1", kind: "damage", quantity: 2 }]);
  const [one, two] = await api.lines(["KIT-1", "KIT-2"]);
  assert.deepEqual([one.available, two.available], [2, 4], "both kits use component B");
});

test("a quantity that breaks the pack rules is told the quantity to order", async () => {
  const line = await api.line({ sku: "PACK-1", quantity: 5 });
  assert.deepEqual(line.pack, { minimum: 4, multiple: 2 });
  assert.deepEqual(line.notes, ["sold from 4 in multiples of 2: order 6"]);
  assert.ok(!("notes" in await api.line({ sku: "PACK-1", quantity: 6 })));
});

test("a part that must be calibrated says so", async () => {
  const { calibration } = await api.line("CALIB-1");
  assert.deepEqual(calibration, { required: true, ecu: "Forward camera", procedure: "camera-static-target" });
  assert.ok(!("calibration" in await api.line("PAD-1")));
});

test("a hundred lines are answered in order", async () => {
  const asked = Array.from({ length: 100 }, (_, n) => ({ sku: ["PAD-1", "NO-SUCH", "KIT-1"][n % 3], quantity: n + 1 }));
  const lines = await api.lines(asked);
  assert.deepEqual(lines.map(({ line, quantity }) => [line, quantity]), asked.map(({ quantity }, n) => [n, quantity]));
  assert.deepEqual(lines.slice(0, 3).map(({ sku }) => sku), ["PAD-1", undefined, "KIT-1"]);
});

test("an account on hold sees prices and is told that it cannot order", async () => {
  const answer = await api.post("/v1/query", { lines: [{ sku: "PAD-1" }] }, "late");
  assert.deepEqual(answer.messages.map(({ code }) => code), ["account_on_hold"]);
  assert.deepEqual(answer.lines[0].price.unit, usd(1000));
});

test("what the near region does not have is answered from the other regions' snapshots, and says so", async () => {
  const line = await until(() => api.line("WEST-1"), ({ available }) => available > 0);
  assert.deepEqual([line.available, line.status, line.source], [8, "in_stock", "snapshot"]);
  assert.equal(line.max_staleness_ms, 94_000);
  assert.deepEqual(line.sources.map(({ location }) => location), ["LAX1"]);
  assert.ok(line.as_of <= new Date().toISOString());
  const near = await api.line("WEST-1", { key: "west" });
  assert.deepEqual([near.available, near.source, near.max_staleness_ms], [8, "shard", 0]);
});

test("that nothing is there is only as certain as the snapshots of the other regions", async () => {
  const { source, max_staleness_ms } = await api.line("NONE-1");
  assert.deepEqual([source, max_staleness_ms], ["snapshot", 94_000]);
});

test("a movement in a far region is published and seen", async () => {
  await until(() => api.line("WEST-1"), ({ available }) => available === 8);
  await api.move([{ id: "west-in", sku: "WEST-1", location: "LAX1", kind: "receipt", quantity: 5 }]);
  const line = await until(() => api.line("WEST-1"), ({ available }) => available === 13);
  assert.equal(line.source, "snapshot");
});
