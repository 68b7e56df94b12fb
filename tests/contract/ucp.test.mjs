// The Universal Commerce Protocol, as a platform sees it: the profile, the catalogue and the cart that holds its stock, over
// REST and over the Model Context Protocol alike. Other people's client and models are in tests/conformance.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { openInstance, until, usd } from "./instance.mjs";

const VERSION = "2026-08-25";
const PLATFORM = "https://platform.example/profiles/agent.json";
const CAPABILITY = { cart: "dev.ucp.shopping.cart", catalog: "dev.ucp.shopping.catalog.lookup", search: "dev.ucp.shopping.catalog.search" };
const TTL_SECONDS = 30; // the least
const WAIT_MS = 60_000;
const CREATED = { rest: 201, mcp: 200 };

let api, brief;
before(async () => {
  api = await openInstance();
  const skus = await api.parts("BRIEF", 2);
  for (const sku of skus) await api.count(sku, 5);
  // They have expired by the time of the last test.
  brief = await Promise.all(Object.values(bindings).map(async (binding, n) => {
    const { body } = await binding.create(cart([skus[n], 3], { "holdfast.hold": { ttl_seconds: TTL_SECONDS } }));
    return { binding, sku: skus[n], ...body };
  }));
});
after(() => api?.close());

const agent = () => ({ "ucp-agent": `profile="${PLATFORM}"`, "request-id": randomUUID() });
/** A cart of these skus and quantities. */
const cart = (...items) => {
  const more = Array.isArray(items.at(-1)) ? {} : items.pop();
  return { line_items: items.map(([id, quantity]) => ({ item: { id }, quantity })), ...more };
};

/** `{ status, body, replayed }` of a REST request. */
async function rest(method, path, json, { key = "shop", order, headers = {} } = {}) {
  const sent = { ...agent(), ...(order && { "idempotency-key": order }), ...headers };
  const answer = await api.ask(method, `/ucp/v1${path}`, { key, json, headers: sent });
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  return { ...answer, replayed: answer.headers.get("idempotent-replayed") === "true" };
}

/** The same of a tool call: an error of JSON-RPC has its data as the body. */
async function tool(name, args, { key = "shop", order, meta = {} } = {}) {
  const identity = { "ucp-agent": { profile: PLATFORM }, ...(order && { "idempotency-key": order }), ...meta };
  const json = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: { meta: identity, ...args } } };
  const { status, headers, body } = await api.ask("POST", "/mcp", { key: key ?? undefined, json });
  if (body.error) return { status, headers, body: body.error.data ?? {}, code: body.error.code };
  const { structuredContent, content: [{ text }], isError } = body.result;
  assert.deepEqual(JSON.parse(text), structuredContent, "told twice, and the same");
  assert.equal(isError, structuredContent.ucp.status === "error");
  return { status, headers, body: structuredContent };
}

const bindings = {
  rest: {
    search: (catalog, options) => rest("POST", "/catalog/search", catalog, options),
    lookup: (catalog, options) => rest("POST", "/catalog/lookup", catalog, options),
    product: (catalog, options) => rest("POST", "/catalog/product", catalog, options),
    create: (cart, { order = randomUUID(), ...options } = {}) => rest("POST", "/carts", cart, { order, ...options }),
    get: (id, options) => rest("GET", `/carts/${id}`, undefined, options),
    update: (id, cart, { order = randomUUID(), ...options } = {}) => rest("PUT", `/carts/${id}`, cart, { order, ...options }),
    cancel: (id, { order = randomUUID(), ...options } = {}) => rest("POST", `/carts/${id}/cancel`, {}, { order, ...options }),
  },
  mcp: {
    search: (catalog, options) => tool("search_catalog", { catalog }, options),
    lookup: (catalog, options) => tool("lookup_catalog", { catalog }, options),
    product: (catalog, options) => tool("get_product", { catalog }, options),
    create: (cart, { order = randomUUID(), ...options } = {}) => tool("create_cart", { cart }, { order, ...options }),
    get: (id, options) => tool("get_cart", { id }, options),
    update: (id, cart, { order = randomUUID(), ...options } = {}) => tool("update_cart", { id, cart }, { order, ...options }),
    cancel: (id, { order = randomUUID(), ...options } = {}) => tool("cancel_cart", { id }, { order, ...options }),
  },
};

