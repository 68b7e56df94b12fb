// What the instance shows people: static files under a strict content policy, beside the API.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api?.close());

const look = (path, options) => fetch(api.url + path, options);

test("pages, their styles and scripts come with a policy that lets nobody else's code in", async () => {
  for (const [path, type] of [["/", "text/html"], ["/kpi", "text/html"], ["/branch", "text/html"], ["/branch-sw.js", "text/javascript"], ["/assets/branch.css", "text/css"], ["/assets/branch.js", "text/javascript"], ["/demo", "text/html"], ["/holdfast.js", "text/javascript"], ["/assets/demo.js", "text/javascript"], ["/assets/holdfast.css", "text/css"],
    ["/assets/kpi.css", "text/css"], ["/assets/kpi.js", "text/javascript"], ["/assets/uplot-licence.txt", "text/plain"], ["/robots.txt", "text/plain"], ["/llms.txt", "text/plain"]]) {
    const { status, headers } = await look(path);
    assert.equal(status, 200, path);
    assert.ok(headers.get("content-type").startsWith(type), path);
    assert.match(headers.get("content-security-policy"), /^default-src 'none'; script-src 'self'/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

test("an agent that has only the address finds its way: page, llms.txt, tools", async () => {
  const front = await (await look("/")).text();
  assert.match(front, /<a href="\/llms\.txt">/);
  assert.match(await (await look("/robots.txt")).text(), /\/llms\.txt/);
  const told = await (await look("/llms.txt")).text();
  const listed = await look("/mcp", { method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }) });
  for (const { name } of (await listed.json()).result.tools) assert.ok(told.includes(name), name);
  for (const [, path] of told.matchAll(/\]\((\/[^)]*)\)/g)) assert.notEqual((await look(path)).status, 404, path);
});

test("a page that is unchanged is not sent again", async () => {
  const etag = (await look("/")).headers.get("etag");
  assert.equal((await look("/", { headers: { "if-none-match": etag } })).status, 304);
});

test("shops of any origin may include the element's file, and keep it for an hour", async () => {
  const { headers } = await look("/holdfast.js", { headers: { origin: "https://shop.example" } });
  assert.equal(headers.get("access-control-allow-origin"), "*");
  assert.equal(headers.get("cache-control"), "public, max-age=3600, stale-while-revalidate=86400");
  assert.equal((await look("/holdfast.js", { headers: { "if-none-match": headers.get("etag") } })).status, 304);
  assert.equal((await look("/demo")).headers.get("access-control-allow-origin"), null);
});

test("a page is read only, and a file that is not there is not found", async () => {
  const posted = await look("/", { method: "POST", body: "{}" });
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
  assert.equal((await look("/assets/nothing.js")).status, 404);
  assert.equal((await look("/assets/../../Cargo.toml")).status, 404);
  assert.equal((await look("/assets/%2e%2e/%2e%2e/Cargo.toml")).status, 404);
});
