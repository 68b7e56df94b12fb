// Every limit of a quote at, below and above its edge, and what else callers get wrong. Each answer says what it was; nothing
// is held and nothing is lost: after each test the counters are what they were before.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isProblem, namesFields, openInstance } from "./instance.mjs";

const MIB = 1024 * 1024;

let api;
let sku; // a million of it at ATL1, none elsewhere
let skus; // a hundred, ten of each at ATL1
before(async () => {
  api = await openInstance();
  [sku] = await api.parts("EDGE", 1);
  await api.count(sku, 1_000_000);
  skus = await api.parts("MANY", 100);
  await api.move(skus.map((many) => ({ id: randomUUID(), sku: many, location: "ATL1", kind: "count", quantity: 10 })));
});
after(() => api.close());

const counters = () => Promise.all([sku, skus[0], skus[99]].map((one) => api.counters(one)));
let untouched;
beforeEach(async () => { untouched = await counters(); });
afterEach(async () => assert.deepEqual(await counters(), untouched));

const line = (fields) => ({ sku, quantity: 1, ...fields });
/** Asks for a quote of one line with these fields. */
const ask = (fields, options) => api.hold([line()], { ...options, ...fields });
/** Opens a quote that the test gives up again with `free`. */
async function open(fields) {
  const answer = await ask(fields);
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}
const free = async ({ id }) => assert.equal((await api.act(id, "release")).status, 200);
/** Checks that an answer is a quote, and gives it up. */
async function passes(answer) {
  assert.equal(answer.status, 201, answer.text);
  await free(answer.body);
  return answer.body;
}

test("a quote has one to a hundred lines", async () => {
  namesFields(await api.hold([]), { "/lines": "out_of_range" });
  await passes(await api.hold([line()]));
  const hundred = skus.map((many) => ({ sku: many, quantity: 1 }));
  assert.equal((await passes(await api.hold(hundred))).lines.length, 100);
  namesFields(await api.hold([...hundred, line()]), { "/lines": "out_of_range" });
  namesFields(await api.send("/v1/quotes", {}), { "/lines": "missing" });
});

test("a body has at most one mebibyte, to the byte", async () => {
  const quote = await open();
  const post = (path, json, size) => {
    const body = JSON.stringify(json).padEnd(size, " ");
    return api.ask("POST", path, { key: "shop", body, headers: { "idempotency-key": randomUUID() } });
  };
  await passes(await post("/v1/quotes", { lines: [line()] }, MIB));
  isProblem(await post("/v1/quotes", { lines: [line()] }, MIB + 1), 413, "too_large");
  for (const [verb, json] of [["commit", {}], ["extend", { ttl_seconds: 60 }], ["release", {}], ["returns", {}]]) {
    isProblem(await post(`/v1/quotes/${quote.id}/${verb}`, json, MIB + 1), 413, "too_large");
  }
  assert.equal((await post(`/v1/quotes/${quote.id}/release`, {}, MIB)).status, 200);
});

const TEN_YEARS = 315_360_000;

test("a quote is held half a minute to a day", async () => {
  const lasts = ({ created_at, expires_at }) => (Date.parse(expires_at) - Date.parse(created_at)) / 1_000;
  for (const ttl_seconds of [30, 31, 86_399, 86_400]) assert.equal(lasts(await passes(await ask({ ttl_seconds }))), ttl_seconds);
  for (const ttl_seconds of [undefined, null]) assert.equal(lasts(await passes(await ask({ ttl_seconds }))), 900);
  const quote = await open();
  for (const [ttl_seconds, code] of [[29, "out_of_range"], [0, "out_of_range"], [86_401, "out_of_range"], [TEN_YEARS, "out_of_range"],
    [-1, "invalid"], [-900, "invalid"], [60.5, "invalid"], [1e300, "invalid"], ["60", "invalid"], [true, "invalid"], [[60], "invalid"]]) {
    namesFields(await ask({ ttl_seconds }), { "/ttl_seconds": code });
    namesFields(await api.act(quote.id, "extend", { ttl_seconds }), { "/ttl_seconds": code });
  }
  for (const ttl_seconds of [undefined, null]) {
    namesFields(await api.act(quote.id, "extend", { ttl_seconds }), { "/ttl_seconds": "missing" });
  }
  assert.equal((await api.get(`/v1/quotes/${quote.id}`)).expires_at, quote.expires_at);
  const { body: longest } = await api.act(quote.id, "extend", { ttl_seconds: 86_400 });
  assert.ok(lasts(longest) >= 86_400);
  const { body: same } = await api.act(quote.id, "extend", { ttl_seconds: 30 });
  assert.equal(same.expires_at, longest.expires_at, "an extension never shortens");
  await free(quote);
});

