// Tokens: what issuing one costs against selling the unit it is for, and how many a gateway in wasm can verify.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../local/serve.mjs";
import { ROOT } from "../local/config.mjs";
import { DATA, kvSeed } from "./data.mjs";
import { median, ms, table, target, times, whole } from "./table.mjs";

const QUICK = process.env.QUICK === "1";
const ROUNDS = QUICK ? 100 : 1_000;
const WARM = QUICK ? 20 : 300;
const KEY = "demo-shop";
const PART = "GLSV-G1450"; // docs/demo-catalogue.md: a windshield with a camera, and a car it fits
const WANTED = { vin: "1HGCV1F37JA000001", shop: "SH-PEACH", technician: "TE-ALVAREZ", tool: "TL-4401" };
const UNITS = ROUNDS + WARM + 10;

/** Runs the section; returns its part of RESULTS.md. */
export async function tokens(say) {
  say("tokens: the demonstration catalogue");
  mkdirSync(DATA, { recursive: true });
  const state = mkdtempSync(join(DATA, "run-"));
  kvSeed("demo", "--state", state);
  const server = await startServer({ state, log: "ignore" });
  try {
    await post(server, "/v1/stock/movements", { movements: [{ id: "bench", sku: PART, location: "ATL-DC", kind: "receipt", quantity: UNITS }] }, "demo-admin");
    say("tokens: open, commit, issue, one after the other");
    const took = { commit: [], issue: [], verify: [] };
    for (let round = 0; round < WARM + ROUNDS; round++) {
      const measured = round >= WARM;
      const timed = async (what, ask) => {
        const start = performance.now();
        const answer = await ask();
        if (measured) took[what].push((performance.now() - start) * 1_000);
        return answer;
      };
      const quote = await post(server, "/v1/quotes", { lines: [{ sku: PART, quantity: 1 }] });
      await timed("commit", () => post(server, `/v1/quotes/${quote.id}/commit`, {}));
      const { token } = await timed("issue", () => post(server, "/v1/tokens", { quote: quote.id, line: 0, ...WANTED }));
      await timed("verify", () => post(server, "/v1/tokens/verify", { token }));
    }
    say("tokens: verifying in wasm");
    return report(took, verifiedInWasm());
  } finally {
    await server.stop();
    rmSync(state, { recursive: true });
  }
}

async function post({ url }, path, body, key = KEY) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": randomUUID() };
  const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

/** Tokens a second that the domain verifies in wasm, compiled as the Worker is, in one isolate of Node.js. */
function verifiedInWasm() {
  const args = ["test", "--release", "--locked", "--package", "functions", "--target", "wasm32-unknown-unknown", "--test", "wasm",
    "--", "--include-ignored", "--nocapture", "verifications"];
  const env = { ...process.env, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: "wasm-bindgen-test-runner" };
  const out = execFileSync("cargo", args, { cwd: ROOT, env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return Number(/verified (\d+) tokens a second/.exec(out)[1]);
}

function report(took, verified) {
  const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(values.length * part)];
  const row = (label, values) => [label, ms(median(values)), ms(percentile(values, 0.99))];
  const ratio = median(took.issue) / median(took.commit);
  return `# Tokens

${whole(ROUNDS)} units of one account, one after the other over one connection: quoted, committed, and a token issued and verified for each.

${table(["", "target", "reached", ""], [
    target("issuing a token against a plain commit, p50", times(ratio), "≤ 1.5 ×", ratio <= 1.5),
    target("tokens verified offline, one isolate", `${whole(verified)}/s`, "≥ 2,000/s", verified >= 2_000),
  ])}

${table(["", "p50 ms", "p99 ms"], [
    row("commit a quote of one line", took.commit),
    row("issue the token of its unit", took.issue),
    row("verify it online, without redeeming", took.verify),
  ])}`;
}