/** A test of both bindings. */
function each(name, run) {
  for (const [binding, operations] of Object.entries(bindings)) test(`${binding}: ${name}`, () => run(operations, binding));
}

/** The body of an answer that tells what was asked for. */
function shown({ status, body }, of, expected = 200) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.deepEqual(body.ucp, { version: VERSION, status: "success", capabilities: { [CAPABILITY[of]]: [{ version: VERSION }] } });
  return body;
}
/** The messages of an answer that says why not. */
function refused({ status, body }, of, ...codes) {
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(Object.keys(body).sort(), ["messages", "ucp"], "nothing but what the protocol has for errors");
  assert.deepEqual(body.ucp, { version: VERSION, status: "error", capabilities: { [CAPABILITY[of]]: [{ version: VERSION }] } });
  assert.deepEqual(body.messages.map(({ code }) => code), codes, JSON.stringify(body));
  for (const { type, content, severity } of body.messages) {
    assert.equal(type, "error");
    assert.ok(content.length > 10, content);
    assert.match(severity, /^(un)?recoverable$/);
  }
  return body.messages;
}
/** An error of the transport; over MCP with this code. */
function fails({ status, body, code }, expected, said, rpc) {
  assert.deepEqual([status, body.code], [expected, said], JSON.stringify(body));
  assert.ok(body.content.length > 10, body.content);
  if (code !== undefined) assert.equal(code, rpc);
}
/** New parts with so many units each. */
async function stocked(units, count = 1) {
  const skus = await api.parts(`CART-${randomUUID().slice(0, 8).toUpperCase()}`, count);
  for (const sku of skus) await api.count(sku, units);
  return skus;
}
const held = async (sku) => (await api.counters(sku)).held;

test("the profile: what is spoken, where, and what is not", async () => {
  const answer = await api.ask("GET", "/.well-known/ucp");
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("cache-control"), /^public, max-age=(6\d|[7-9]\d|\d{3,})$/);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  const { ucp, keys } = answer.body;
  assert.equal(ucp.version, VERSION);
  assert.deepEqual(keys, []);
  assert.deepEqual(ucp.payment_handlers, {});
  assert.deepEqual(Object.keys(ucp.capabilities).sort(), [CAPABILITY.cart, CAPABILITY.catalog, CAPABILITY.search]);
  assert.deepEqual(ucp.capabilities[CAPABILITY.cart][0].config.out_of_scope, ["checkout", "order", "payment"]);
  const endpoints = Object.fromEntries(ucp.services["dev.ucp.shopping"].map(({ transport, endpoint }) => [transport, endpoint]));
  assert.deepEqual(endpoints, { rest: `${api.url}/ucp/v1`, mcp: `${api.url}/mcp` });
  const etag = answer.headers.get("etag");
  const fresh = await fetch(`${api.url}/.well-known/ucp?x=1`, { headers: { "if-none-match": etag }, redirect: "manual" });
  assert.deepEqual([fresh.status, fresh.headers.get("etag")], [304, etag]);
  assert.equal((await api.ask("POST", "/.well-known/ucp", { json: {} })).status, 405);
});

test("the tools of the protocol are listed", async () => {
  const { tools } = (await api.post("/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" })).result;
  const named = (name) => tools.find((tool) => tool.name === name);
  for (const name of ["search_catalog", "lookup_catalog", "get_product", "create_cart", "get_cart", "update_cart", "cancel_cart"]) {
    const { inputSchema, outputSchema } = named(name);
    assert.ok(inputSchema.required.includes("meta") && outputSchema.required.includes("ucp"), name);
    const keyed = inputSchema.properties.meta.required.includes("idempotency-key");
    assert.equal(keyed, /^(create|update|cancel)/.test(name), name);
  }
});