const NO_QUANTITIES = [0, -1, 1.5, 1_000_001, 1e300, "1", true, [], {}];

test("a quantity is a whole number from one to a million", async () => {
  for (const quantity of NO_QUANTITIES) namesFields(await api.hold([line({ quantity })]), { "/lines/0/quantity": "invalid" });
  for (const quantity of [undefined, null]) namesFields(await api.hold([line({ quantity })]), { "/lines/0/quantity": "missing" });
  assert.equal((await passes(await api.hold([line({ quantity: 1_000_000 })]))).lines[0].held, 1_000_000);
  assert.equal((await passes(await api.hold([line({ quantity: 999_999 }), line()]))).lines[0].held, 1_000_000);
  namesFields(await api.hold([line({ quantity: 999_999 }), line({ quantity: 2 })]), { "/lines/1/quantity": "out_of_range" });
});

test("what is bought or given back are units the quote has", async () => {
  const quote = (await api.hold([line({ quantity: 3 })])).body;
  const commit = (lines) => api.act(quote.id, "commit", { lines });
  const returns = (lines) => api.act(quote.id, "returns", { lines });
  const wrong = async (act) => {
    for (const quantity of NO_QUANTITIES) namesFields(await act([{ line: 0, quantity }]), { "/lines/0/quantity": "invalid" });
    for (const number of [-1, 0.5, "0", null]) {
      namesFields(await act([{ line: number, quantity: 1 }]), { "/lines/0/line": number === null ? "missing" : "invalid" });
    }
    namesFields(await act([{ line: 0, quantity: 1, sku }]), { "/lines/0/sku": "unknown_field" });
    namesFields(await act([5]), { "/lines/0": "invalid" });
    namesFields(await act({}), { "/lines": "invalid" });
    namesFields(await act([]), { "/lines": "out_of_range" });
    namesFields(await act(Array(101).fill({ line: 0, quantity: 1 })), { "/lines": "out_of_range" });
    for (const number of [1, 100, 2 ** 32 - 1]) isProblem(await act([{ line: number, quantity: 1 }]), 422, "unknown_line");
    isProblem(await act([{ line: 0, quantity: 4 }]), 422, "exceeds_hold");
    isProblem(await act([{ line: 0, quantity: 2 }, { line: 0, quantity: 2 }]), 422, "exceeds_hold");
  };
  isProblem(await returns([{ line: 0, quantity: 1 }]), 409, "not_committed");
  await wrong(commit);
  assert.deepEqual(await api.get(`/v1/quotes/${quote.id}`), quote);
  assert.equal((await commit([{ line: 0, quantity: 1 }, { line: 0, quantity: 2 }])).body.lines[0].committed, 3);
  await wrong(returns);
  isProblem(await api.act(quote.id, "release"), 409, "already_committed");
  isProblem(await api.act(quote.id, "extend", { ttl_seconds: 60 }), 409, "already_committed");
  isProblem(await ask({ replace: quote.id }), 409, "already_committed");
  assert.equal((await returns([{ line: 0, quantity: 2 }])).body.lines[0].returned, 2);
  isProblem(await returns([{ line: 0, quantity: 2 }]), 422, "exceeds_hold");
  assert.equal((await api.act(quote.id, "returns")).body.lines[0].returned, 3);
});

