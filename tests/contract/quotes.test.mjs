// Quotes over HTTP: what is held, sold, given back, and what a second try of the same request gets. Each test works on
// skus of its own where it can.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance, until } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

let count = 0;
const newKey = () => `order-${count += 1}`;
/** A POST with an Idempotency-Key. */
const send = (path, json, { key = "shop", order = newKey() } = {}) =>
  api.ask("POST", path, { key, json, headers: { "idempotency-key": order } });
const hold = (lines, { key, order, ...options } = {}) => send("/v1/quotes", { lines, ...options }, { key, order });
const act = (id, verb, json, options) => send(`/v1/quotes/${id}/${verb}`, json, options);
const counters = async (sku, location) => {
  const { on_hand, committed, held, available } = await api.position(sku, location);
  return { on_hand, committed, held, available };
};
const stock = (sku, quantity, location = "ATL1") =>
  api.move([{ id: `opening-${sku}-${location}`, sku, location, kind: "count", quantity }]);

test("a quote is kept, and its stock held, in one process as in two", async () => {
  const sku = "NONE-1";
  await stock(sku, 10);
  const held = [];
  for (const processes of [1, 2, 1]) {
    const { body: quote } = await hold([{ sku, quantity: 1 }]);
    held.push(quote);
    await api.restart({ processes });
    assert.equal((await counters(sku)).held, held.length);
    for (const { id } of held) assert.equal((await api.ask("GET", `/v1/quotes/${id}`, { key: "shop" })).body.state, "held");
  }
  assert.equal((await act(held[0].id, "commit", {})).status, 200);
  await api.restart({ processes: 2 });
  const { on_hand, committed, held: rest } = await counters(sku);
  assert.deepEqual([on_hand, committed, rest], [10, 1, 2]);
});

test("a quote holds its stock, and a query sees it at once", async () => {
  await stock("HELD-01", 10);
  const answer = await hold([{ sku: "HELD-01", quantity: 4 }], { reference: "PO-1" });
  assert.equal(answer.status, 201, answer.text);
  const quote = answer.body;
  assert.equal(answer.headers.get("location"), `/v1/quotes/${quote.id}`);
  assert.deepEqual([quote.state, quote.reference, quote.currency], ["held", "PO-1", "USD"]);
  const [line] = quote.lines;
  assert.deepEqual([line.line, line.sku, line.quantity, line.held], [0, "HELD-01", 4, 4]);
  assert.deepEqual(line.allocations, [{ location: "ATL1", quantity: 4 }]);
  assert.equal(quote.subtotal.amount, line.price.extended.amount);
  assert.equal(quote.total.amount, quote.subtotal.amount + quote.core_total.amount);
  assert.equal(Date.parse(quote.expires_at) - Date.parse(quote.created_at), 900_000);
  assert.deepEqual(await counters("HELD-01"), { on_hand: 10, committed: 0, held: 4, available: 6 });
  assert.equal((await api.line("HELD-01")).available, 6);
  assert.deepEqual((await api.get(`/v1/quotes/${quote.id}`)).lines, quote.lines);
});

test("a commit sells what is held, a part commit frees the rest, and neither happens twice", async () => {
  await stock("HELD-02", 10);
  const { body: quote } = await hold([{ sku: "HELD-02", quantity: 6 }]);
  isProblem(await act(quote.id, "commit", { lines: [{ line: 0, quantity: 7 }] }), 422, "exceeds_hold");
  isProblem(await act(quote.id, "commit", { lines: [{ line: 3, quantity: 1 }] }), 422, "unknown_line");
  const order = newKey();
  const first = await act(quote.id, "commit", { lines: [{ line: 0, quantity: 4 }] }, { order });
  assert.deepEqual([first.status, first.body.state, first.body.lines[0].committed], [200, "committed", 4]);
  assert.deepEqual(await counters("HELD-02"), { on_hand: 10, committed: 4, held: 0, available: 6 });
  const again = await act(quote.id, "commit", { lines: [{ line: 0, quantity: 4 }] }, { order });
  assert.deepEqual([again.headers.get("idempotent-replayed"), again.body], ["true", first.body]);
  isProblem(await act(quote.id, "commit", {}), 409, "already_committed");
  isProblem(await act(quote.id, "release", {}), 409, "already_committed");
});