each("parts are found by words and categories, page by page, and what became of the words is said", async ({ search }) => {
  const { products: [camera], pagination, messages } = shown(await search({ query: "windsheild camera" }), "search");
  assert.deepEqual([camera.id, camera.title, camera.categories[0].value], ["CALIB-1", "Windshield with a camera", "Windshield"]);
  assert.ok(camera.variants[0].price.amount > 0 && camera.variants[0].availability.status, JSON.stringify(camera));
  assert.deepEqual(pagination, { has_next_page: false, total_count: 1 });
  assert.deepEqual(messages.map(({ type, content }) => [type, content]), [["info", "windsheild was read as windshield"]]);

  const pages = [];
  for (let cursor; ;) {
    const { products, messages = [], pagination } = shown(await search({ query: "movements", pagination: { limit: 20, cursor } }), "search");
    pages.push(products.length + messages.filter(({ code }) => code === "item_unavailable").length);
    if (!pagination.has_next_page) break;
    cursor = pagination.cursor;
  }
  assert.deepEqual(pages, [20, 10], "those that this account cannot buy are told as messages");
  const { products, messages: unsaid } = shown(await search({ query: "movements" }), "search");
  assert.equal(products.length + unsaid.length, 10);

  const bulbs = shown(await search({ filters: { categories: ["radar sensor"] } }), "search");
  assert.deepEqual(bulbs.products.map(({ id }) => id), ["RADAR-1", "RADAR-2"]);
  const nothing = shown(await search({ query: "60-02" }), "search");
  assert.deepEqual([nothing.products, nothing.pagination.total_count], [[], 0]);
});

each("a search that says nothing, too much, or goes on with another's cursor is refused", async ({ search }) => {
  refused(await search({}), "search", "missing");
  refused(await search({ query: "one two three four five six seven eight nine" }), "search", "out_of_range");
  refused(await search({ query: "pad", pagination: { cursor: "abc" } }), "search", "invalid");
  fails(await search({ query: 5 }), 400, "invalid_request", -32602);
  fails(await search({ query: "pad", pagination: { limit: 0 } }), 400, "invalid_request", -32602);
  fails(await search({ query: "pad" }, { key: null }), 401, "unauthenticated", -32000);
});

each("parts are looked up by id, each once, with price and stock; what is not there is said", async ({ lookup }) => {
  const answer = shown(await lookup({ ids: ["PAD-1", "NOPE", "PAD-1", "NONE-1", "OLD-1", "ORDER-1", "NOPRICE-1", "no sku"] }), "catalog");
  assert.deepEqual(answer.products.map(({ id }) => id), ["PAD-1", "NONE-1", "OLD-1", "ORDER-1"]);
  const [pad] = answer.products;
  assert.deepEqual([pad.title, pad.description], ["Brake pad", { plain: "Brake pad" }]);
  assert.deepEqual(pad.price_range, { min: usd(1000), max: usd(1000) });
  const [variant, ...others] = pad.variants;
  assert.deepEqual(others, []);
  assert.deepEqual([variant.id, variant.sku, variant.price, variant.list_price], ["PAD-1", "PAD-1", usd(1000), usd(2000)]);
  assert.deepEqual(variant.inputs, [{ id: "PAD-1", match: "exact" }]);
  assert.deepEqual(variant.availability, { available: true, status: "in_stock" });
  const { availability_status, available_quantity, alternates } = variant["holdfast.hold"];
  const { status, available } = await api.line("PAD-1");
  assert.deepEqual([availability_status, available_quantity], [status, available], "as a query says");
  assert.deepEqual(alternates.map(({ id, relation }) => [id, relation]), [["PAD-2", "interchange"]]);
  const availability = answer.products.map(({ variants: [{ availability }] }) => availability);
  assert.deepEqual(availability.slice(1), ["out_of_stock", "discontinued", "backorder"].map((status) => ({ available: false, status })));
  const told = answer.messages.map(({ type, code, content }) => [type, code, content.split(":")[0]]);
  assert.deepEqual(told, [["info", "not_found", "NOPE"], ["info", "item_unavailable", "NOPRICE-1"], ["info", "not_found", "no sku"]]);
});

