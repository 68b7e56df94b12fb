// Whatever is sent, the answer says what was wrong. `ask` fails a test whose answer is a 500.
import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const POSTS = [["/v1/query", "shop"], ["/v1/stock/movements", "stock-only"], ["/v1/stock/incoming", "stock-only"]];
const query = (json) => api.ask("POST", "/v1/query", { key: "shop", json });
const line = (fields) => query({ lines: [fields] });

test("what is not JSON is malformed", async () => {
  const bodies = ["", " ", "{", "{'lines':[]}", '{"lines":[}', "{\"lines\":[]} x", "\u0000", "[".repeat(100_000), '{"a":'.repeat(5_000),
    new Uint8Array([0x22, 0xff, 0xfe, 0x22]), "NaN", '{"lines":[{"sku":"A","quantity":1e999}]}'];
  for (const [path, key] of POSTS) {
    for (const body of bodies) isProblem(await api.ask("POST", path, { key, body }), 400, "invalid_json");
    isProblem(await api.ask("POST", path, { key }), 400, "invalid_json");
  }
});

test("JSON of another form than the request's is told what was expected", async () => {
  for (const [path, key] of POSTS) {
    for (const json of [null, [], "text", 5, true]) {
      const { errors } = isProblem(await api.ask("POST", path, { key, json }), 422, "invalid_request");
      assert.equal(errors[0].pointer, "");
    }
  }
  namesFields(await query({ lines: {} }), { "/lines": "invalid" });
  namesFields(await query({ lines: [5] }), { "/lines/0": "invalid" });
  namesFields(await query({}), { "/lines": "missing" });
});

test("fields of the wrong type are all named, in one answer", async () => {
  const answer = await query({
    lines: [{ sku: 5 }, { number: "", brand: 1 }, { vin: 17, part_type: [] }, { sku: "A B", quantity: "2" }],
    fulfilment: "drone", needed_by: "tomorrow", budget_ms: "60", explain: "yes", currency: "dollars", deliver_to: 5,
  });
  const fields = Object.fromEntries(isProblem(answer, 422, "invalid_request").errors.map(({ pointer, code }) => [pointer, code]));
  for (const pointer of ["/lines/0/sku", "/lines/1/brand", "/lines/2/vin", "/lines/2/part_type", "/lines/3/sku", "/lines/3/quantity",
    "/fulfilment", "/needed_by", "/budget_ms", "/explain", "/currency", "/deliver_to"]) assert.equal(fields[pointer], "invalid", pointer);
});

test("a field that does not exist is named, not ignored", async () => {
  namesFields(await query({ lines: [{ sku: "PAD-1", qty: 1 }], explain: true, "a/b": 1 }),
    { "/lines/0/qty": "unknown_field", "/a~1b": "unknown_field" });
});

test("a query has one to a hundred lines", async () => {
  const lines = (n) => ({ lines: Array.from({ length: n }, () => ({ sku: "PAD-1" })) });
  namesFields(await query(lines(0)), { "/lines": "out_of_range" });
  namesFields(await query(lines(101)), { "/lines": "out_of_range" });
  assert.equal((await query(lines(100))).body.lines.length, 100);
});

test("a quantity is a whole number from one to a million", async () => {
  for (const quantity of [0, -1, 10_000_000, 1_000_001, 1.5, 1e300, "1", true, [], {}]) {
    namesFields(await line({ sku: "PAD-1", quantity }), { "/lines/0/quantity": "invalid" });
  }
  assert.equal((await line({ sku: "PAD-1", quantity: 1_000_000 })).status, 200);
  assert.equal((await line({ sku: "PAD-1", quantity: null })).body.lines[0].quantity, 1, "null reads as absent");
});

test("a line names its part in one way", async () => {
  for (const fields of [{}, { quantity: 1 }, { brand: "BRKA" }, { sku: "A", number: "B" }, { sku: "A", vin: "1HGCM82633A004352" }]) {
    namesFields(await line(fields), { "/lines/0": "invalid" });
  }
  namesFields(await line({ vin: "1HGCM82633A004352" }), { "/lines/0/part_type": "missing" });
  namesFields(await line({ sku: "PAD-1", brand: "BRKA" }), { "/lines/0/brand": "unknown_field" });
});

test("a VIN that cannot be one is named with the reason", async () => {
  for (const [vin, reason] of [["1HGCM82633A00435", /16/], ["IHGCM82633A004352", /'I'/], ["1HGCM82633AO04352", /'O'/], ["1HGCM82633AQ04352", /'Q'/]]) {
    const answer = await line({ vin, part_type: "brake pad" });
    namesFields(answer, { "/lines/0/vin": "invalid" });
    assert.match(answer.body.detail, reason);
  }
  const wrongDigit = await line({ vin: "1HGCM82643A004352", part_type: "brake pad" });
  assert.deepEqual([wrongDigit.status, wrongDigit.body.lines[0].sku], [200, "PAD-1"], "a wrong check digit may still be right");
});

test("a currency the account does not have is refused with the one it has", async () => {
  const answer = await query({ lines: [{ sku: "PAD-1" }], currency: "EUR" });
  namesFields(answer, { "/currency": "currency_not_available" });
  assert.match(answer.body.detail, /USD/);
});

test("a budget and a time have their ranges", async () => {
  for (const budget_ms of [0, 5_001]) namesFields(await query({ lines: [{ sku: "PAD-1" }], budget_ms }), { "/budget_ms": "out_of_range" });
  for (const budget_ms of [-1, 1.5]) assert.equal((await query({ lines: [{ sku: "PAD-1" }], budget_ms })).status, 422);
  for (const needed_by of ["2026-11-22", "2026-13-01T00:00:00Z", "", 5]) {
    namesFields(await query({ lines: [{ sku: "PAD-1" }], needed_by }), { "/needed_by": "invalid" });
  }
  for (const needed_by of ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-22T10:00:00+14:00"]) {
    assert.equal((await query({ lines: [{ sku: "PAD-1" }], needed_by })).status, 200, needed_by);
  }
});

