// Takes the examples of the document from a running demonstration (`make run`), which it changes a little:
//   node openapi/examples.mjs http://127.0.0.1:8787 && cargo run --package openapi
// Long lists are cut to their first entries.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";

const url = process.argv[2] ?? "http://127.0.0.1:8787";
const [operations, problems] = [{}, {}];
const PER_LIST = 2;

/** Asks, and keeps question and answer under an operation and a name. */
async function ask(operation, name, method, path, { key = "demo-shop", body, order, keep = true } = {}) {
  const headers = { "x-api-key": key, ...(order ? { "idempotency-key": order } : {}) };
  const response = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await response.text();
  const json = /json$/.test(response.headers.get("content-type") ?? "");
  const answer = json ? JSON.parse(text) : text;
  const problem = response.status >= 400;
  const wanted = PROBLEM_STATUS[name];
  if (problem ? response.status !== wanted : wanted !== undefined) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  if (problem) problems[answer.code] = cut(answer);
  else if (keep) (operations[operation] ??= []).push({ name, ...(body === undefined ? {} : { request: body }), status: response.status, answer: cut(answer) });
  return answer;
}

/** The names of examples that are to be refused. */
const PROBLEM_STATUS = {
  unauthenticated: 401, forbidden: 403, not_found: 404, invalid_request: 422, invalid_json: 400, insufficient_stock: 409,
  already_committed: 409, already_released: 409, not_committed: 409, exceeds_hold: 422, idempotency_key_required: 400,
  idempotency_key_reused: 422, already_redeemed: 409, entitlement_exhausted: 409, unknown_shop: 403,
  unknown_line: 422, invalid_signature: 403,
};

function cut(value) {
  // Tokens are long, and nothing to keep.
  if (typeof value === "string" && /^eyJ[^.]{20,}\./.test(value)) return `${value.slice(0, 20)}…`;
  if (Array.isArray(value)) return value.slice(0, PER_LIST).map(cut);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cut(member)]));
}

const PADS = { lines: [{ sku: "BRKX-4410", quantity: 2 }] };
const VIN = "1HGCM82633A004352";
const order = () => randomUUID();

await ask("getHealth", "up", "GET", "/healthz");
await ask("query", "by sku", "POST", "/v1/query", { body: PADS });
await ask("query", "by number and by vehicle", "POST", "/v1/query", { body: {
  lines: [{ brand: "BRKX", number: "44-10", quantity: 1 }, { vin: VIN, part_type: "brake pad", position: "front", quantity: 1 }],
  deliver_to: { lat: 33.75, lon: -84.39 }, fulfilment: "delivery", budget_ms: 60, explain: true,
} });
await ask("getAvailability", "near a shopper", "GET", "/v1/availability/BRKX-4410?lat=33.75&lon=-84.39", { key: "demo-web" });
await ask("getAvailabilities", "two parts", "GET", "/v1/availability?sku=BRKX-4410&sku=NOPE", { key: "demo-web" });
await ask("getAvailabilities", "with a vehicle, one that can be had and one that cannot", "GET", `/v1/availability?sku=RTNQ-R3005&sku=HALT-70003&vin=${VIN}`, { key: "demo-web" });
await ask("getAvailabilities", "what fits", "GET", `/v1/availability?vin=${VIN}&part_type=brake%20pad`, { key: "demo-web" });
await ask("getPart", "brake pads", "GET", "/v1/parts/BRKX-4410");
await ask("findParts", "by number", "GET", "/v1/parts?brand=BRKX&number=4410");
await ask("getVehicle", "a sedan", "GET", `/v1/vehicles/${VIN}`);
await ask("getVehicleParts", "brake pads", "GET", `/v1/vehicles/${VIN}/parts?part_type=brake%20pad&position=front`);