each("a look-up of nothing that is there is an answer without products", async ({ lookup }) => {
  for (const ids of [["NOPE"], ["no sku", "\u0000", "é".repeat(300)]]) {
    const { products, messages } = shown(await lookup({ ids }), "catalog");
    assert.deepEqual([products, messages.length], [[], ids.length]);
  }
});

each("prices are filtered, and what is not filtered is said", async ({ lookup }) => {
  const found = async (more) => {
    const { products, messages = [] } = shown(await lookup({ ids: ["PAD-1", "PAD-2"], ...more }), "catalog");
    return [products.map(({ id }) => id), messages.map(({ type, code }) => `${type} ${code}`)];
  };
  assert.deepEqual(await found({ filters: { price: { max: 1000 } } }), [["PAD-1"], []]);
  assert.deepEqual(await found({ filters: { price: { min: 1001 } }, context: { currency: "USD" } }), [["PAD-2"], []]);
  assert.deepEqual(await found({ filters: { categories: ["Bulb"] } }), [["PAD-1", "PAD-2"], ["warning filter_ignored"]]);
  assert.deepEqual(await found({ filters: { price: { max: 1 } }, context: { currency: "EUR" } }), [["PAD-1", "PAD-2"], ["warning filter_ignored"]]);
});

each("a product in full has what the catalogue knows of it", async ({ product }) => {
  const { product: core } = shown(await product({ id: "CORE-1" }), "catalog");
  assert.deepEqual(core.categories, [{ value: "Alternator", taxonomy: "merchant" }]);
  const [variant] = core.variants;
  assert.deepEqual([variant.metadata.brand, variant.metadata.brand_name, variant.metadata.number], ["RMAN", "Remano", "50-01"]);
  assert.deepEqual(variant["holdfast.hold"].core_charge, usd(6000));
  const [slashed] = await api.parts("SLASHED/A", 1);
  assert.equal(shown(await product({ id: slashed }), "catalog").product.id, slashed);
  for (const id of ["NOPE", "no sku", ""]) {
    const [{ severity }] = refused(await product({ id }), "catalog", "not_found");
    assert.equal(severity, "unrecoverable");
  }
  refused(await product({ id: "NOPRICE-1" }), "catalog", "item_unavailable");
  refused(await product({ id: "PAD-1", filters: { price: { max: 1 } } }), "catalog", "not_found");
});

each("a cart holds its stock from the moment it is there until it is canceled", async ({ create, get, update, cancel }, binding) => {
  const [one, two] = await stocked(10, 2);
  const created = await create(cart([one, 4], { context: { address_country: "US" }, "holdfast.hold": { ttl_seconds: 600, reference: "PO-1" } }));
  const first = shown(created, "cart", CREATED[binding]);
  assert.equal(await held(one), 4);
  const quote = await api.get(`/v1/quotes/${first.id}`);
  assert.deepEqual([quote.state, quote.reference, quote.expires_at], ["held", "PO-1", first.expires_at]);
  assert.equal(Date.parse(quote.expires_at) - Date.parse(quote.created_at), 600_000);
  const [{ price }] = quote.lines;
  const [item] = first.line_items;
  assert.deepEqual(item.item, { id: one, title: "For quotes", price: price.unit.amount });
  assert.deepEqual([item.quantity, item["holdfast.hold"].allocations], [4, [{ location: "ATL1", quantity: 4 }]]);
  assert.deepEqual(item.totals, [{ type: "subtotal", amount: price.extended.amount }, { type: "total", amount: price.extended.amount }]);
  assert.deepEqual([first.currency, first.totals.at(-1)], ["USD", { type: "total", amount: quote.total.amount }]);
  assert.deepEqual(first["holdfast.hold"], { quote_id: first.id, quote_state: "held", quote_expires_at: first.expires_at, reference: "PO-1" });
  assert.deepEqual(shown(await get(first.id), "cart"), first);

  // Replaced as a whole, under the same name.
  const second = shown(await update(first.id, cart([one, 6], [two, 1])), "cart");
  assert.equal(second.id, first.id);
  assert.notEqual(second["holdfast.hold"].quote_id, first.id);
  assert.deepEqual([await held(one), await held(two)], [6, 1]);
  const third = shown(await update(first.id, cart([two, 2])), "cart");
  assert.deepEqual([await held(one), await held(two)], [0, 2]);
  assert.deepEqual(shown(await get(first.id), "cart"), third);

  const canceled = shown(await cancel(first.id), "cart");
  assert.deepEqual([canceled.id, canceled.line_items, canceled.expires_at], [first.id, third.line_items, undefined]);
  assert.deepEqual([await held(one), await held(two)], [0, 0]);
  for (const again of [get(first.id), update(first.id, cart([one, 1])), cancel(first.id)]) {
    assert.match(refused(await again, "cart", "not_found")[0].content, /canceled/);
  }
  assert.equal(await held(one), 0);
});

