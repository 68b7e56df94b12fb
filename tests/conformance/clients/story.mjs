// What each client does: looks at the tools, asks, holds, and gives back.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

const VIN = "1HGCM82633A004352";
const CREW = { shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };

/** `list()` answers the tools, `call(name, arguments)` a tool's result. */
export async function story({ list, call }) {
  const names = (await list()).map(({ name }) => name);
  for (const name of ["query_parts", "hold_quote", "release_quote"]) assert.ok(names.includes(name), names.join());
  const query = data(await call("query_parts", { lines: [{ sku: "PAD-1", quantity: 2 }] }));
  assert.deepEqual([query.lines[0].sku, query.lines[0].total], ["PAD-1", "20.01"]);
  const held = data(await call("hold_quote", { lines: [{ sku: "PAD-1", quantity: 2 }], idempotency_key: randomUUID() }));
  assert.equal(held.state, "held");
  assert.equal(data(await call("release_quote", { quote: held.quote })).state, "released");
  const short = await call("hold_quote", { lines: [{ sku: "PAD-1", quantity: 1_000 }], idempotency_key: randomUUID() });
  assert.equal(short.isError, true);
  assert.match(short.content[0].text, /^insufficient_stock/);

  // From a VIN to the authorisation to calibrate. Clients check each answer against the tool's output schema.
  const vehicle = data(await call("decode_vehicle", { vin: VIN }));
  assert.deepEqual([vehicle.year, vehicle.make, vehicle.model], [2003, "Honda", "Accord"]);
  const { part_types } = data(await call("find_parts_for_vehicle", { vin: VIN }));
  assert.ok(part_types.includes("Radar Sensor"), part_types.join());
  const { parts: [{ sku }] } = data(await call("find_parts_for_vehicle", { vin: VIN, part_type: "radar sensor" }));
  assert.equal(data(await call("check_stock", { sku })).status, "in_stock");
  const full = data(await call("query_parts", { lines: [{ sku, quantity: 1 }, { sku: "NOPE" }, { number: "773-10" }], detail: "full" }));
  assert.equal(full.lines[0].calibration.required, true);
  const { quote } = data(await call("hold_quote", { lines: [{ sku, quantity: 1 }], idempotency_key: randomUUID() }));
  assert.equal(data(await call("extend_quote", { quote, ttl_seconds: 1_800 })).state, "held");
  assert.equal(data(await call("commit_quote", { quote })).state, "committed");
  const token = await call("issue_calibration_token", { quote, line: 0, vin: VIN, ...CREW, idempotency_key: randomUUID() });
  assert.match(data(token).token, /^eyJ/);
  assert.equal(data(await call("get_quote", { quote })).lines[0].committed, 1);
  console.log(`${names.length} tools listed; queried, held, released, refused; from VIN to token`);
}

function data(result) {
  assert.ok(!result.isError, JSON.stringify(result));
  assert.equal(result.content[0].type, "text");
  return result.structuredContent;
}