test("sold stock is picked from the shelf, and what comes back is counted once", async () => {
  await stock("HELD-03", 5);
  const { body: quote } = await hold([{ sku: "HELD-03", quantity: 3 }]);
  assert.equal((await act(quote.id, "commit", {})).body.state, "committed");
  const [pick] = await api.move([{ id: "pick-1", sku: "HELD-03", location: "ATL1", kind: "pick", quantity: 2 }]);
  assert.equal(pick.result, "applied");
  assert.deepEqual(await counters("HELD-03"), { on_hand: 3, committed: 1, held: 0, available: 2 });
  const order = newKey();
  const back = await act(quote.id, "returns", { lines: [{ line: 0, quantity: 2 }] }, { order });
  assert.deepEqual([back.status, back.body.lines[0].returned], [200, 2], back.text);
  await act(quote.id, "returns", { lines: [{ line: 0, quantity: 2 }] }, { order });
  isProblem(await act(quote.id, "returns", { lines: [{ line: 0, quantity: 2 }] }), 422, "exceeds_hold");
  const { on_hand, committed, available } = await counters("HELD-03");
  assert.equal(on_hand - committed, available);
  assert.equal(available, 4);
});

test("a shortage holds nothing and says what there is; a partial quote takes it", async () => {
  await stock("HELD-04", 3);
  const refusal = await hold([{ sku: "HELD-01", quantity: 1 }, { sku: "HELD-04", quantity: 5 }]);
  const { errors } = isProblem(refusal, 409, "insufficient_stock");
  assert.deepEqual(errors.map(({ pointer, code }) => [pointer, code]), [["/lines/1", "insufficient_stock"]]);
  assert.match(errors[0].detail, /^3 of 5 units/);
  assert.equal((await counters("HELD-04")).held, 0);
  const partial = await hold([{ sku: "HELD-04", quantity: 5 }], { partial: true });
  assert.deepEqual([partial.status, partial.body.lines[0].held], [201, 3]);
  assert.equal((await act(partial.body.id, "release", {})).body.state, "released");
  assert.equal((await counters("HELD-04")).available, 3);
});

test("replacing a quote keeps the stock it had although none is left", async () => {
  await stock("HELD-05", 3);
  const { body: old } = await hold([{ sku: "HELD-05", quantity: 3 }]);
  isProblem(await hold([{ sku: "HELD-05", quantity: 4 }], { replace: old.id }), 409, "insufficient_stock");
  assert.equal((await api.get(`/v1/quotes/${old.id}`)).state, "held");
  const replaced = await hold([{ sku: "HELD-05", quantity: 2 }], { replace: old.id });
  assert.equal(replaced.status, 201, replaced.text);
  assert.equal((await api.get(`/v1/quotes/${old.id}`)).state, "released");
  assert.deepEqual(await counters("HELD-05"), { on_hand: 3, committed: 0, held: 2, available: 1 });
});

test("a quote whose place was taken is found, replaced and released under its first name, for whoever asks for the latest", async () => {
  const [sku] = await api.parts("LATEST", 1);
  await api.count(sku, 9);
  const line = (quantity) => [{ sku, quantity }];
  const latest = async (id) => (await api.get(`/v1/quotes/${id}?latest=true`)).lines[0].held;
  const { body: { id } } = await hold(line(1));
  const { body: second } = await send("/v1/quotes?latest=true", { lines: line(2), replace: id });
  assert.equal((await api.get(`/v1/quotes/${id}`)).replaced_by, second.id);
  isProblem(await hold(line(3), { replace: id }), 409, "already_released");
  const order = newKey();
  const replacing = () => send("/v1/quotes?latest=true", { lines: line(3), replace: id }, { order });
  const { body: third } = await replacing();
  assert.equal((await api.get(`/v1/quotes/${second.id}`)).replaced_by, third.id);
  const again = await replacing();
  assert.deepEqual([again.body, again.headers.get("idempotent-replayed")], [third, "true"]);
  assert.deepEqual([await latest(id), await latest(second.id), (await counters(sku)).held], [3, 3, 3]);
  assert.equal((await send(`/v1/quotes/${id}/release?latest=true`, {})).body.id, third.id);
  assert.equal((await counters(sku)).held, 0);
  namesFields(await api.ask("GET", `/v1/quotes/${id}?latest=maybe`, { key: "shop" }), { "/latest": "invalid" });
});

test("kits hold their components", async () => {
  const before = await counters("COMP-B");
  const kit = await hold([{ sku: "KIT-1", quantity: 2 }]);
  assert.equal(kit.status, 201, kit.text);
  assert.equal((await counters("COMP-B")).held, before.held + 4);
  isProblem(await hold([{ sku: "KIT-1", quantity: 2 }]), 409, "insufficient_stock");
  await act(kit.body.id, "release", {});
});