each("a cart with a core charge shows it as a fee, which is in the total", async ({ create, cancel }) => {
  const { id, totals, line_items: [{ totals: ofLine }] } = (await create(cart(["CORE-1", 1]))).body;
  const fee = totals.find(({ type }) => type === "fee");
  assert.equal(fee.amount, 6000);
  assert.equal(totals.at(-1).amount, totals[0].amount + fee.amount);
  assert.deepEqual(ofLine, totals);
  await cancel(id);
});

each("the same change again is one change, and another under its key is refused", async ({ create, update, cancel }, binding) => {
  const [sku] = await stocked(10);
  const [orders, wanted] = [[randomUUID(), randomUUID(), randomUUID()], cart([sku, 2])];
  const created = await create(wanted, { order: orders[0] });
  const again = await create(wanted, { order: orders[0] });
  assert.deepEqual([again.status, again.body], [created.status, created.body]);
  if (binding === "rest") assert.deepEqual([created.replayed, again.replayed], [false, true]);
  assert.equal(await held(sku), 2);
  fails(await create(cart([sku, 3]), { order: orders[0] }), 409, "idempotency_key_reused", -32000);

  const { id } = created.body;
  const updated = await update(id, cart([sku, 5]), { order: orders[1] });
  assert.deepEqual((await update(id, cart([sku, 5]), { order: orders[1] })).body, updated.body);
  fails(await update(id, cart([sku, 6]), { order: orders[1] }), 409, "idempotency_key_reused", -32000);
  const third = shown(await update(id, cart([sku, 7])), "cart");
  assert.deepEqual((await update(id, cart([sku, 5]), { order: orders[1] })).body, updated.body, "what was told then");
  assert.equal(await held(sku), 7);
  assert.notEqual(third["holdfast.hold"].quote_id, updated.body["holdfast.hold"].quote_id);

  const canceled = await cancel(id, { order: orders[2] });
  assert.deepEqual((await cancel(id, { order: orders[2] })).body, canceled.body);
  shown(canceled, "cart");
  assert.equal(await held(sku), 0);
});

test("a cart that is begun over one binding is gone on with over the other", async () => {
  const [sku] = await stocked(5);
  const { id } = shown(await bindings.rest.create(cart([sku, 2])), "cart", 201);
  shown(await bindings.mcp.update(id, cart([sku, 3])), "cart");
  shown(await bindings.rest.get(id), "cart");
  shown(await bindings.mcp.cancel(id), "cart");
  refused(await bindings.rest.get(id), "cart", "not_found");
});

each("when there is too little, nothing is held, and it is said what there is, what comes and what else would do", async ({ create }) => {
  const [sku] = await stocked(3);
  const [short, back] = refused(await create(cart([sku, 1], ["PAD-1", 600], ["BACK-1", 3])), "cart", "out_of_stock", "out_of_stock");
  assert.deepEqual([short.path, short.severity], ["$.line_items[1]", "recoverable"]);
  const { available } = await api.line({ sku: "PAD-1", quantity: 600 });
  assert.ok(short["holdfast.hold"].available_quantity >= available);
  assert.match(short.content, /or take PAD-2/);
  assert.deepEqual(short["holdfast.hold"].alternates.map(({ id }) => id), ["PAD-2"]);
  assert.deepEqual([back.path, back["holdfast.hold"].available_quantity, back["holdfast.hold"].incoming[0].eta],
    ["$.line_items[2]", 1, "2098-01-01T00:00:00.000Z"]);
  assert.equal(await held(sku), 0);
});

