// The local runtime: ports, data across restarts, and that no server outlives whoever started it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "../local/serve.mjs";

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "holdfast-serve-")); });
after(() => rmSync(folder, { recursive: true }));

const runs = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
async function ends(pid) {
  for (let i = 0; i < 100 && runs(pid); i++) await new Promise((done) => setTimeout(done, 50));
  return !runs(pid);
}

test("servers started together get ports of their own, and are gone after stop", async () => {
  const servers = await Promise.all(["a", "b", "c"].map((name) => startServer({ state: join(folder, name) })));
  assert.equal(new Set(servers.map((server) => server.port)).size, 3);
  for (const { url } of servers) assert.equal((await fetch(`${url}/healthz`)).status, 200);
  await Promise.all(servers.map((server) => server.stop()));
  for (const { pid } of servers) assert.ok(!runs(pid));
});

test("a port that is taken is an error, not a hang", async () => {
  const first = await startServer({ state: join(folder, "first") });
  await assert.rejects(startServer({ state: join(folder, "second"), port: first.port, log: "ignore" }));
  await first.stop();
});

test("a server ends with the process that started it, even one that was killed", async () => {
  const script = `import { startServer } from ${JSON.stringify(new URL("../local/serve.mjs", import.meta.url).href)};
    console.log((await startServer({ state: ${JSON.stringify(join(folder, "orphan"))} })).pid);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = await new Promise((done) => parent.stdout.once("data", (data) => done(Number(data))));
  assert.ok(runs(pid));
  parent.kill("SIGKILL");
  assert.ok(await ends(pid), "workerd is still there");
});

test("the command stops cleanly when asked to", async () => {
  const environment = { ...process.env, STATE: join(folder, "command"), PORT: "0", SEED: "no" };
  for (const signal of ["SIGTERM", "SIGINT"]) {
    const command = spawn(process.execPath, [new URL("../local/run.mjs", import.meta.url).pathname], { env: environment });
    const text = await new Promise((done) => command.stdout.once("data", (data) => done(String(data))));
    const url = /http:\/\/\S+/.exec(text)[0];
    assert.equal(text.match(/^ {2}curl /gm).length, 3);
    command.kill(signal);
    const code = await new Promise((done) => command.once("exit", done));
    assert.equal(code, 0);
    await assert.rejects(new Promise((done, failed) => connect(Number(new URL(url).port), "127.0.0.1", done).once("error", failed)));
  }
});