test("a line may be pinned to a location, and lines of one sku are folded", async () => {
  const pinned = await hold([{ sku: "PAD-1", quantity: 1, location: "HUB" }]);
  assert.deepEqual(pinned.body.lines[0].allocations, [{ location: "HUB", quantity: 1 }]);
  const folded = await hold([{ sku: "PAD-1", quantity: 1 }, { sku: "PAD-1", quantity: 2 }]);
  assert.deepEqual(folded.body.lines.map(({ sku, quantity }) => [sku, quantity]), [["PAD-1", 3]]);
});

test("the same key and body is one quote, another body is refused, and no key is refused", async () => {
  const order = newKey();
  const first = await hold([{ sku: "PAD-1", quantity: 1 }], { order });
  const again = await hold([{ sku: "PAD-1", quantity: 1 }], { order });
  assert.deepEqual([again.status, again.body, again.headers.get("idempotent-replayed")], [201, first.body, "true"]);
  isProblem(await hold([{ sku: "PAD-1", quantity: 2 }], { order }), 422, "idempotency_key_reused");
  const without = await api.ask("POST", "/v1/quotes", { key: "shop", json: { lines: [{ sku: "PAD-1", quantity: 1 }] } });
  isProblem(without, 400, "idempotency_key_required");
});

test("nobody sees or touches another account's quote", async () => {
  const { body: quote } = await hold([{ sku: "PAD-1", quantity: 1 }]);
  isProblem(await api.ask("GET", `/v1/quotes/${quote.id}`, { key: "fleet" }), 404, "not_found");
  isProblem(await act(quote.id, "commit", {}, { key: "fleet" }), 404, "not_found");
  isProblem(await act(quote.id, "release", {}, { key: "fleet" }), 404, "not_found");
});

test("desks that share an object have lists and limits of their own", async () => {
  const [lines, order, reference] = [[{ sku: "PAD-1", quantity: 1 }], newKey(), "PO-SHARED"];
  const accounts = ["shop", "counter"];
  const made = await Promise.all(accounts.map(async (key) => (await hold(lines, { key, order, reference })).body.id));
  assert.notEqual(made[0], made[1], "a key is one of its account");
  for (const [place, key] of accounts.entries()) {
    const { quotes } = await api.get(`/v1/quotes?reference=${reference}`, key);
    assert.deepEqual(quotes.map(({ id }) => id), [made[place]]);
  }
  isProblem(await hold(lines, { key: "counter", replace: made[0] }), 404, "not_found");
  assert.equal((await api.get(`/v1/quotes/${made[0]}`)).state, "held");
});

test("an account may have as many open quotes as its record says, and no more", async () => {
  const mine = (options) => hold([{ sku: "PAD-1", quantity: 1 }], { key: "few", ...options });
  const first = await mine();
  const second = await mine();
  assert.deepEqual([first.status, second.status], [201, 201]);
  const third = await mine();
  assert.match(isProblem(third, 429, "quota_exceeded").detail, /2 open quotes/);
  assert.ok(Number(third.headers.get("retry-after")) > 0);
  const replacing = await mine({ replace: second.body.id });
  assert.equal(replacing.status, 201, replacing.text);
  isProblem(await mine(), 429, "quota_exceeded");
  await act(first.body.id, "commit", {}, { key: "few" });
  const at = await Promise.all([1, 2, 3].map(() => mine()));
  assert.deepEqual(at.map(({ status }) => status).sort(), [201, 429, 429]);
});

test("an extension moves the expiry, and its limits are told", async () => {
  const { body: quote } = await hold([{ sku: "PAD-1", quantity: 1 }], { ttl_seconds: 60 });
  const longer = await act(quote.id, "extend", { ttl_seconds: 3_600 });
  assert.ok(Date.parse(longer.body.expires_at) - Date.parse(quote.expires_at) > 3_000_000, longer.text);
  for (const ttl_seconds of [0, -1, 29, 86_401, 1.5, 315_360_000]) {
    const { errors } = isProblem(await act(quote.id, "extend", { ttl_seconds }), 422, "invalid_request");
    assert.equal(errors[0].pointer, "/ttl_seconds");
  }
});

test("quotes are listed newest first, by state, page after page", async () => {
  const made = [];
  for (let n = 0; n < 3; n += 1) made.unshift((await hold([{ sku: "PAD-1", quantity: 1 }], { key: "fleet" })).body.id);
  await act(made[0], "release", {}, { key: "fleet" });
  const page = await api.get("/v1/quotes?limit=2", "fleet");
  assert.deepEqual(page.quotes.map(({ id }) => id), made.slice(0, 2));
  const next = await api.get(`/v1/quotes?limit=2&cursor=${page.cursor}`, "fleet");
  assert.deepEqual([next.quotes.map(({ id }) => id), next.cursor], [made.slice(2), undefined]);
  const whole = await api.get("/v1/quotes?limit=3", "fleet");
  assert.deepEqual([whole.quotes.length, whole.cursor], [3, undefined], "a full page that is the last says so");
  assert.deepEqual((await api.get("/v1/quotes?state=released", "fleet")).quotes.map(({ id }) => id), made.slice(0, 1));
  assert.equal((await api.get("/v1/quotes?cursor=9007199254740993", "fleet")).quotes.length, 3);
  isProblem(await api.ask("GET", "/v1/quotes?state=lost", { key: "fleet" }), 422, "invalid_request");
});