each("an update that cannot be held leaves the cart as it was; what the cart had counts for the new one", async ({ create, get, update, cancel }, binding) => {
  const [sku] = await stocked(5);
  const first = shown(await create(cart([sku, 5])), "cart", CREATED[binding]);
  const [short] = refused(await update(first.id, cart([sku, 6])), "cart", "out_of_stock");
  assert.equal(short["holdfast.hold"].available_quantity, 5);
  assert.deepEqual(shown(await get(first.id), "cart"), first);
  assert.equal(await held(sku), 5);
  refused(await bindings.rest.create(cart([sku, 1])), "cart", "out_of_stock");
  const less = shown(await update(first.id, cart([sku, 4])), "cart");
  assert.deepEqual([less.id, less.line_items[0].quantity, await held(sku)], [first.id, 4, 4]);
  await cancel(first.id);
});

each("what was bought is no cart any more", async ({ create, get, update, cancel }) => {
  const [sku] = await stocked(5);
  const { id } = (await create(cart([sku, 1]))).body;
  const { body: { "holdfast.hold": { quote_id } } } = await update(id, cart([sku, 2]));
  assert.equal((await api.act(quote_id, "commit")).status, 200);
  assert.match(refused(await get(id), "cart", "not_found")[0].content, new RegExp(`bought.*${quote_id}`));
  refused(await update(id, cart([sku, 3])), "cart", "already_committed");
  refused(await cancel(id), "cart", "already_committed");
  assert.equal((await api.get(`/v1/quotes/${quote_id}`)).state, "committed");
});

each("two that change a cart at once: one after the other, or one is told that the other came first", async ({ create, get, update, cancel }) => {
  const [sku] = await stocked(10);
  const { id } = (await create(cart([sku, 1]))).body;
  const answers = await Promise.all([2, 3, 4].map((quantity) => update(id, cart([sku, quantity]))));
  for (const { status: code, body } of answers) {
    if (code === 200) assert.equal(body.ucp.status, "success", JSON.stringify(body));
    else assert.ok(code === 409 && ["in_progress", "conflict"].includes(body.code), JSON.stringify(body));
  }
  const settled = await until(() => held(sku), async (units) => units === (await get(id)).body.line_items?.[0].quantity);
  assert.ok(settled >= 1 && settled <= 4, `${settled}`);
  await cancel(id);
});

each("whoever has no key, a key without the scope, or another account's cart gets nothing", async ({ lookup, create, get, update, cancel }, binding) => {
  const [sku] = await stocked(5);
  const { id } = (await create(cart([sku, 1]))).body;
  for (const asked of [
    lookup({ ids: ["PAD-1"] }, { key: null }), lookup({ ids: ["no sku"] }, { key: "nobody" }), create(cart([sku, 1]), { key: "nobody" }), get(id, { key: null }),
  ]) {
    const { status: code, headers } = await asked;
    assert.deepEqual([code, /^Bearer/.test(headers.get("www-authenticate"))], [401, true]);
  }
  fails(await lookup({ ids: ["PAD-1"] }, { key: "stock-only" }), 403, "forbidden", -32000);
  fails(await lookup({ ids: ["no sku"] }, { key: "stock-only" }), 403, "forbidden", -32000);
  fails(await create(cart([sku, 1]), { key: "euro" }), 403, "forbidden", -32000);
  for (const other of [get(id, { key: "fleet" }), update(id, cart([sku, 2]), { key: "fleet" }), cancel(id, { key: "fleet" })]) {
    refused(await other, "cart", "not_found");
  }
  assert.equal(await held(sku), 1);
  if (binding === "rest") {
    const { status: code } = await rest("GET", `/carts/${id}`, undefined, { key: undefined, headers: { authorization: "", "x-api-key": "shop" } });
    assert.equal(code, 200, "the other way to send a key");
  }
  await cancel(id);
});

