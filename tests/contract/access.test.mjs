// Keys, scopes, origins, and where a demonstration key is valid.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { isProblem, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const QUERY = { lines: [{ sku: "PAD-1" }] };
const MOVEMENTS = { movements: [{ id: "m", sku: "MOVED-01", location: "ATL1", kind: "count", quantity: 0 }] };

// Every path that needs a key: method, path, body, a key that may, a key that may not.
const PATHS = [
  ["POST", "/v1/query", QUERY, "shop", "stock-only"],
  ["GET", "/v1/availability/PAD-1", undefined, "page", "stock-only"],
  ["GET", "/v1/availability?sku=PAD-1", undefined, "page", "stock-only"],
  ["GET", "/v1/parts/PAD-1", undefined, "shop", "page"],
  ["GET", "/v1/parts?number=10-01", undefined, "shop", "stock-only"],
  ["GET", "/v1/vehicles/1HGCM82633A004352", undefined, "shop", "stock-only"],
  ["GET", "/v1/vehicles/1HGCM82633A004352/parts", undefined, "shop", "page"],
  ["POST", "/v1/stock/movements", MOVEMENTS, "counter", "shop"],
  ["POST", "/v1/stock/incoming", { cancel: [{ id: "r", sku: "MOVED-01", location: "ATL1" }] }, "stock-only", "shop"],
  ["GET", "/v1/stock/PAD-1", undefined, "stock-only", "shop"],
  ["GET", "/v1/stock/PAD-1/movements", undefined, "stock-only", "page"],
  ["PUT", "/v1/admin/catalog", { key: "import/note", value: 1 }, "admin", "stock-only"],
  ["GET", "/v1/admin/catalog?key=promotions", undefined, "admin", "shop"],
];

for (const [method, path, json, may, mayNot] of PATHS) {
  test(`${method} ${path} asks for a key that carries its scope`, async () => {
    const none = await api.ask(method, path, { json });
    isProblem(none, 401, "unauthenticated");
    assert.equal(none.headers.get("www-authenticate"), "Bearer");
    isProblem(await api.ask(method, path, { json, key: "nobody-has-this" }), 401, "unauthenticated");
    isProblem(await api.ask(method, path, { json, key: mayNot }), 403, "forbidden");
    const answer = await api.ask(method, path, { json, key: may });
    assert.equal(answer.status, 200, answer.text);
  });
}

test("who has no key is told so before the request is looked at", async () => {
  for (const path of ["/v1/query", "/v1/stock/movements", "/v1/stock/incoming"]) {
    isProblem(await api.ask("POST", path, { body: "no json" }), 401, "unauthenticated");
    isProblem(await api.ask("POST", path, { key: "page", body: "{}" }), 403, "forbidden");
  }
  isProblem(await api.ask("GET", "/v1/vehicles/short"), 401, "unauthenticated");
  isProblem(await api.ask("GET", "/v1/stock/PAD-1/movements?limit=0"), 401, "unauthenticated");
});

test("a key may come in a header of its own", async () => {
  const ask = (headers) => api.ask("POST", "/v1/query", { json: QUERY, headers });
  assert.equal((await ask({ "x-api-key": "shop" })).status, 200);
  assert.equal((await ask({ authorization: "bearer shop" })).status, 200);
  isProblem(await ask({ authorization: "Basic c2hvcDpzaG9w" }), 401, "unauthenticated");
  isProblem(await ask({ authorization: "Bearer " }), 401, "unauthenticated");
});

test("a key of an admin carries every scope", async () => {
  assert.equal((await api.ask("POST", "/v1/query", { json: QUERY, key: "admin" })).status, 200);
  assert.equal((await api.ask("GET", "/v1/stock/PAD-1", { key: "admin" })).status, 200);
});

test("no key is stored, only its hash", async () => {
  const hash = createHash("sha256").update("shop").digest("hex");
  const record = await api.get(`/v1/admin/catalog?key=key/${hash}`, "admin");
  assert.equal(record.account, "shop-1");
  isProblem(await api.ask("GET", "/v1/admin/catalog?key=key/shop", { key: "admin" }), 404, "not_found");
});

test("a publishable key reads public availability from its own origins and nothing else", async () => {
  const ask = (origin, key = "page") => api.ask("GET", "/v1/availability/PAD-1", { key, headers: { origin } });
  assert.equal((await ask("https://shop.example")).status, 200);
  assert.equal((await ask("https://www.shop.example")).status, 200);
  for (const origin of ["https://evil.example", "http://shop.example", "https://shop.example.evil.example", "null"]) {
    isProblem(await ask(origin), 403, "forbidden");
  }
  assert.equal((await ask("https://anyone.example", "demo-web")).status, 200, "a key for any origin");
  isProblem(await api.ask("POST", "/v1/query", { json: QUERY, key: "page" }), 403, "forbidden");
});

test("an answer kept for one key or origin is not given to another", async () => {
  const ask = (key, origin) => api.ask("GET", "/v1/availability/MAP-1", { key, headers: { origin } });
  assert.equal((await ask("page", "https://shop.example")).status, 200);
  isProblem(await ask("nobody-has-this", "https://shop.example"), 401, "unauthenticated");
  isProblem(await ask("page", "https://evil.example"), 403, "forbidden");
});

test("a key whose account is gone may do nothing", async () => {
  const hash = createHash("sha256").update("orphan").digest("hex");
  const body = JSON.stringify({ key: `key/${hash}`, value: { account: "no-such", scopes: ["query"] } });
  assert.equal((await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body })).status, 200);
  isProblem(await api.ask("POST", "/v1/query", { json: QUERY, key: "orphan" }), 403, "forbidden");
});

test("health needs no key", async () => {
  const { status, body } = await api.ask("GET", "/healthz");
  assert.deepEqual([status, body.status], [200, "ok"]);
  assert.match(body.version, /^\d+\.\d+\.\d+/);
});

test("a deployment that is not local refuses the demonstration keys", async () => {
  const status = async (key) => (await api.ask("GET", "/v1/admin/catalog?key=promotions", { key })).status;
  const web = async (key) => (await api.ask("GET", "/v1/availability/PAD-1", { key })).status;
  assert.deepEqual([await status("demo-admin"), await web("demo-web")], [200, 200]);
  for (const ENVIRONMENT of ["production", "staging", "Local", ""]) {
    await api.restart({ vars: { ENVIRONMENT } });
    isProblem(await api.ask("POST", "/v1/query", { json: QUERY, key: "demo-shop" }), 401, "unauthenticated");
    assert.deepEqual([await status("demo-admin"), await web("demo-web")], [401, 401], ENVIRONMENT);
    assert.deepEqual([await status("admin"), await web("page")], [200, 200], ENVIRONMENT);
  }
});