test("an amount is at most a trillion, also that of all lines together", async () => {
  const prices = (unit) => [{ sheet: "US", type: "LST", currency: "USD", breaks: [{ from: 1, unit }] }];
  const dear = await api.parts("DEAR", 2, { prices: prices(90_000_000) }); // 9,000 dollars, in ten-thousandths
  const [dearest] = await api.parts("DEAREST", 1, { prices: prices(100_000_100) });
  for (const one of [...dear, dearest]) await api.count(one, 1_000_000);
  const answer = await api.hold([{ sku: dearest, quantity: 1_000_000 }]);
  isProblem(answer, 422, "invalid_request");
  const { body: quote } = await api.hold([{ sku: dear[0], quantity: 1_000_000 }]);
  assert.equal(quote.total.amount, 900_000_000_000);
  await free(quote);
  const both = await api.hold(dear.map((one) => ({ sku: one, quantity: 1_000_000 })));
  isProblem(both, 422, "invalid_request");
  for (const one of [...dear, dearest]) assert.equal((await api.counters(one)).held, 0);
});

test("an account has at most two hundred open quotes, however many it asks for at once", async () => {
  const [key] = await api.shops(1);
  const answers = await Promise.all(Array.from({ length: 220 }, () => ask({}, { key })));
  const opened = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
  for (const answer of answers.filter(({ status }) => status !== 201)) isProblem(answer, 429, "quota_exceeded");
  assert.equal(opened.length, 200);
  assert.equal((await api.counters(sku)).held, 200);

  const order = randomUUID();
  const refused = await ask({}, { key, order });
  isProblem(refused, 429, "quota_exceeded");
  assert.match(refused.headers.get("retry-after"), /^[1-9]\d*$/);
  assert.equal(refused.body.retryable, true);
  const replaced = await ask({ replace: opened.pop() }, { key });
  assert.equal(replaced.status, 201, "one that takes another's place does not add to them");
  assert.equal((await api.act(replaced.body.id, "release", {}, { key })).status, 200);
  const retried = await ask({}, { key, order });
  assert.equal(retried.status, 201, "what is retryable succeeds as soon as it can");
  isProblem(await ask({}, { key }), 429, "quota_exceeded");
  await Promise.all([...opened, retried.body.id].map((id) => api.act(id, "release", {}, { key })));
});

test("a call has one to a thousand movements", async () => {
  const movements = (count) => Array.from({ length: count }, (_, n) => (
    { id: randomUUID(), sku, location: "ATL1", kind: "adjustment", quantity: n % 2 === 0 ? 1 : -1 }));
  const send = (count) => api.ask("POST", "/v1/stock/movements", { key: "stock-only", json: { movements: movements(count) } });
  for (const count of [0, 1_001]) namesFields(await send(count), { "/movements": "out_of_range" });
  const { body } = await send(1_000);
  assert.equal(body.results.filter(({ result }) => result === "applied").length, 1_000);
  assert.equal((await send(2)).body.results.length, 2);
});

test("a reference is a text of one to two hundred characters", async () => {
  for (const reference of ["P", "é".repeat(200), "🚗".repeat(200), "PO 1\n\u0000'\"<b>"]) {
    assert.equal((await passes(await ask({ reference }))).reference, reference);
  }
  for (const reference of ["", " ", "x".repeat(201), 5, true, {}]) namesFields(await ask({ reference }), { "/reference": "invalid" });
});

test("an Idempotency-Key has 1 to 255 characters", async () => {
  const quote = await open();
  const id = `/v1/quotes/${quote.id}`;
  const posts = [["/v1/quotes", { lines: [line()] }], [`${id}/commit`, {}], [`${id}/release`, {}], [`${id}/extend`, { ttl_seconds: 60 }],
    [`${id}/returns`, {}]];
  for (const [path, json] of posts) {
    const post = (headers) => api.ask("POST", path, { key: "shop", json, headers });
    for (const headers of [{}, { "idempotency-key": "" }, { "idempotency-key": "  " }]) {
      isProblem(await post(headers), 400, "idempotency_key_required");
    }
    namesFields(await post({ "idempotency-key": "k".repeat(256) }), { "/Idempotency-Key": "invalid" });
  }
  assert.deepEqual(await api.get(id), quote);
  await passes(await ask({}, { order: "k".repeat(255) }));
  await passes(await ask({}, { order: "k" }));
  assert.equal((await api.act(quote.id, "release", {}, { order: "k".repeat(255) })).status, 200);
});