each("an account with as many carts as it may have is told so", async ({ create, cancel }) => {
  const [sku] = await stocked(10);
  const carts = [];
  for (let n = 0; n < 2; n++) carts.push((await create(cart([sku, 1]), { key: "few" })).body.id);
  const full = await create(cart([sku, 1]), { key: "few" });
  fails(full, 429, "quota_exceeded", -32000);
  assert.equal(full.headers.get("retry-after"), "60");
  for (const id of carts) await cancel(id, { key: "few" });
});

each("what is wrong with a cart is said where it is wrong", async ({ create, update }) => {
  const paths = async (wanted) => {
    const answer = await create(wanted);
    return Object.fromEntries(answer.body.messages.map(({ path, code }) => [path, code]));
  };
  assert.deepEqual(await paths(cart(["NOPE", 1], ["PAD-1", 0], ["PACK-1", 5], ["NOPRICE-1", 1])), { "$.line_items[1].quantity": "invalid" });
  assert.deepEqual(await paths(cart(["NOPE", 1], ["PACK-1", 5], ["NOPRICE-1", 1])), {
    "$.line_items[0].item.id": "item_unavailable", "$.line_items[1].quantity": "breaks_pack", "$.line_items[2]": "no_price",
  });
  for (const [item, expected] of [
    [{ item: { id: "PAD-1" } }, { "$.line_items[0].quantity": "missing" }],
    [{ item: { id: "PAD-1" }, quantity: 1.5 }, { "$.line_items[0].quantity": "invalid" }],
    [{ item: { id: "PAD-1" }, quantity: "1" }, { "$.line_items[0].quantity": "invalid" }],
    [{ item: { id: "PAD-1" }, quantity: 1_000_001 }, { "$.line_items[0].quantity": "invalid" }],
    [{ quantity: 1 }, { "$.line_items[0].item.id": "missing" }],
    [{ item: { id: 7 }, quantity: 1 }, { "$.line_items[0].item.id": "invalid" }],
    [{ item: "PAD-1", quantity: 1 }, { "$.line_items[0].item.id": "missing" }],
    [{ item: { id: "PAD-1", quantity_unit: { unit: "LTR", display_text: "l" } }, quantity: 1 }, { "$.line_items[0].item.quantity_unit": "quantity_unit_mismatch" }],
  ]) assert.deepEqual(await paths({ line_items: [item] }), expected, JSON.stringify(item));
  assert.deepEqual(Object.keys(await paths({ line_items: [] })), ["$.line_items"]);
  assert.deepEqual(Object.keys(await paths(cart(...Array.from({ length: 101 }, () => ["PAD-1", 1])))), ["$.line_items"]);
  assert.deepEqual(await paths(cart(["PAD-1", 1], { context: { location: "NOWHERE" } })), { "$.context.location": "unknown_location" });
  assert.deepEqual(await paths(cart(["PAD-1", 1], { "holdfast.hold": { ttl_seconds: 29 } })), { "$['holdfast.hold'].ttl_seconds": "out_of_range" });
  for (const wanted of [{}, { line_items: {} }, [], "cart", 7, null]) {
    fails(await create(wanted), 400, "invalid_request", -32602);
    fails(await update("q_1", wanted), 400, "invalid_request", -32602);
  }
});

each("what is wrong with a look-up is said", async ({ lookup, product, get }) => {
  for (const catalog of [{}, { ids: [] }, { ids: "PAD-1" }, { ids: [1] }, [], null]) fails(await lookup(catalog), 400, "invalid_request", -32602);
  for (const catalog of [{}, { id: 1 }, { id: null }, { ids: ["PAD-1"] }]) fails(await product(catalog), 400, "invalid_request", -32602);
  const ids = Array.from({ length: 101 }, (_, n) => `A-${n}`);
  fails(await lookup({ ids }), 400, "request_too_large", -32602);
  shown(await lookup({ ids: ids.slice(1) }), "catalog");
  for (const id of ["q_0", "x", "é", "a b", "q_1/release"]) {
    refused(await get(encodeURIComponent(id)), "cart", "not_found");
  }
});

