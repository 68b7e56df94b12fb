// entry.js on workerd, with a scripted stand-in for wasm: what is decided in JavaScript, whatever Rust answers.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { startServer } from "../local/serve.mjs";

// Answers by path. The body says which call it was, so a repeated answer shows itself.
const WASM = `
const state = { instanceId: 1 };
let calls = 0;
export const __worker_init_state = () => state;
export const wake = () => {};
export class StockShard {}
export function respond(head, body) {
  calls += 1;
  const [method, url, , , tooLarge] = head.split("\\n");
  const headers = 'content-type: text/plain\\netag: "v1"\\ncache-control: public, max-age=1\\naccess-control-allow-origin: *\\n';
  switch (new URL(url).pathname) {
    case "/healthz": return "200 0\\n\\nok";
    case "/kept": return "200 1000\\n" + headers + "server-timing: total;dur=5\\n\\ncall " + calls;
    case "/kept-error": return "404 1000\\n" + headers + "\\ncall " + calls;
    case "/large": return "200 1000\\n" + headers + "\\n" + calls + "x".repeat(300000);
    case "/later": return Promise.resolve("201 0\\nlocation: /x\\n\\nlater");
    case "/fails": throw new Error("inner secret");
    case "/fails-later": return Promise.reject(new Error("inner secret"));
    case "/body": return "200 0\\n\\n" + method + " " + (tooLarge || body.length);
  }
  return "204 0\\n\\n";
}`;

let folder, server;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-entry-"));
  mkdirSync(join(folder, "build"));
  writeFileSync(join(folder, "wasm.js"), WASM);
  await build({
    entryPoints: [new URL("../functions/entry.js", import.meta.url).pathname],
    outfile: join(folder, "build/index.js"), bundle: true, format: "esm", external: ["cloudflare:*"],
    alias: { "holdfast-wasm": join(folder, "wasm.js") },
  });
  writeFileSync(join(folder, "wrangler.toml"), 'name = "entry"\nmain = "build/index.js"\ncompatibility_date = "2026-11-01"\n');
  server = await startServer({ state: join(folder, "state"), wrangler: join(folder, "wrangler.toml"), log: "ignore" });
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const get = (path, headers = {}, method = "GET") => fetch(server.url + path, { headers, method });
const body = async (path, headers) => (await get(path, headers)).text();

test("an answer is repeated for its lifetime, to the same URL, key and origin only", async () => {
  const first = await body("/kept?a");
  assert.equal(await body("/kept?a"), first);
  assert.notEqual(await body("/kept?b"), first);
  assert.notEqual(await body("/kept?a", { authorization: "Bearer x" }), first);
  assert.notEqual(await body("/kept?a", { "x-api-key": "x" }), first);
  assert.notEqual(await body("/kept?a", { origin: "https://o" }), first);
  await new Promise((done) => setTimeout(done, 1050));
  assert.notEqual(await body("/kept?a"), first);
});

test("a repeated answer has its headers, a request id of its own, and says that it is repeated", async () => {
  const [first, second] = [await get("/kept?headers"), await get("/kept?headers")];
  for (const name of ["content-type", "etag", "cache-control", "access-control-allow-origin"]) {
    assert.equal(second.headers.get(name), first.headers.get(name), name);
  }
  assert.notEqual(second.headers.get("x-request-id"), first.headers.get("x-request-id"));
  assert.equal(first.headers.get("server-timing"), "total;dur=5");
  assert.match(second.headers.get("server-timing"), /^cache;desc="hit"/);
});

test("a caller that has the answer already gets a 304", async () => {
  await get("/kept?304");
  for (const condition of ['"v1"', 'W/"v1"', '"v0", "v1"', "*"]) {
    const response = await get("/kept?304", { "if-none-match": condition });
    assert.deepEqual([response.status, await response.text(), response.headers.get("etag")], [304, "", '"v1"'], condition);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
  }
  assert.equal((await get("/kept?304", { "if-none-match": '"v0"' })).status, 200);
});

test("errors and very large answers are not repeated", async () => {
  assert.notEqual(await body("/kept-error"), await body("/kept-error"));
  assert.notEqual(await body("/large"), await body("/large"));
});

test("a sane request id is taken over, any other is replaced", async () => {
  assert.equal((await get("/kept", { "x-request-id": "abc-1.2:3" })).headers.get("x-request-id"), "abc-1.2:3");
  for (const bad of ["a b", "x".repeat(129), "<script>", 'a"b']) {
    assert.match((await get("/kept", { "x-request-id": bad })).headers.get("x-request-id"), /^[0-9a-f-]{36}-/);
  }
});

test("a promise of an answer is as good as an answer", async () => {
  const response = await get("/later");
  assert.deepEqual([response.status, response.headers.get("location"), await response.text()], [201, "/x", "later"]);
});

test("a fault of ours is a problem without inner text, and retryable", async () => {
  for (const path of ["/fails", "/fails-later"]) {
    const response = await get(path, { "x-request-id": "r1" });
    const problem = await response.json();
    assert.deepEqual([response.status, problem.code, problem.retryable], [500, "internal", true]);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("x-request-id"), "r1");
    assert.ok(!JSON.stringify(problem).includes("secret"));
  }
});

test("a HEAD is a GET without its body, a 204 has none", async () => {
  const response = await get("/kept", {}, "HEAD");
  assert.deepEqual([response.status, response.headers.get("etag"), await response.text()], [200, '"v1"', ""]);
  assert.equal((await get("/nothing")).status, 204);
});

test("a body may be 1 MiB and no more, whether or not its length is announced", async () => {
  const limit = 1024 * 1024;
  for (const [size, answer] of [[0, "POST 0"], [1, "POST 1"], [limit, `POST ${limit}`], [limit + 1, "POST too_large"]]) {
    assert.equal(await (await fetch(`${server.url}/body`, { method: "POST", body: new Uint8Array(size) })).text(), answer);
    assert.equal(await chunked(size), answer, `${size} bytes in chunks`);
  }
  assert.equal(await chunked(20 * limit), "POST too_large");
});

/** Posts so many bytes without announcing how many; what is refused early may break the connection afterwards. */
function chunked(size) {
  return new Promise((done, failed) => {
    const post = request(`${server.url}/body`, { method: "POST", headers: { "transfer-encoding": "chunked" } });
    post.once("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      done(text);
    });
    post.once("error", failed);
    for (let sent = 0; sent < size; sent += 65536) post.write(Buffer.alloc(Math.min(65536, size - sent)));
    post.end();
  });
}
