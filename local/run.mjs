// The command behind `make run`, after the build: seeds an empty state folder, serves, and says what to try.
// From the environment come PORT (8787), STATE (./state), SEED=no, and what is to go before wrangler.toml: ENVIRONMENT
// (anything but `local` refuses the demonstration keys) and TOKEN_ISSUER; the secret TOKEN_PROVIDERS; WEBHOOKS=near, by which
// webhooks may go to this machine; and PROCESSES (2), 1 for a machine with one core.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "./config.mjs";
import { startServer } from "./serve.mjs";

const state = resolve(process.env.STATE || join(ROOT, "state"));
const port = Number(process.env.PORT || 8787);

/** Serves until SIGINT or SIGTERM. */
async function run() {
  const interrupted = new Promise((done) => { for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, done); });
  const steps = process.env.SEED === "no" ? [] : remaining();
  if (steps.includes("catalog")) await importer(["demo", "--state", state], "catalog");
  if (steps.includes("vpic")) await importer(["vpic", "--db", vpic(), "--state", state], "vpic");
  const said = ["ENVIRONMENT", "TOKEN_ISSUER"].filter((name) => process.env[name]);
  const vars = Object.fromEntries(said.map((name) => [name, process.env[name]]));
  const reach = process.env.WEBHOOKS === "near";
  const processes = Number(process.env.PROCESSES || 2);
  const server = await startServer({ state, port, vars, providers: process.env.TOKEN_PROVIDERS, reach, processes });
  if (steps.includes("stock")) await importer(["stock", "--to", server.url, "--key", "demo-admin"], "stock");
  console.log(hints(server.url));
  const [reason] = await Promise.race([
    interrupted.then(() => ["signal"]),
    server.ended.then(([part, how]) => [`workerd (${part}) ended with ${how}`]),
  ]);
  await server.stop();
  if (reason !== "signal") throw new Error(reason);
}

/** The seeding steps that have not been completed in this folder. Each is safe to run again after an interruption. */
function remaining() {
  return ["catalog", "vpic", "stock"].filter((step) => !existsSync(join(state, `seeded-${step}`)));
}

/** The path of the vPIC database, fetched into the tool cache if it is not there. */
function vpic() {
  return execFileSync(join(ROOT, "scripts/vpic.sh"), { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

/** Runs kv-seed, and notes in the state folder that the step is done. */
async function importer(parameters, step) {
  mkdirSync(state, { recursive: true });
  const command = ["run", "--profile", "tool", "--locked", "--package", "kv-seed", "--", ...parameters];
  const child = spawn("cargo", command, { cwd: ROOT, stdio: "inherit" });
  const code = await new Promise((done, failed) => child.once("error", failed).once("exit", done));
  if (code !== 0) throw new Error(`seeding the ${step} failed (cargo ${command.join(" ")})`);
  writeFileSync(join(state, `seeded-${step}`), "");
}

/** What to try; with one's own catalogue, one's own keys. */
const key = (demonstration) => (process.env.SEED === "no" ? "YOUR-KEY" : demonstration);
const hints = (url) => `
Holdfast answers at ${url} (data in ${state}, Ctrl-C stops). Try:

  curl ${url}/healthz
  curl ${url}/v1/availability/BRKX-4410 -H 'Authorization: Bearer ${key("demo-web")}'
  a shop's page: ${url}/demo
  curl ${url}/v1/query -H 'Authorization: Bearer ${key("demo-shop")}' \\
    -d '{"lines":[{"sku":"BRKX-4410","quantity":2}]}'
`;

await run();
