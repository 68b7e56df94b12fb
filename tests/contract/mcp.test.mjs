// POST /mcp, as a client sees it: both generations of the protocol, what they refuse, and what an agent gets done with the
// tools alone. Other people's clients and their conformance suite are in tests/conformance.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { openInstance, until } from "./instance.mjs";

const MODERN = "2026-07-28";
const LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26"];
const VIN = "1HGCM82633A004352";
const CREW = { shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
// Those of the Universal Commerce Protocol, which has its requests open to what others add: ucp.test.mjs.
const UCP_TOOLS = ["search_catalog", "lookup_catalog", "get_product", "create_cart", "get_cart", "update_cart", "cancel_cart"];
const TOOLS = [
  "query_parts", "decode_vehicle", "find_parts_for_vehicle", "search_parts", "check_stock", "hold_quote", "get_quote", "extend_quote", "commit_quote",
  "release_quote", "issue_calibration_token", ...UCP_TOOLS,
];

let api;
before(async () => { api = await openInstance({ keys: true }); });
after(() => api?.close());

const meta = (version = MODERN) => ({
  "io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
});
const bearer = (key) => (key === null ? {} : { authorization: `Bearer ${key}` });

/** Sends a message as it is. */
async function send(message, { key = "shop", headers = {}, method = "POST" } = {}) {
  const body = method === "GET" ? undefined : typeof message === "string" ? message : JSON.stringify(message);
  const response = await fetch(`${api.url}/mcp`, { method, body, headers: { ...bearer(key), ...headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === "" ? undefined : JSON.parse(text) };
}

const headersOf = (method, params) => ({
  accept: "application/json, text/event-stream", "mcp-protocol-version": MODERN, "mcp-method": method,
  ...((params.name ?? params.uri) !== undefined && { "mcp-name": params.name ?? params.uri }),
});

/** A request of the new generation. */
const modern = (method, params = {}, { key, headers } = {}) =>
  send({ jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: meta() } }, { key, headers: { ...headersOf(method, params), ...headers } });
/** One of the old. */
const legacy = (method, params, { key, version } = {}) =>
  send({ jsonrpc: "2.0", id: "a", method, ...(params && { params }) }, { key, headers: version ? { "mcp-protocol-version": version } : {} });

/** The result of a request that succeeds. */
async function result(answer) {
  const { status, body, text } = await answer;
  assert.equal(status, 200, text);
  assert.equal(body.error, undefined, text);
  return body.result;
}
const call = (name, args, options) => result(modern("tools/call", { name, arguments: args }, options));
/** What a tool answers. */
async function data(name, args, options) {
  const { isError, structuredContent, content: [{ type, text }] } = await call(name, args, options);
  assert.equal(isError, false, text);
  assert.equal(type, "text");
  assert.ok(text.length > 0);
  return structuredContent;
}
/** What a tool says that does not do it. */
async function refused(name, args, code, options) {
  const { isError, structuredContent, content: [{ text }] } = await call(name, args, options);
  assert.equal(isError, true, text);
  assert.equal(structuredContent, undefined, "a refusal is no answer of the schema");
  assert.ok(text.startsWith(`${code}: `), text);
  return text;
}
function fails({ status, body, text }, expected, code) {
  assert.deepEqual([status, body?.error?.code], [expected, code], text);
  assert.equal(body.jsonrpc, "2.0");
  assert.equal(body.result, undefined);
  return body.error;
}
const hold = (lines, more = {}) => data("hold_quote", { lines, idempotency_key: randomUUID(), ...more });

test("the new generation: discovered, listed and read without a word before, each result whole", async () => {
  const discovered = await result(modern("server/discover"));
  assert.deepEqual(discovered.supportedVersions, [MODERN, ...LEGACY]);
  assert.deepEqual(discovered.capabilities, { tools: {}, resources: {}, prompts: {}, completions: {} });
  assert.ok(discovered.instructions.length > 100);
  for (const [method, list] of [
    ["tools/list", "tools"], ["resources/list", "resources"], ["resources/templates/list", "resourceTemplates"], ["prompts/list", "prompts"],
  ]) {
    const answer = await result(modern(method));
    assert.ok(answer[list].length > 1, method);
    assert.equal(answer.resultType, "complete");
    assert.ok(answer._meta["io.modelcontextprotocol/serverInfo"].version);
    assert.deepEqual([answer.ttlMs, answer.cacheScope], [3_600_000, "public"]);
  }
  const read = await result(modern("resources/read", { uri: "holdfast://locations" }));
  assert.deepEqual([read.ttlMs, read.cacheScope], [60_000, "private"]);
});

test("the old generation: a handshake, and then requests that remember nothing of it", async () => {
  for (const version of LEGACY) {
    const shaken = await result(legacy("initialize", { protocolVersion: version, capabilities: {}, clientInfo: { name: "t", version: "1" } }));
    assert.equal(shaken.protocolVersion, version);
    assert.equal(shaken.serverInfo.name, "holdfast");
    assert.equal(shaken.resultType, undefined, "a field of the new generation");
    const told = await send({ jsonrpc: "2.0", method: "notifications/initialized" }, { headers: { "mcp-protocol-version": version } });
    assert.deepEqual([told.status, told.text], [202, ""]);
    assert.deepEqual(await result(legacy("ping", undefined, { version })), {});
    const { tools } = await result(legacy("tools/list", {}, { version }));
    assert.deepEqual(tools.map(({ name }) => name).sort(), [...TOOLS].sort());
    const answer = await result(legacy("tools/call", { name: "decode_vehicle", arguments: { vin: VIN } }, { version }));
    assert.equal(answer.structuredContent.make, "Honda");
  }
  assert.deepEqual(await result(legacy("logging/setLevel", { level: "info" })), {});
});

test("a client that sends nothing but the message is served", async () => {
  const headers = { accept: "application/json" };
  const { tools } = await result(send({ jsonrpc: "2.0", id: 0, method: "tools/list" }, { headers }));
  assert.equal(tools.length, TOOLS.length);
  const params = { name: "check_stock", arguments: { sku: "PAD-1" } };
  const { structuredContent } = await result(send({ jsonrpc: "2.0", id: 1, method: "tools/call", params }, { headers }));
  assert.equal(structuredContent.sku, "PAD-1");
  // Sessions and streams of old clients are ignored, and none is offered.
  const answer = await send({ jsonrpc: "2.0", id: 2, method: "ping" }, { headers: { "mcp-session-id": "x", "last-event-id": "y" } });
  assert.deepEqual([answer.status, answer.headers.get("mcp-session-id")], [200, null]);
});

test("the era is told by the version, not by the other headers", async () => {
  const probe = { "mcp-method": "tools/list" };
  const old = await result(send({ jsonrpc: "2.0", id: 1, method: "tools/list" }, { headers: probe }));
  assert.equal(old.resultType, undefined);
  fails(await send({ jsonrpc: "2.0", id: 1, method: "tools/list" }, { headers: { ...probe, "mcp-protocol-version": MODERN } }), 400, -32602);
  fails(await send({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta() } }, { headers: probe }), 400, -32020);
});

test("what is wrong with a message is told with the code that the protocol has for it", async () => {
  fails(await send("{"), 400, -32700);
  fails(await send("[]"), 400, -32600);
  fails(await send({ jsonrpc: "2.0", id: null, method: "ping" }), 400, -32600);
  fails(await modern("server/discover", {}, { headers: { "mcp-protocol-version": "1999-01-01" } }), 400, -32020);
  const { data: told } = fails(await send({ jsonrpc: "2.0", id: 1, method: "ping" }, { headers: { "mcp-protocol-version": "1999-01-01" } }), 400, -32022);
  assert.deepEqual(told, { supported: [MODERN, ...LEGACY], requested: "1999-01-01" });
  fails(await modern("ping"), 404, -32601);
  fails(await legacy("server/discover"), 200, -32601);
  fails(await modern("tools/call", { name: "order_pizza" }), 200, -32602);
  fails(await modern("prompts/get", { name: "order_pizza" }), 200, -32602);
  const lost = fails(await modern("resources/read", { uri: "holdfast://parts/NOPE" }), 200, -32602);
  assert.deepEqual(lost.data, { uri: "holdfast://parts/NOPE" });
  fails(await modern("tools/call", { name: "query_parts" }, { headers: { "mcp-name": "hold_quote" } }), 400, -32020);
  fails(await modern("tools/list", { cursor: "2" }), 400, -32602);
  const wrapped = await modern("tools/call", { name: "decode_vehicle", arguments: { vin: VIN } },
    { headers: { "mcp-name": `=?base64?${Buffer.from("decode_vehicle").toString("base64")}?=` } });
  assert.equal((await result(wrapped)).structuredContent.year, 2003);
});

test("a message that is too large is refused, and one that is as large as it may be is not", async () => {
  const message = (bytes) => ({ jsonrpc: "2.0", id: 1, method: "ping", params: { _meta: { x: "y".repeat(bytes) } } });
  assert.equal((await send(message(2 ** 20))).status, 413);
  assert.equal((await send(message(2 ** 20 - 100))).status, 200);
});

test("there is one way in: POST", async () => {
  for (const method of ["GET", "DELETE", "PUT"]) {
    const answer = await send("{}", { method });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST"], method);
  }
});

test("pages of other origins may not call; pages of this machine may, on a local deployment", async () => {
  const from = (origin, options) => modern("tools/list", {}, { headers: { origin }, ...options });
  for (const origin of ["https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example"]) {
    assert.equal((await from(origin)).status, 403, origin);
    assert.equal((await send("", { method: "OPTIONS", headers: { origin } })).status, 403, origin);
  }
  const allowed = await from("http://localhost:6274");
  assert.deepEqual([allowed.status, allowed.headers.get("access-control-allow-origin")], [200, "http://localhost:6274"]);
  const asked = await send("", { method: "OPTIONS", headers: { origin: "http://localhost:6274" } });
  assert.equal(asked.status, 204);
  assert.match(asked.headers.get("access-control-allow-headers"), /Authorization.*Mcp-Name/);
});

test("elsewhere, only pages that the operator names may call", async () => {
  const other = await openInstance({ vars: { ENVIRONMENT: "production", MCP_ORIGINS: "https://shop.example https://desk.example" } });
  try {
    const status = async (origin) => (await fetch(`${other.url}/mcp`, {
      method: "POST", headers: { origin }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    })).status;
    assert.equal(await status("https://desk.example"), 200);
    assert.equal(await status("http://localhost"), 403);
    assert.equal(await status("https://desk.example.evil"), 403);
  } finally {
    await other.close();
  }
});

test("what there is anybody may see; what the tools do needs a key; a key that is sent must be known", async () => {
  for (const method of ["tools/list", "prompts/list", "resources/list"]) await result(modern(method, {}, { key: null }));
  await result(modern("resources/read", { uri: "holdfast://guide" }, { key: null }));
  for (const answer of [
    await modern("tools/call", { name: "query_parts", arguments: { lines: [{ sku: "PAD-1" }] } }, { key: null }),
    await modern("resources/read", { uri: "holdfast://locations" }, { key: null }),
    await modern("tools/call", { name: "query_parts", arguments: { lines: [{ sku: "PAD-1" }] } }, { key: "nobodys" }),
    await modern("tools/list", {}, { key: "nobodys" }),
    await legacy("initialize", { protocolVersion: "2025-11-25" }, { key: "nobodys" }),
  ]) {
    fails(answer, 401, 401);
    assert.match(answer.headers.get("www-authenticate"), /^Bearer/);
  }
  // A key is held to its scopes as anywhere, and its model is told.
  await refused("issue_calibration_token", { quote: "q_1", line: 0, vin: VIN, ...CREW, idempotency_key: "k" }, "forbidden", { key: "west" });
  await refused("query_parts", { lines: [{ sku: "PAD-1" }] }, "forbidden", { key: "page" });
  await refused("check_stock", { sku: "PAD-1", counters: true }, "forbidden");
  assert.equal((await data("check_stock", { sku: "PAD-1", counters: true }, { key: "stock-only" })).positions.length, 3);
  const apiKey = await modern("resources/read", { uri: "holdfast://locations" }, { key: null, headers: { "x-api-key": "shop" } });
  assert.equal(apiKey.status, 200);
});

test("parts are found by words, as the API finds them", async () => {
  const found = await data("search_parts", { query: "windsheild camera", brand: "GLAS" });
  assert.deepEqual(found, {
    total: 1, matched: "all", read_as: [{ word: "windsheild", read_as: ["windshield"] }],
    parts: [{ sku: "CALIB-1", brand: "GLAS", number: "60-01", description: "Windshield with a camera", part_type: "Windshield" }],
  });
  const page = await data("search_parts", { query: "movements", limit: 20 });
  assert.deepEqual([page.total, page.parts.length], [30, 20]);
  assert.equal((await data("search_parts", { query: "movements", limit: 20, cursor: page.cursor })).parts.length, 10);
  assert.equal((await data("search_parts", { specs: { thread: "M8x1.25" } })).total, 0);
  await refused("search_parts", { query: "one two three four five six seven eight nine" }, "invalid_request");
});

test("every tool says what it does, what it takes and what it answers", async () => {
  const { tools } = await result(modern("tools/list"));
  assert.deepEqual(tools.map(({ name }) => name).sort(), [...TOOLS].sort());
  const reading = new Set([
    "query_parts", "decode_vehicle", "find_parts_for_vehicle", "search_parts", "check_stock", "get_quote", "search_catalog", "lookup_catalog", "get_product", "get_cart",
  ]);
  for (const { name, title, description, inputSchema, outputSchema, annotations } of tools) {
    assert.ok(title && description.length > 20, name);
    const additional = UCP_TOOLS.includes(name) ? undefined : false;
    assert.deepEqual([inputSchema.type, inputSchema.additionalProperties, outputSchema.type], ["object", additional, "object"], name);
    assert.equal(annotations.readOnlyHint, reading.has(name), name);
    assert.equal(annotations.idempotentHint, true, name);
  }
});

test("resources: the guide, the brands and part types, the locations, a part, a vehicle", async () => {
  const read = async (uri) => (await result(modern("resources/read", { uri }))).contents[0];
  const { resources } = await result(modern("resources/list"));
  for (const { uri, mimeType } of resources) assert.equal((await read(uri)).mimeType, mimeType, uri);
  const json = async (uri) => JSON.parse((await read(uri)).text);
  const { brands, part_types } = await json("holdfast://catalogue");
  assert.deepEqual([brands.BRKB, part_types["Radar Sensor"]], [{ name: "Brekoba", parts: 1 }, 2]);
  const atlanta = (await json("holdfast://locations")).find(({ id }) => id === "ATL1");
  assert.deepEqual([atlanta.name, atlanta.region, atlanta.time_zone], ["Atlanta", "enam", "America/New_York"]);
  assert.equal((await json("holdfast://parts/PAD-1")).brand_name, "Brakina");
  assert.equal((await json(`holdfast://vehicles/${VIN}`)).year, 2003);
});

test("prompts are filled in, and say what is missing; arguments complete from the catalogue", async () => {
  const { messages: [{ role, content: { text } }] } =
    await result(modern("prompts/get", { name: "repair_job", arguments: { vin: VIN, job: "front \"brakes\" {{vin}}" } }));
  assert.equal(role, "user");
  assert.ok(text.includes(VIN) && text.includes("front \"brakes\" {{vin}}"), text);
  assert.match(fails(await modern("prompts/get", { name: "repair_job", arguments: { vin: VIN } }), 200, -32602).message, /`job` is required/);
  fails(await modern("prompts/get", { name: "repair_job", arguments: { vin: VIN, job: "x", vim: "y" } }), 200, -32602);
  const complete = async (value, options) =>
    (await result(modern("completion/complete", { ref: { type: "ref/prompt", name: "repair_job" }, argument: { name: "part_type", value } }, options))).completion.values;
  assert.deepEqual(await complete("RA"), ["Radar Sensor"]);
  for (const params of [{}, { ref: { name: "repair_job" } }, { ref: { name: "repair_job" }, argument: { name: "part_type" } },
    { ref: { name: "repair_job" }, argument: { name: "colour", value: "" } }, { ref: { uri: "holdfast://x/{y}" }, argument: { name: "y", value: "" } }]) {
    fails(await modern("completion/complete", params), 200, -32602);
  }
  const template = { ref: { type: "ref/resource", uri: "holdfast://parts/{sku}" }, argument: { name: "sku", value: "P" } };
  assert.deepEqual((await result(modern("completion/complete", template))).completion.values, []);
  assert.deepEqual(await complete("RA", { key: null }), [], "nothing of the catalogue without a key");
});

test("a query tells an agent what decides, in few words", async () => {
  const lines = [{ sku: "PAD-1", quantity: 2 }, { sku: "NOPE" }, { number: "773-10" }, { sku: "BACK-1", quantity: 3 }, { sku: "OLD-1" }];
  const { content: [{ text }], structuredContent } = await call("query_parts", { lines, budget_ms: 5_000 });
  const [pad, unknown, ambiguous, late, old] = structuredContent.lines;
  assert.deepEqual([pad.sku, pad.unit, pad.total, pad.available, pad.from.location, pad.elsewhere], ["PAD-1", "10.00", "20.01", 40, "ATL1", { HUB: 30 }]);
  assert.equal(unknown.reason.code, "unknown_sku");
  assert.deepEqual(ambiguous.candidates.map(({ sku }) => sku), ["AMB-1", "AMB-2"]);
  assert.deepEqual([late.status, late.incoming[0].quantity], ["backorder", 4]);
  assert.deepEqual([old.match, old.alternates[0].sku, old.alternates[0].unit], ["supersession", "NEW-3", "9.00"]);
  const rows = text.split("\n");
  assert.match(rows[0], /^0\. PAD-1 x2 in_stock .*USD 10\.00 each, 20\.01 in all; 10 at ATL1/);
  assert.match(rows[2], /which of AMB-1 \(BRKA\), AMB-2 \(LAMP\)\?/);
  assert.match(rows[3], /eta 2098-01-01T00:00:00Z/);
});

test("what a query tells is what the API tells", async () => {
  const lines = [{ sku: "PAD-1", quantity: 2 }, { vin: VIN, part_type: "brake pad", position: "front" }, { number: "OE-900" }];
  const direct = await api.lines(lines);
  const told = (await data("query_parts", { lines, budget_ms: 5_000 })).lines;
  told.forEach((line, at) => {
    const { sku, status, available, match, price, sources } = direct[at];
    assert.deepEqual([line.sku, line.status, line.available, line.match], [sku, status, available, match]);
    assert.equal(Math.round(line.total * 100), price.extended.amount);
    assert.equal(line.from.location, sources[0].location);
  });
  const full = (await data("query_parts", { lines, budget_ms: 5_000, detail: "full" })).lines;
  assert.deepEqual(full.map((line) => line.price.unit_exact), direct.map((line) => line.price.unit_exact));
  // Amounts of currencies with and without decimals.
  const euro = await data("query_parts", { lines: [{ sku: "PAD-1" }] }, { key: "euro" });
  assert.equal(euro.currency, "EUR");
});

// About four bytes of such text make a token: 2,000 tokens. Both renderings are counted, although a model is shown one.
const BYTES_OF_TEN_LINES = 8_000;

test("an answer of ten lines is short", async () => {
  const lines = Array.from({ length: 10 }, () => ({ vin: VIN, part_type: "brake pad" }));
  const answer = await call("query_parts", { lines, budget_ms: 5_000 });
  assert.equal(answer.structuredContent.lines.length, 10);
  const bytes = JSON.stringify(answer.content).length + JSON.stringify(answer.structuredContent).length;
  assert.ok(bytes <= BYTES_OF_TEN_LINES, `${bytes} bytes`);
});

test("what fits a vehicle comes in pages", async () => {
  const all = await data("find_parts_for_vehicle", { vin: VIN, part_type: "Brake Pad" });
  assert.deepEqual(all.parts.map(({ sku }) => sku), ["PAD-1", "PAD-2", "NEW-3"]);
  assert.deepEqual([all.total, all.next_offset, all.parts[1].qualifiers], [3, undefined, ["with sport package"]]);
  const first = await data("find_parts_for_vehicle", { vin: VIN, part_type: "Brake Pad", limit: 2 });
  assert.deepEqual([first.parts.length, first.next_offset], [2, 2]);
  const rest = await data("find_parts_for_vehicle", { vin: VIN, part_type: "Brake Pad", limit: 2, offset: first.next_offset });
  assert.deepEqual([rest.parts.map(({ sku }) => sku), rest.next_offset], [["NEW-3"], undefined]);
  const types = await data("find_parts_for_vehicle", { vin: VIN });
  assert.deepEqual([types.part_types, types.parts], [["Brake Pad", "Radar Sensor", "Windshield"], []]);
  await refused("find_parts_for_vehicle", { vin: VIN, limit: 1_000 }, "invalid_request");
  assert.match(await refused("decode_vehicle", { vin: "SHORT" }, "invalid_request"), /vin/);
});

test("a hold that is sent again is one hold, whatever the order of its fields", async () => {
  const [sku] = await api.parts("MCPA", 1);
  await api.count(sku, 5);
  const order = { lines: [{ sku, quantity: 2 }], idempotency_key: randomUUID(), ttl_seconds: 600 };
  const { ttl_seconds, ...others } = order;
  const held = await data("hold_quote", order);
  assert.deepEqual(await data("hold_quote", { ttl_seconds, ...others }), held);
  // Several at once: whoever is not answered is told to send it again, and then is.
  const [other] = await api.parts("MCPD", 1);
  await api.count(other, 5);
  const race = { lines: [{ sku: other, quantity: 2 }], idempotency_key: randomUUID() };
  const answers = await Promise.all(Array.from({ length: 10 }, () => call("hold_quote", race)));
  for (const { isError, content: [{ text }] } of answers) if (isError) assert.match(text, /^in_progress: .*\nNext: Send the same call again/);
  await data("hold_quote", race);
  assert.equal((await api.counters(other)).held, 2);
  assert.equal((await api.counters(sku)).held, 2);
  await refused("hold_quote", { ...order, lines: [{ sku, quantity: 3 }] }, "idempotency_key_reused");
  assert.match(await refused("hold_quote", { lines: order.lines }, "invalid_request"), /`idempotency_key` is required/);
  assert.equal((await api.counters(sku)).held, 2);
});

test("a quote is extended, bought or given back, once, however often that is sent", async () => {
  const [sku] = await api.parts("MCPB", 1);
  await api.count(sku, 9);
  const first = await hold([{ sku, quantity: 3 }], { reference: "PO-7" });
  assert.deepEqual([first.state, first.reference, first.lines[0].from], ["held", "PO-7", { ATL1: 3 }]);
  const longer = await data("extend_quote", { quote: first.quote, ttl_seconds: 3_600 });
  assert.ok(longer.expires_at > first.expires_at);
  const part = { quote: first.quote, lines: [{ line: 0, quantity: 1 }] };
  const bought = await data("commit_quote", part);
  assert.deepEqual([bought.state, bought.lines[0].committed], ["committed", 1]);
  assert.deepEqual(await data("commit_quote", part), bought);
  assert.deepEqual(await api.counters(sku), { on_hand: 9, committed: 1, held: 0, available: 8 });
  assert.match(await refused("release_quote", { quote: first.quote }, "already_committed"), /Next: /);

  const second = await hold([{ sku, quantity: 2 }]);
  assert.equal((await data("release_quote", { quote: second.quote })).state, "released");
  assert.equal((await data("release_quote", { quote: second.quote })).state, "released");
  assert.match(await refused("commit_quote", { quote: second.quote }, "already_released"), /hold_quote with a new idempotency_key/);
  assert.equal((await data("get_quote", { quote: second.quote })).state, "released");
  assert.equal((await api.counters(sku)).held, 0);
  await refused("get_quote", { quote: first.quote }, "not_found", { key: "fleet" });
});

test("a refusal says what there is, what is coming, what else would do, and what to do", async () => {
  const text = await refused("hold_quote", { lines: [{ sku: "PAD-1", quantity: 9_999 }, { sku: "BACK-1", quantity: 5 }], idempotency_key: randomUUID() }, "insufficient_stock");
  assert.match(text, /540 of 9999 units of PAD-1/);
  assert.match(text, /alternates \(sku PAD-2, relation interchange/);
  assert.match(text, /incoming \(location ATL1, quantity 4, eta 2098-01-01T00:00:00Z/);
  assert.match(text, /Next: Nothing is held\./);
  const wrong = await refused("hold_quote", { lines: [{ sku: "PAD-1", quantity: 0 }], price: 1, idempotency_key: "x" }, "invalid_request");
  assert.match(wrong, /\/lines\/0\/quantity: /);
  assert.match(wrong, /\/price: no such field/);
});

test("what agents ask counts as what anybody asks", async () => {
  const count = async (name) => {
    const { numbers } = await api.get("/v1/kpi", "numbers");
    return numbers.api_response.functions.find((entry) => entry.function === name)?.count ?? 0;
  };
  // Far more than earlier tests asked, some of which may be counted only now.
  const before = await count("vehicles");
  for (let n = 0; n < 50; n++) await data("decode_vehicle", { vin: VIN });
  await until(() => count("vehicles"), (now) => now >= before + 50);
});

test("from a VIN to the authorisation to calibrate, with the tools alone", async () => {
  const vehicle = await data("decode_vehicle", { vin: VIN });
  assert.deepEqual([vehicle.year, vehicle.make, vehicle.model], [2003, "Honda", "Accord"]);
  const { part_types } = await data("find_parts_for_vehicle", { vin: VIN });
  const { parts } = await data("find_parts_for_vehicle", { vin: VIN, part_type: part_types.find((type) => type.includes("Radar")) });
  const { lines: [line] } = await data("query_parts", { lines: [{ sku: parts[0].sku, quantity: 2 }], budget_ms: 5_000 });
  assert.deepEqual([line.calibration, line.status], [true, "in_stock"]);
  const { quote, total } = await hold([{ sku: line.sku, quantity: 2 }]);
  assert.equal(total, line.total);
  await refused("issue_calibration_token", { quote, line: 0, vin: VIN, ...CREW, idempotency_key: randomUUID() }, "not_committed");
  assert.equal((await data("commit_quote", { quote })).state, "committed");
  const order = { quote, line: 0, vin: VIN, ...CREW, idempotency_key: randomUUID() };
  const token = await data("issue_calibration_token", order);
  assert.deepEqual(await data("issue_calibration_token", order), token);
  assert.equal((await api.post("/v1/tokens/verify", { token: token.token, vin: VIN, tool: CREW.tool })).valid, true);
  await data("issue_calibration_token", { ...order, idempotency_key: randomUUID() });
  assert.match(await refused("issue_calibration_token", { ...order, idempotency_key: randomUUID() }, "entitlement_exhausted"), /Next: Every unit/);
  // Or all of it in the call that buys.
  const other = await hold([{ sku: line.sku, quantity: 1 }]);
  const { tokens } = await data("commit_quote", { quote: other.quote, tokens: { vin: VIN, ...CREW } });
  assert.deepEqual([tokens.length, typeof tokens[0].token], [1, "string"]);
});