test("what is wrong with a request is named, and nothing is held", async () => {
  const line = { sku: "PAD-1", quantity: 1 };
  namesFields(await hold([]), { "/lines": "out_of_range" });
  namesFields(await hold(Array(101).fill(line)), { "/lines": "out_of_range" });
  namesFields(await hold([{ ...line, quantity: 0.5 }]), { "/lines/0/quantity": "invalid" });
  namesFields(await hold([{ sku: "NOBODY-1", quantity: 1 }]), { "/lines/0/sku": "unknown_sku" });
  namesFields(await hold([{ ...line, location: "NOWHERE" }]), { "/lines/0/location": "unknown_location" });
  namesFields(await hold([line], { ttl_seconds: 29 }), { "/ttl_seconds": "out_of_range" });
  namesFields(await hold([{ sku: "NOPRICE-1", quantity: 1 }]), { "/lines/0": "no_price" });
  isProblem(await hold([line], { key: "late" }), 403, "forbidden");
  isProblem(await hold([line], { key: "stock-only" }), 403, "forbidden");
  isProblem(await hold([line], { replace: "q_unknown" }), 404, "not_found");
  isProblem(await hold([{ sku: "PAD-1", quantity: 1, location: "NYC1" }]), 409, "insufficient_stock");
});

test("a hundred at once from several accounts take exactly what there is", async () => {
  await stock("HELD-06", 30);
  const keys = ["shop", "fleet", "counter", "demo-admin"];
  const asks = Array.from({ length: 100 }, (_, n) => hold([{ sku: "HELD-06", quantity: 1 }], { key: keys[n % keys.length] }));
  const statuses = (await Promise.all(asks)).map(({ status, body }) => `${status} ${body.state ?? body.code}`);
  const tally = Object.groupBy(statuses, (status) => status);
  assert.deepEqual(Object.keys(tally).sort(), ["201 held", "409 insufficient_stock"]);
  assert.equal(tally["201 held"].length, 30);
  assert.deepEqual(await counters("HELD-06"), { on_hand: 30, committed: 0, held: 30, available: 0 });
});

test("an order sent twice at the same instant is one order", async () => {
  await stock("HELD-07", 5);
  const order = newKey();
  const answers = await Promise.all(Array.from({ length: 5 }, () => hold([{ sku: "HELD-07", quantity: 2 }], { order })));
  const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id));
  assert.equal(ids.size, 1);
  for (const answer of answers.filter(({ status }) => status !== 201)) isProblem(answer, 409, "in_progress");
  assert.equal((await counters("HELD-07")).held, 2);
});

test("what was held and sold is there after the runtime was killed, and the same order meets its own quote", async () => {
  await stock("HELD-08", 20);
  const order = newKey();
  const { body: held } = await hold([{ sku: "HELD-08", quantity: 3 }], { order });
  const { body: sold } = await hold([{ sku: "HELD-08", quantity: 4 }]);
  await act(sold.id, "commit", {});
  await api.kill();
  await api.start();
  assert.deepEqual(await counters("HELD-08"), { on_hand: 20, committed: 4, held: 3, available: 13 });
  assert.equal((await hold([{ sku: "HELD-08", quantity: 3 }], { order })).body.id, held.id);
  assert.equal((await counters("HELD-08")).held, 3);
  await until(() => api.get(`/v1/quotes/${held.id}`), ({ state }) => state === "held");
});

test("where the deployment does not say how many objects desks share, each account has one of its own", async () => {
  const others = await openInstance({ vars: { STOCK_AND_QUOTES: "apart", QUOTE_DESKS: "" } });
  try {
    const files = () => readdirSync(join(others.state, "objects/QuoteDesk")).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    for (const key of ["shop", "fleet"]) {
      const json = { lines: [{ sku: "PAD-1", quantity: 1 }] };
      const { body: quote } = await others.ask("POST", "/v1/quotes", { key, json, headers: { "idempotency-key": newKey() } });
      assert.deepEqual((await others.get("/v1/quotes", key)).quotes.map(({ id }) => id), [quote.id]);
    }
    assert.equal(files().length, 2);
  } finally {
    await others.close();
  }
});