test("rest: every request says who sends it and which it is, every change has a key", async () => {
  const post = (headers) => api.ask("POST", "/ucp/v1/catalog/lookup", { key: "shop", json: { ids: ["PAD-1"] }, headers });
  const id = randomUUID();
  for (const ucpAgent of [undefined, "", "agent/1.0", 'profile="http://platform.example"', 'profile="platform"']) {
    fails(await post({ "request-id": id, ...(ucpAgent !== undefined && { "ucp-agent": ucpAgent }) }), 400, "invalid_profile_url");
  }
  fails(await post({ "ucp-agent": `profile="${PLATFORM}"` }), 400, "request_id_required");
  const answer = await post({ "request-id": id, "ucp-agent": `v="1", profile="${PLATFORM}";x` });
  assert.deepEqual([answer.status, answer.headers.get("request-id")], [200, id]);
  for (const [method, path, body] of [["POST", "/carts", cart(["PAD-1", 1])], ["PUT", "/carts/q_1", cart(["PAD-1", 1])], ["POST", "/carts/q_1/cancel", {}]]) {
    fails(await rest(method, path, body), 400, "idempotency_key_required");
  }
  refused(await rest("PUT", "/carts/q_1", cart(["PAD-1", 1]), { order: "x".repeat(256) }), "cart", "invalid");
});

test("rest: what is no JSON, no path or no method is an error of the transport", async () => {
  for (const body of ["", "{", "\u0000", "[1,"]) {
    const answer = await api.ask("POST", "/ucp/v1/carts", { key: "shop", body, headers: { ...agent(), "idempotency-key": randomUUID() } });
    fails(answer, 400, "invalid_json");
  }
  fails(await api.ask("POST", "/ucp/v1/carts", { key: "shop", body: "x".repeat(1_100_000), headers: agent() }), 413, "too_large");
  for (const [method, path, allow] of [
    ["GET", "/catalog/lookup", "POST"], ["PUT", "/catalog/product", "POST"], ["GET", "/carts", "POST"], ["DELETE", "/carts/q_1", "GET, PUT"], ["GET", "/carts/q_1/cancel", "POST"],
  ]) {
    const answer = await rest(method, path);
    fails(answer, 405, "method_not_allowed");
    assert.equal(answer.headers.get("allow"), allow);
  }
  for (const path of ["/", "/checkout-sessions", "/orders/1", "/carts/q_1/complete", "/catalog"]) fails(await rest("POST", path, {}), 404, "not_found");
});

test("mcp: a call without a profile, and a change without a key, are errors of the protocol", async () => {
  const tools = bindings.mcp;
  for (const meta of [{ "ucp-agent": undefined }, { "ucp-agent": {} }, { "ucp-agent": { profile: "platform" } }, { "ucp-agent": "x" }]) {
    fails(await tool("lookup_catalog", { catalog: { ids: ["PAD-1"] } }, { meta }), 400, "invalid_profile_url", -32001);
  }
  fails(await tools.create(cart(["PAD-1", 1]), { order: null }), 400, "idempotency_key_required", -32602);
  fails(await tools.cancel("q_1", { order: null }), 400, "idempotency_key_required", -32602);
  for (const id of [undefined, 7, ""]) fails(await tools.get(id), 400, "invalid_request", -32602);
});

test("a cart that has expired is gone, and its stock is free", async () => {
  assert.equal(brief.length, 2);
  for (const { binding, sku, id, expires_at } of brief) {
    const gone = await until(() => binding.get(id), ({ body }) => body.ucp.status === "error", WAIT_MS);
    assert.ok(Date.now() >= Date.parse(expires_at) - 1_000, "not before its time");
    assert.match(refused(gone, "cart", "not_found")[0].content, /expired/);
    assert.match(refused(await binding.update(id, cart([sku, 1])), "cart", "not_found")[0].content, /expired/);
    refused(await binding.cancel(id), "cart", "not_found");
    await until(() => api.counters(sku), ({ available }) => available === 5);
  }
});