const key = order();
const quote = await ask("openQuote", "two sets of pads", "POST", "/v1/quotes", { body: { ...PADS, ttl_seconds: 900, reference: "PO-1" }, order: key });
await ask("", "idempotency_key_reused", "POST", "/v1/quotes", { body: { ...PADS, ttl_seconds: 901 }, order: key });
await ask("", "idempotency_key_required", "POST", "/v1/quotes", { body: PADS });
await ask("", "insufficient_stock", "POST", "/v1/quotes", { body: { lines: [{ sku: "BRKX-4410", quantity: 500 }] }, order: order() });
await ask("getQuote", "held", "GET", `/v1/quotes/${quote.id}`);
await ask("listQuotes", "by reference", "GET", "/v1/quotes?reference=PO-1&limit=1");
await ask("extendQuote", "half an hour", "POST", `/v1/quotes/${quote.id}/extend`, { body: { ttl_seconds: 1800 }, order: order() });
await ask("", "not_committed", "POST", `/v1/quotes/${quote.id}/returns`, { body: {}, order: order() });
await ask("", "exceeds_hold", "POST", `/v1/quotes/${quote.id}/commit`, { body: { lines: [{ line: 0, quantity: 9 }] }, order: order() });
await ask("", "unknown_line", "POST", `/v1/quotes/${quote.id}/commit`, { body: { lines: [{ line: 7, quantity: 1 }] }, order: order() });
await ask("commitQuote", "one of two", "POST", `/v1/quotes/${quote.id}/commit`, { body: { lines: [{ line: 0, quantity: 1 }] }, order: order() });
await ask("", "already_committed", "POST", `/v1/quotes/${quote.id}/release`, { body: {}, order: order() });
await ask("returnQuote", "all of it", "POST", `/v1/quotes/${quote.id}/returns`, { body: {}, order: order() });
const again = await ask("reorderQuote", "the same again", "POST", `/v1/quotes/${quote.id}/reorder`, { body: { reference: "PO-2" }, order: order() });
await ask("releaseQuote", "given up", "POST", `/v1/quotes/${again.id}/release`, { body: {}, order: order() });
await ask("", "already_released", "POST", `/v1/quotes/${again.id}/commit`, { body: {}, order: order() });

// Enough for this story, however often it is told.
await ask("", "", "POST", "/v1/stock/movements", { key: "demo-admin", keep: false, body: { movements: [
  { id: order(), sku: "GLSV-G1450", location: "ATL1", kind: "receipt", quantity: 5 }] } });
const crew = { vin: "1HGCV1F37JA000001", shop: "SH-PEACH", technician: "TE-ALVAREZ", tool: "TL-4401" };
const glass = await ask("", "", "POST", "/v1/quotes", { body: { lines: [{ sku: "GLSV-G1450", quantity: 2 }] }, order: order(), keep: false });
await ask("commitQuote", "with a token for each unit", "POST", `/v1/quotes/${glass.id}/commit`, { body: { lines: [{ line: 0, quantity: 1 }], tokens: crew }, order: order() });
const more = await ask("", "", "POST", "/v1/quotes", { body: { lines: [{ sku: "GLSV-G1450", quantity: 2 }] }, order: order(), keep: false });
await ask("", "", "POST", `/v1/quotes/${more.id}/commit`, { body: {}, order: order(), keep: false });
const token = await ask("issueToken", "a windshield", "POST", "/v1/tokens", { body: { quote: more.id, line: 0, ...crew }, order: order() });
await ask("verifyToken", "good", "POST", "/v1/tokens/verify", { body: { token: token.token, vin: crew.vin, tool: crew.tool } });
await ask("verifyToken", "not ours", "POST", "/v1/tokens/verify", { body: { token: "x" } });
await ask("", "invalid_signature", "POST", "/v1/tokens/redeem", { body: { token: "x", vin: crew.vin, tool: crew.tool, outcome: "succeeded" }, order: order() });
await ask("redeemToken", "it works", "POST", "/v1/tokens/redeem", { body: { token: token.token, vin: crew.vin, tool: crew.tool, outcome: "succeeded" }, order: order() });
await ask("", "already_redeemed", "POST", "/v1/tokens/redeem", { body: { token: token.token, vin: crew.vin, tool: crew.tool, outcome: "failed" }, order: order() });
await ask("", "unknown_shop", "POST", "/v1/tokens", { body: { quote: more.id, line: 0, ...crew, shop: "SH-NONE" }, order: order() });
const spare = await ask("", "", "POST", "/v1/tokens", { body: { quote: more.id, line: 0, ...crew }, order: order(), keep: false });
await ask("", "entitlement_exhausted", "POST", "/v1/tokens", { body: { quote: more.id, line: 0, ...crew }, order: order() });
await ask("revokeToken", "ordered by mistake", "POST", `/v1/tokens/${spare.id}/revoke`, { body: { reason: "ordered by mistake" }, order: order() });
await ask("getToken", "revoked", "GET", `/v1/tokens/${spare.id}`);
await ask("getTokenLog", "the beginning", "GET", "/v1/tokens/log?limit=2");
await ask("getKeys", "one key", "GET", "/.well-known/jwks.json");