test("texts of any kind are answered", async () => {
  for (const text of ["'; DROP TABLE positions; --", "../../part/PAD-1", "🚗", "a\u0000b", "\u202e", "x".repeat(48), "%", "constructor", "__proto__"]) {
    const { status, body } = await line({ number: text });
    assert.ok(status === 200 ? body.lines[0].match === "none" : status === 422, text);
    assert.equal((await line({ vin: "1HGCM82633A004352", part_type: text, position: text })).status, 200, text);
  }
  namesFields(await line({ vin: "1HGCM82633A004352", part_type: "x".repeat(201) }), { "/lines/0/part_type": "invalid" });
});

test("a body of more than one mebibyte is refused, whether or not its length is announced", async () => {
  const large = new Uint8Array(10 * 1024 * 1024).fill(0x20);
  for (const [path, key] of POSTS) {
    isProblem(await api.ask("POST", path, { key, body: large }), 413, "too_large");
    const { status, body } = await inChunks(path, key, large);
    assert.deepEqual([status, body.code], [413, "too_large"]);
  }
  isProblem(await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body: large }), 413, "too_large");
  assert.equal((await query({ lines: [{ sku: "PAD-1" }] })).status, 200, "and the next request is served");
});

/** Posts without announcing a length; what is refused early may break the connection afterwards. */
function inChunks(path, key, bytes) {
  return new Promise((done, failed) => {
    const post = request(api.url + path, { method: "POST", headers: { authorization: `Bearer ${key}`, "transfer-encoding": "chunked" } });
    post.once("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      done({ status: response.statusCode, body: JSON.parse(text) });
    });
    post.once("error", failed);
    for (let sent = 0; sent < bytes.length; sent += 65_536) post.write(bytes.subarray(sent, sent + 65_536));
    post.end();
  });
}

test("a body that ends early leaves the server as it was", async () => {
  await new Promise((done, failed) => {
    const socket = connect(new URL(api.url).port, "127.0.0.1", () => {
      socket.end("POST /v1/query HTTP/1.1\r\nhost: h\r\nauthorization: Bearer shop\r\ncontent-length: 100\r\n\r\n{\"lines\"");
    });
    socket.on("close", done).on("error", failed).resume();
  });
  assert.equal((await query({ lines: [{ sku: "PAD-1" }] })).status, 200);
});

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
for (const [path, allowed] of [
  ["/healthz", "GET"], ["/v1/query", "POST"], ["/v1/availability", "GET, OPTIONS"], ["/v1/availability/PAD-1", "GET, OPTIONS"],
  ["/v1/parts", "GET"], ["/v1/parts/PAD-1", "GET"], ["/v1/vehicles/1HGCM82633A004352", "GET"],
  ["/v1/vehicles/1HGCM82633A004352/parts", "GET"], ["/v1/stock/movements", "POST"], ["/v1/stock/incoming", "POST"],
  ["/v1/stock/PAD-1", "GET"], ["/v1/stock/PAD-1/movements", "GET"], ["/v1/admin/catalog", "GET, PUT"],
]) {
  test(`${path} answers ${allowed} and tells so to any other method`, async () => {
    for (const method of METHODS.filter((method) => !allowed.split(", ").includes(method))) {
      const answer = await api.ask(method, path, { key: "admin" });
      isProblem(answer, 405, "method_not_allowed");
      assert.equal(answer.headers.get("allow"), allowed, method);
    }
    if (allowed.includes("GET")) {
      const head = await api.ask("HEAD", path, { key: "admin" });
      assert.equal(head.text, "");
      assert.notEqual(head.status, 405);
    }
  });
}

test("a path that is not there is not found, whoever asks", async () => {
  for (const path of ["/v1", "/v2/query", "/v1/query/", "/v1/query/x", "//v1/query", "/v1/stock", "/v1/stock/PAD-1/x", "/v1/parts/PAD-1/",
    "/V1/QUERY", "/.env", "/v1/vehicles", "/v1/admin", "/healthz/"]) {
    for (const key of [undefined, "shop"]) isProblem(await api.ask("GET", path, { key }), 404, "not_found");
  }
});

test("a request id of the caller's comes back, on errors too", async () => {
  const ask = (path, id) => api.ask("GET", path, { key: "shop", headers: { "x-request-id": id } });
  for (const path of ["/healthz", "/v1/parts/PAD-1", "/v1/parts/NO-SUCH", "/nowhere"]) {
    assert.equal((await ask(path, "trace-7:a.b_c")).headers.get("x-request-id"), "trace-7:a.b_c");
    assert.notEqual((await ask(path, "<script>")).headers.get("x-request-id"), "<script>");
  }
});

test("an answer tells how its time was spent and may not be kept", async () => {
  const answer = await query({ lines: [{ sku: "PAD-1" }] });
  const timing = answer.headers.get("server-timing");
  for (const name of ["auth", "catalog", "stock", "total"]) assert.match(timing, new RegExp(`(^|, )${name};dur=\\d+`), timing);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("content-type"), "application/json");
});

test("a traceparent is taken in any form", async () => {
  for (const traceparent of ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "nonsense"]) {
    const answer = await api.ask("GET", "/v1/parts/PAD-1", { key: "shop", headers: { traceparent } });
    assert.equal(answer.status, 200);
  }
});
