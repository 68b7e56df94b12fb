// Runs schemathesis against an instance of its own: the demonstration catalogue, whose parts and people the document's
// examples name, with stock of the few parts that they are about.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/config.mjs";
import { startServer } from "../../local/serve.mjs";

const KEY = "conformance";
const folder = mkdtempSync(join(tmpdir(), "holdfast-conformance-"));
const state = join(folder, "state");
let server;
try {
  const importer = ["run", "--quiet", "--profile", "tool", "--locked", "--package", "kv-seed", "--", "demo", "--state", state];
  execFileSync("cargo", importer, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  server = await startServer({ state, processes: 1, log: "ignore" });
  await prepare(server.url);
  process.exitCode = await judge(server.url);
} finally {
  await server?.stop();
  rmSync(folder, { recursive: true });
}

/** A key that may do everything for an account that may have any number of open quotes, and stock that does not run out. */
async function prepare(url) {
  const ask = async (method, path, body) => {
    const response = await fetch(url + path, { method, body, headers: { authorization: "Bearer demo-admin" } });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const account = await ask("GET", "/v1/admin/catalog?key=account/shop-1");
  const hash = createHash("sha256").update(KEY).digest("hex");
  const records = [
    { key: "account/shop-1", value: { ...account, open_quotes: 1_000_000 } },
    { key: `key/${hash}`, value: { account: "shop-1", scopes: ["admin"] } },
  ];
  await ask("PUT", "/v1/admin/catalog", records.map((record) => JSON.stringify(record)).join("\n"));
  const movements = ["BRKX-4410", "GLSV-G1450", "ECNV-100006"].map((sku) =>
    ({ id: `opening-${sku}`, sku, location: "ATL1", kind: "count", quantity: 1_000_000 }));
  await ask("POST", "/v1/stock/movements", JSON.stringify({ movements }));
}

/** The exit code of schemathesis. */
async function judge(url) {
  const options = ["--max-examples", process.env.EXAMPLES || "30", "--workers", "1", "--header", `Authorization: Bearer ${KEY}`];
  options.push("--seed", process.env.SEED || "1");
  const child = spawn(process.env.PYTHON || "python3", ["-m", "schemathesis.cli", "--config-file", join(ROOT, "tests/openapi/schemathesis.toml"),
    "run", `${url}/openapi.json`, "--url", url, ...options],
  { cwd: folder, stdio: "inherit", env: { ...process.env, SCHEMATHESIS_HOOKS: "checks" } });
  return new Promise((done, failed) => child.once("error", failed).once("exit", (code) => done(code ?? 1)));
}