test("a key that was used for another body is refused, and what it was used for stays", async () => {
  const order = randomUUID();
  const first = await ask({}, { order });
  for (const other of [{ partial: true }, { ttl_seconds: 60 }, { reference: "PO-2" }]) {
    isProblem(await ask(other, { order }), 422, "idempotency_key_reused");
  }
  isProblem(await api.hold([line({ quantity: 2 })], { order }), 422, "idempotency_key_reused");
  const { id } = first.body;
  const longer = await api.act(id, "extend", { ttl_seconds: 3_600 }, { order });
  isProblem(await api.act(id, "extend", { ttl_seconds: 7_200 }, { order }), 422, "idempotency_key_reused");
  assert.equal((await api.get(`/v1/quotes/${id}`)).expires_at, longer.body.expires_at);
  assert.deepEqual((await ask({}, { order })).body, first.body);
  await free(first.body);
});

test("a key belongs to one account and one path", async () => {
  const order = randomUUID();
  const { body: mine } = await ask({}, { order });
  const { body: theirs } = await ask({}, { order, key: "fleet" });
  assert.notEqual(mine.id, theirs.id);
  const { body: second } = await ask();
  const released = await Promise.all([
    api.act(mine.id, "release", {}, { order }), api.act(second.id, "release", {}, { order }),
    api.act(theirs.id, "release", {}, { order, key: "fleet" }),
  ]);
  for (const { status, body, headers } of released) {
    assert.deepEqual([status, body.state, headers.get("idempotent-replayed")], [200, "released", null]);
  }
});

test("another account's quote is not there, whatever is done to it", async () => {
  const quote = await open();
  const refused = async (id, options) => {
    for (const [verb, json] of [["commit", {}], ["commit", { lines: [{ line: 0, quantity: 1 }] }], ["release", {}],
      ["extend", { ttl_seconds: 3_600 }], ["returns", {}]]) isProblem(await api.act(id, verb, json, options), 404, "not_found");
    isProblem(await api.ask("GET", `/v1/quotes/${id}`, { key: options.key }), 404, "not_found");
  };
  await refused(quote.id, { key: "fleet" });
  isProblem(await ask({ replace: quote.id }, { key: "fleet" }), 404, "not_found");
  for (const id of ["q_0", "0", quote.id.toUpperCase(), "q".repeat(200), "%00", "%2e%2e", "null"]) await refused(id, { key: "shop" });
  assert.deepEqual(await api.get(`/v1/quotes/${quote.id}`), quote);
  await free(quote);
});

test("a quote is not asked for by who may not", async () => {
  isProblem(await ask({}, { key: "wrong" }), 401, "unauthenticated");
  for (const key of ["late", "stock-only", "page", "euro"]) isProblem(await ask({}, { key }), 403, "forbidden");
});

test("a line names a part that can be sold, in a number it is sold in, at a location that exists and has it", async () => {
  for (const [fields, wrong] of [
    [{ sku: "NOBODY-1" }, { "/lines/0/sku": "unknown_sku" }],
    [{ sku: "A B" }, { "/lines/0/sku": "invalid" }],
    [{ sku: "x".repeat(65) }, { "/lines/0/sku": "invalid" }],
    [{ sku: "" }, { "/lines/0/sku": "invalid" }],
    [{ sku: undefined }, { "/lines/0/sku": "missing" }],
    [{ location: "NOWHERE" }, { "/lines/0/location": "unknown_location" }],
    [{ location: "" }, { "/lines/0/location": "invalid" }],
    [{ location: 5 }, { "/lines/0/location": "invalid" }],
    [{ sku: "NOPRICE-1" }, { "/lines/0": "no_price" }],
    [{ sku: "PACK-1", quantity: 5 }, { "/lines/0/quantity": "breaks_pack" }],
    [{ sku: "PACK-1", quantity: 2 }, { "/lines/0/quantity": "breaks_pack" }],
    [{ location: "NOWHERE", quantity: 0, colour: "red" },
      { "/lines/0/quantity": "invalid", "/lines/0/colour": "unknown_field" }],
  ]) {
    namesFields(await api.hold([line(fields)]), wrong);
    const second = Object.fromEntries(Object.entries(wrong).map(([at, code]) => [at.replace("/0", "/1"), code]));
    namesFields(await api.hold([{ sku: skus[0], quantity: 1 }, line(fields)]), second);
  }
  for (const location of ["HUB", "LAX1"]) {
    for (const lines of [[line({ location })], [{ sku: skus[0], quantity: 1 }, line({ location })]]) {
      const { errors } = isProblem(await api.hold(lines), 409, "insufficient_stock");
      assert.deepEqual(errors.map(({ pointer }) => pointer), [`/lines/${lines.length - 1}`]);
    }
  }
});