const stock = { key: "demo-branch" };
await ask("postMovements", "a delivery", "POST", "/v1/stock/movements", { ...stock, body: { movements: [
  { id: `example-${Date.now()}`, sku: "BRKX-4410", location: "ATL1", kind: "receipt", quantity: 5, reason: "delivery note 17" },
  { id: "example-2", sku: "BRKX-4410", location: "ATL1", kind: "count", quantity: -1 }] } });
await ask("postIncoming", "one more, one less", "POST", "/v1/stock/incoming", { ...stock, body: {
  receipts: [{ id: "PO-7", sku: "BRKX-4410", location: "ATL1", quantity: 30, eta: "2027-12-01T12:00:00Z" }],
  cancel: [{ id: "PO-9", sku: "BRKX-4410", location: "ATL1" }] } });
await ask("getPositions", "brake pads", "GET", "/v1/stock/BRKX-4410", stock);
await ask("getLedger", "the beginning", "GET", "/v1/stock/BRKX-4410/movements?location=ATL1&limit=2", stock);

const admin = { key: "demo-admin" };
await ask("getKpi", "a week, by region", "GET", "/v1/kpi?by=region", admin);
await ask("reportEvents", "a sale", "POST", "/v1/kpi/events", { ...admin, body: { events: [
  { id: "pos-1", kind: "sale", at: new Date().toISOString(), lines: [{ class: "physical", amount: { amount: 4599, currency: "USD" }, powertrain: "ice" }] }] } });
await ask("reportEvents", "what a browser measured", "POST", "/v1/kpi/events", { key: "demo-web", body: { events: [
  { id: "page-1", kind: "web_timing", at: new Date().toISOString(), metric: "lcp", value: 1200, page: "/pads" }] } });
await ask("getCatalog", "a promotion", "GET", "/v1/admin/catalog?key=promotions", admin);
await ask("getShardMoves", "not moved", "GET", "/v1/admin/shards/moves?sku=BRKX-4410", admin);
await ask("getEvents", "the beginning", "GET", "/v1/admin/events?limit=2", admin);
await ask("suspendParty", "a tool that was stolen", "POST", "/v1/admin/parties/tool/TL-4401/suspend", { ...admin, body: { reason: "stolen" } });
await ask("reinstateParty", "it was found", "POST", "/v1/admin/parties/tool/TL-4401/reinstate", { ...admin, body: {} });

await ask("", "unauthenticated", "POST", "/v1/query", { key: "", body: PADS });
await ask("", "forbidden", "GET", "/v1/stock/BRKX-4410");
await ask("", "not_found", "GET", "/v1/parts/NOPE");
await ask("", "invalid_request", "POST", "/v1/query", { body: { lines: [{ sku: "BRKX-4410", quantity: 0 }], budgetms: 5 } });

writeFileSync(new URL("examples.json", import.meta.url), `${JSON.stringify({ operations, problems }, null, 1)}\n`);
console.log(`${Object.keys(operations).length} operations, ${Object.keys(problems).length} problems`);
