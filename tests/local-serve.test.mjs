// The local runtime: ports, data across restarts, and that no server outlives whoever started it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "../local/serve.mjs";
import { kvSeed } from "./contract/instance.mjs";

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "holdfast-serve-")); });
after(() => rmSync(folder, { recursive: true }));

const runs = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
async function end(pids) {
  for (let i = 0; i < 100 && pids.some(runs); i++) await new Promise((done) => setTimeout(done, 50));
  return !pids.some(runs);
}

test("servers started together get ports of their own, and are gone after stop", async () => {
  const servers = await Promise.all(["a", "b", "c"].map((name) => startServer({ state: join(folder, name) })));
  assert.equal(new Set(servers.map((server) => server.port)).size, 3);
  for (const { url } of servers) assert.equal((await fetch(`${url}/healthz`)).status, 200);
  await Promise.all(servers.map((server) => server.stop()));
  for (const { pids } of servers) assert.deepEqual(pids().map(runs), [false, false]);
});

test("a port that is taken is an error, not a hang", async () => {
  const first = await startServer({ state: join(folder, "first") });
  await assert.rejects(startServer({ state: join(folder, "second"), port: first.port, log: "ignore" }));
  await first.stop();
});

test("a server ends with the process that started it, even one that was killed", async () => {
  const script = `import { startServer } from ${JSON.stringify(new URL("../local/serve.mjs", import.meta.url).href)};
    console.log(JSON.stringify((await startServer({ state: ${JSON.stringify(join(folder, "orphan"))} })).pids()));`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const pids = await new Promise((done) => parent.stdout.once("data", (data) => done(JSON.parse(data))));
  assert.deepEqual(pids.map(runs), [true, true]);
  parent.kill("SIGKILL");
  assert.ok(await end(pids), "workerd is still there");
});

test("nobody but its owner can come to where a server's processes meet", async () => {
  const server = await startServer({ state: join(folder, "met"), log: "ignore" });
  assert.equal(statSync(join(folder, "met/sockets")).mode & 0o777, 0o700);
  assert.ok(readdirSync(join(folder, "met/sockets")).includes("stock"));
  await server.stop();
});

test("a server whose one process has died ends as a whole, and says which it was", async () => {
  for (const [at, name] of ["edge", "stock"].entries()) {
    const server = await startServer({ state: join(folder, "half"), log: "ignore" });
    process.kill(server.pids()[at], "SIGKILL");
    assert.deepEqual(await server.ended, [name, "SIGKILL"]);
    assert.ok(await end(server.pids()), "half of it is still there");
  }
});

test("what objects a state folder was made with stays so, whatever a later server would choose", async () => {
  const served = async (state, vars) => {
    await startServer({ state, vars, log: "ignore" }).then(({ stop }) => stop());
    const config = readFileSync(join(state, "config.capnp"), "utf8");
    return ["STOCK_AND_QUOTES", "STOCK_BUCKETS", "QUOTE_DESKS"].map((name) => new RegExp(`"${name}", text = "(.*)"`).exec(config)?.[1]);
  };
  const [made, asked, old] = ["layout", "layout-asked", "layout-old"].map((name) => join(folder, name));
  assert.deepEqual(await served(made), ["together", "1", "1"]);
  assert.deepEqual(await served(asked, { STOCK_AND_QUOTES: "apart", STOCK_BUCKETS: "4" }), ["apart", "4", "1"]);
  assert.deepEqual(await served(asked), ["apart", "4", "1"]);
  mkdirSync(join(old, "objects/StockShard"), { recursive: true });
  assert.deepEqual(await served(old), [undefined, "16", undefined]);
});

/** The public keys of a server on `state`, and how it answered. */
async function published(state, options) {
  const { url, stop } = await startServer({ state, log: "ignore", ...options });
  const response = await fetch(`${url}/.well-known/jwks.json`);
  const body = await response.json();
  await stop();
  return { status: response.status, body };
}
const kids = ({ body }) => body.keys.map(({ kid }) => kid);

test("a server has a key ring of its own, made once, in one file that only its owner can read", async () => {
  const [state, another] = [join(folder, "ring"), join(folder, "another-ring")];
  const first = await published(state);
  assert.equal(first.status, 200);
  assert.equal(kids(first).length, 1);
  assert.ok(!("d" in first.body.keys[0]));
  assert.deepEqual(kids(await published(state)), kids(first));
  assert.notDeepEqual(kids(await published(another)), kids(first));

  const ring = join(state, "token-keys.json");
  assert.equal(statSync(ring).mode & 0o777, 0o600);
  const [{ d }] = JSON.parse(readFileSync(ring, "utf8")).keys;
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const holding = files.map((file) => join(file.parentPath, file.name)).filter((path) => readFileSync(path).includes(d));
  assert.deepEqual(holding, [ring]);
});

test("the importer's command rotates the ring of a server, which publishes both keys when it starts again", async () => {
  const state = join(folder, "rotated");
  const [old] = kids(await published(state));
  const said = await kvSeed("keys", "rotate", join(state, "token-keys.json"));
  const both = kids(await published(state));
  assert.equal(both.length, 2);
  assert.equal(both[0], old);
  assert.ok(said.includes(both[1]), said);
});

test("a server without a ring says that it cannot issue tokens, even if one is in its folder or environment", async (t) => {
  const state = join(folder, "without");
  await published(state);
  process.env.TOKEN_KEYS = readFileSync(join(state, "token-keys.json"), "utf8");
  t.after(() => delete process.env.TOKEN_KEYS);
  const { status, body } = await published(state, { keys: false });
  assert.deepEqual([status, body.code], [503, "tokens_not_configured"]);
  assert.match(body.detail, /kv-seed keys new/);
});

test("the command stops cleanly when asked to", async () => {
  const environment = { ...process.env, STATE: join(folder, "command"), PORT: "0", SEED: "no", TOKEN_ISSUER: "https://parts.example" };
  for (const signal of ["SIGTERM", "SIGINT"]) {
    const command = spawn(process.execPath, [new URL("../local/run.mjs", import.meta.url).pathname], { env: environment });
    const text = await new Promise((done) => command.stdout.once("data", (data) => done(String(data))));
    const url = /http:\/\/\S+/.exec(text)[0];
    assert.equal(text.match(/^ {2}curl /gm).length, 3);
    const config = readFileSync(join(folder, "command/config.capnp"), "utf8");
    assert.match(config, /"TOKEN_ISSUER", text = "https:\/\/parts\.example"/);
    command.kill(signal);
    const code = await new Promise((done) => command.once("exit", done));
    assert.equal(code, 0);
    await assert.rejects(new Promise((done, failed) => connect(Number(new URL(url).port), "127.0.0.1", done).once("error", failed)));
  }
});