test("the rest of a request is sound, or what is wrong with it is named", async () => {
  for (const [fields, wrong] of [
    [{ partial: "yes" }, { "/partial": "invalid" }],
    [{ partial: 1 }, { "/partial": "invalid" }],
    [{ replace: "a b" }, { "/replace": "invalid" }],
    [{ replace: 5 }, { "/replace": "invalid" }],
    [{ deliver_to: "ATL1" }, { "/deliver_to": "invalid" }],
    [{ deliver_to: { lat: 91, lon: 0 } }, { "/deliver_to": "out_of_range" }],
    [{ ttl: 60, "a/b": 1 }, { "/ttl": "unknown_field", "/a~1b": "unknown_field" }],
    [{ ttl_seconds: 1, reference: "", partial: [] },
      { "/ttl_seconds": "out_of_range", "/reference": "invalid", "/partial": "invalid" }],
  ]) namesFields(await ask(fields), wrong);
  isProblem(await ask({ deliver_to: { location: "NOWHERE" } }), 422, "invalid_request");
  isProblem(await ask({ replace: "q_nobody" }), 404, "not_found");
  const quote = await open();
  await free(quote);
  isProblem(await ask({ replace: quote.id }), 409, "already_released");
});

test("what is not the JSON of a request is told so", async () => {
  const quote = await open();
  const paths = ["", ...["commit", "extend", "release", "returns"].map((verb) => `/${quote.id}/${verb}`)];
  const post = (path, body) =>
    api.ask("POST", `/v1/quotes${path}`, { key: "shop", body, headers: { "idempotency-key": randomUUID() } });
  for (const path of paths) {
    for (const body of [" ", "{", "{'lines':[]}", '{"lines":[}', '{"lines":[]} x', "NaN", "[".repeat(100_000)]) {
      isProblem(await post(path, body), 400, "invalid_json");
    }
    for (const body of ["null", "[]", '"text"', "5", "true"]) {
      assert.equal(isProblem(await post(path, body), 422, "invalid_request").errors[0].pointer, "", body);
    }
    const { errors } = isProblem(await post(path, '{"colour":"red","ttl_seconds":60,"lines":[{"sku":"X","quantity":1,"line":0}]}'), 422, "invalid_request");
    assert.ok(errors.some(({ pointer, code }) => pointer === "/colour" && code === "unknown_field"));
  }
  isProblem(await post("", undefined), 400, "invalid_json");
  assert.deepEqual(await api.get(`/v1/quotes/${quote.id}`), quote);
  await free(quote);
});

test("a page has its limits, and a path its methods", async () => {
  const list = (query) => api.ask("GET", `/v1/quotes?${query}`, { key: "shop" });
  for (const [query, field] of [["limit=0", "/limit"], ["limit=101", "/limit"], ["limit=-1", "/limit"], ["limit=x", "/limit"],
    ["cursor=x", "/cursor"], ["cursor=-1", "/cursor"], ["state=lost", "/state"], ["state=", "/state"]]) {
    namesFields(await list(query), { [field]: "invalid" });
  }
  for (const query of ["limit=1", "limit=100", "cursor=0", "state=held"]) assert.equal((await list(query)).status, 200, query);
  const quote = await open();
  for (const [method, path, allow] of [["DELETE", "", "GET, POST"], ["PATCH", `/${quote.id}`, "GET"], ["GET", `/${quote.id}/commit`, "POST"]]) {
    const answer = await api.ask(method, `/v1/quotes${path}`, { key: "shop" });
    isProblem(answer, 405, "method_not_allowed");
    assert.equal(answer.headers.get("allow"), allow);
  }
  isProblem(await api.act(quote.id, "cancel"), 404, "not_found");
  await free(quote);
});
