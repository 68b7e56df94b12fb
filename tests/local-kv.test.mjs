// The local KV service: what a binding sees, and that a file written by another program is read.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { startServer } from "../local/serve.mjs";

// A Worker that does to its KV binding whatever the request says.
const PROBE = `export default { async fetch(request, env) {
  if (request.method === "GET") return new Response("ok");
  const { method, args } = await request.json();
  try {
    const result = await env.CATALOG[method](...args);
    return Response.json({ result: result instanceof Map ? Object.fromEntries(result) : result ?? null });
  } catch (error) { return Response.json({ error: String(error) }); }
} };`;

let folder, server;
const state = () => join(folder, "state");
const serve = () => startServer({ state: state(), wrangler: join(folder, "wrangler.toml") });

async function kv(method, ...args) {
  const response = await fetch(server.url, { method: "POST", body: JSON.stringify({ method, args }) });
  const { result, error } = await response.json();
  if (error) throw new Error(error);
  return result;
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-kv-"));
  mkdirSync(join(folder, "build"));
  writeFileSync(join(folder, "build/index.js"), PROBE);
  writeFileSync(join(folder, "wrangler.toml"), `
    name = "probe"\nmain = "build/index.js"\ncompatibility_date = "2026-11-01"
    [[kv_namespaces]]\nbinding = "CATALOG"\nid = "x"`);
  server = await serve();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

test("a value comes back as it was put, and is gone after a delete", async () => {
  await kv("put", "part/BRKX 44/10?ü", "é".repeat(1000));
  assert.equal(await kv("get", "part/BRKX 44/10?ü"), "é".repeat(1000));
  await kv("put", "part/BRKX 44/10?ü", "second");
  assert.equal(await kv("get", "part/BRKX 44/10?ü"), "second");
  await kv("delete", "part/BRKX 44/10?ü");
  assert.equal(await kv("get", "part/BRKX 44/10?ü"), null);
});

test("metadata comes back with the value", async () => {
  await kv("put", "with-metadata", "v", { metadata: { version: 7 } });
  const { value, metadata } = await kv("getWithMetadata", "with-metadata");
  assert.deepEqual({ value, metadata }, { value: "v", metadata: { version: 7 } });
});

test("many keys are read in one call, the absent ones as null, and never more than a hundred", async () => {
  await kv("put", "bulk-a", '{"a":1}');
  await kv("put", "bulk-b", '{"b":2}', { metadata: 5 });
  assert.deepEqual(await kv("get", ["bulk-a", "bulk-b", "bulk-c"]), { "bulk-a": '{"a":1}', "bulk-b": '{"b":2}', "bulk-c": null });
  assert.deepEqual(await kv("get", ["bulk-a"], "json"), { "bulk-a": { a: 1 } });
  const both = await kv("getWithMetadata", ["bulk-b"]);
  assert.deepEqual(both["bulk-b"], { value: '{"b":2}', metadata: 5 });
  await assert.rejects(kv("get", Array.from({ length: 101 }, (_, i) => `k${i}`)), /400/);
});

test("a list is by prefix, in order, in pages, and stops at the prefix's end", async () => {
  for (const key of ["list/a", "list/b", "list/c", "list/ü", "lisu", "list", "LIST/a", "list0"]) await kv("put", key, "v");
  const all = await kv("list", { prefix: "list/" });
  assert.deepEqual(all.keys.map((key) => key.name), ["list/a", "list/b", "list/c", "list/ü"]);
  assert.equal(all.list_complete, true);
  const first = await kv("list", { prefix: "list/", limit: 3 });
  assert.deepEqual([first.keys.length, first.list_complete], [3, false]);
  const second = await kv("list", { prefix: "list/", limit: 3, cursor: first.cursor });
  assert.deepEqual(second.keys.map((key) => key.name), ["list/ü"]);
});

test("an expiry is at least a minute away and shows in the list", async () => {
  await assert.rejects(kv("put", "soon", "v", { expirationTtl: 59 }));
  await kv("put", "later", "v", { expirationTtl: 60 });
  const [key] = (await kv("list", { prefix: "later" })).keys;
  assert.ok(Math.abs(key.expiration - Date.now() / 1000 - 60) < 5, `${key.expiration}`);
});

test("what another program wrote while the server was stopped is read, and an expired pair is not", async () => {
  await server.stop();
  const database = new DatabaseSync(namespaceFile("CATALOG"));
  const insert = database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)");
  database.exec("BEGIN");
  for (let i = 0; i < 10_000; i++) insert.run(`offline-${i}`, Buffer.from(`value ${i}`), null, null);
  insert.run("offline-expired", Buffer.from("v"), null, 1);
  insert.run("offline-later", Buffer.from("v"), '{"m":1}', 4_000_000_000);
  database.exec("COMMIT");
  database.close();
  server = await serve();
  assert.equal(await kv("get", "offline-9999"), "value 9999");
  assert.equal(await kv("get", "offline-expired"), null);
  assert.deepEqual((await kv("getWithMetadata", "offline-later")).metadata, { m: 1 });
  assert.equal(await kv("get", "bulk-a"), '{"a":1}', "what was there before is still there");
});

test("another program may be the first to write a namespace", async () => {
  await server.stop();
  rmSync(state(), { recursive: true });
  const path = namespaceFile("CATALOG");
  mkdirSync(join(state(), "objects/kv"), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, metadata TEXT, expires INTEGER)");
  database.prepare("INSERT INTO entries VALUES (?, ?, NULL, NULL)").run("first", Buffer.from("here"));
  database.close();
  server = await serve();
  assert.equal(await kv("get", "first"), "here");
  await kv("put", "second", "there");
  assert.equal(await kv("get", "second"), "there");
});

test("a second server on the same folder is refused", async () => {
  await assert.rejects(serve(), /in use/);
});

/** The formula of local/kv.js, written down a second time. */
function namespaceFile(name) {
  const key = createHash("sha256").update("kv").digest();
  const mac = (data) => createHmac("sha256", key).update(data).digest().subarray(0, 16);
  const half = mac(name);
  return join(state(), "objects/kv", `${Buffer.concat([half, mac(half)]).toString("hex")}.sqlite`);
}
