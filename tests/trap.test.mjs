// What happens to the isolate, to other requests and to stored state when wasm traps. The real glue on workerd, around
// tests/trap in place of the edge functions.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { ROOT } from "../local/config.mjs";
import { startServer } from "../local/serve.mjs";

let folder, server;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-trap-"));
  execFileSync(join(ROOT, "scripts/build.sh"), ["trap", folder], { stdio: "inherit" });
  writeFileSync(join(folder, "wasm.js"), `
    export { probe as respond, Counter as StockShard, wake, __worker_init_state } from "./wasm/functions.js";`);
  await build({
    entryPoints: [join(ROOT, "functions/entry.js")], outfile: join(folder, "index.js"), allowOverwrite: true,
    bundle: true, format: "esm", external: ["cloudflare:*", "./functions_bg.wasm"],
    alias: { "holdfast-wasm": join(folder, "wasm.js") },
  });
  writeFileSync(join(folder, "wrangler.toml"), `
    name = "trap"\nmain = "index.js"\ncompatibility_date = "2026-11-01"
    [[durable_objects.bindings]]\nname = "STOCK"\nclass_name = "StockShard"`);
  server = await startServer({ state: join(folder, "state"), wrangler: join(folder, "wrangler.toml"), vars: { STOCK_AND_QUOTES: "apart" }, processes: 1, log: "ignore" });
}, { timeout: 600_000 });
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function get(path) {
  const response = await fetch(server.url + path, { signal: AbortSignal.timeout(10_000) });
  return { status: response.status, text: await response.text() };
}

function isProblem({ status, text }) {
  assert.equal(status, 500);
  assert.equal(JSON.parse(text).code, "internal");
}

for (const path of ["/abort", "/panic", "/overflow", "/panic-later"]) {
  test(`after ${path} the caller has a problem document and the next request is served`, async () => {
    isProblem(await get(path));
    assert.deepEqual(await get("/"), { status: 200, text: "ok" });
    assert.equal((await get("/ask?read")).status, 200);
  });
}

test("a command that ends in an error or a trap leaves none of its writes", async () => {
  const before = Number((await get("/ask?write")).text);
  assert.equal((await get("/ask?write+write+error")).status, 503);
  isProblem(await get("/ask?write+write+panic"));
  assert.equal(Number((await get("/ask?read")).text), before);
  assert.equal(Number((await get("/ask?write")).text), before + 1, "and the object works on");
});

test("commands that come together are kept, but for those that end in an error or a trap", async () => {
  const before = Number((await get("/ask?write")).text);
  assert.equal((await get("/ask-all?write,write+write,read")).text, [1, 3, 3].map((n) => before + n).join(","));
  assert.equal((await get("/ask-all?write,write+error,write")).text, [before + 4, "failed", before + 5].join(","));
  isProblem(await get("/ask-all?write,write+panic,write")); // whoever asked was in the same instance
  assert.equal(Number((await get("/ask?read")).text), before + 7);
});

for (const path of ["/panic", "/panic-later", "/ask?panic"]) {
  test(`a request that waits when ${path} takes the instance is answered at once`, async () => {
    const waiting = get("/wait");
    await new Promise((done) => setTimeout(done, 200));
    isProblem(await get(path));
    isProblem(await waiting);
  });
}

test("streams outlive a trap, and are told of what was written before and after it", async () => {
  const response = await fetch(`${server.url}/v1/availability/stream?sku=S`);
  let [text, ended] = ["", false];
  (async () => {
    for await (const chunk of response.body) text += Buffer.from(chunk);
    ended = true;
  })().catch(() => { ended = true; });
  const told = async (count) => {
    const deadline = Date.now() + 10_000;
    while (!text.includes(`data: [${count}]`)) {
      assert.ok(Date.now() < deadline && !ended, `${count} was not told: ${text}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  await told(Number((await get("/ask?read")).text));
  for (const trap of ["/panic", "/panic-later", "/ask?write+panic"]) {
    await told(Number((await get("/ask?write")).text));
    isProblem(await get(trap));
    await told(Number((await get("/ask?write")).text));
  }
  assert.equal(ended, false);
});

test("many requests, some of which trap: each gets an answer", async () => {
  const paths = Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? "/panic" : i % 3 === 0 ? "/ask?write" : "/"));
  const answers = await Promise.all(paths.map(get));
  for (const [i, { status }] of answers.entries()) assert.ok([200, 500, 503].includes(status), `${paths[i]}: ${status}`);
  assert.ok(answers.filter(({ status }) => status === 200).length > 100);
  assert.deepEqual(await get("/"), { status: 200, text: "ok" });
});
