// What scripts/conformance.sh runs: the conformance suite of the Model Context Protocol, for both generations, and clients that
// agents use; a client and the models of the Universal Commerce Protocol. Each must pass; what of the suite cannot is in
// expected-*.yml, with its reason.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../local/config.mjs";
import { openInstance } from "../contract/instance.mjs";
import { buildFixtures } from "./build.mjs";

const { PROGRAMS, PYTHON_1, PYTHON_2, PYTHON_UCP } = process.env;
const HERE = join(ROOT, "tests/conformance");
const KEY = "shop";
const LIMIT_MS = 120_000;

/** Runs a program to its end; answers whether it was content, and all that it said. */
async function run(name, command, args, { env = {}, sum = (text) => text.trim().split("\n").at(-1) } = {}) {
  const child = spawn(command, args, { cwd: PROGRAMS, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
  const started = Date.now();
  const [code] = await once(child, "close");
  const text = Buffer.concat(said).toString();
  console.log(`${code === 0 ? "passed" : "FAILED"}  ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)  ${sum(text)}`);
  if (code !== 0) console.log(text);
  return code === 0;
}

/** How many scenarios that a revision requires of servers passed; the suite's own total counts others, too. */
function scored(revision) {
  const requirements = readFileSync(join(PROGRAMS, `node_modules/@modelcontextprotocol/conformance/requirements/${revision}.yaml`), "utf8");
  const required = [.../^server:\n((?: {2}- .*\n)+)/m.exec(requirements)[1].matchAll(/- (\S+)/g)].map(([, name]) => name);
  const expected = [...readFileSync(join(HERE, `expected-${revision}.yml`), "utf8").matchAll(/^ {2}- (\S+)/gm)].map(([, name]) => name);
  return (text) => {
    const passed = required.filter((name) => !expected.includes(name) && text.includes(`✓ ${name}:`));
    return `${passed.length} of ${required.length} required scenarios passed; expected to fail: ${expected.join(", ")}`;
  };
}

/** The suite sends no key; this sends each of its requests on with one, otherwise as it came. */
async function withKey(url) {
  const { port } = new URL(url);
  const server = createServer((from, to) => {
    const headers = [...from.rawHeaders, "authorization", `Bearer ${KEY}`];
    const onward = request({ port, host: "127.0.0.1", path: from.url, method: from.method, headers, setHost: false }, (answer) => {
      to.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    from.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/mcp`, close: () => server.close() };
}

const folder = mkdtempSync(join(tmpdir(), "holdfast-conformance-"));
const results = [];
let fixtures, product, keyed;
try {
  mkdirSync(join(folder, "build"));
  const wrangler = buildFixtures(folder);
  [fixtures, product] = await Promise.all([openInstance({ wrangler, keys: true }), openInstance({ keys: true })]);
  keyed = await withKey(fixtures.url);
  const suite = join(PROGRAMS, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  for (const revision of ["2026-07-28", "2025-11-25"]) {
    const args = ["server", "--url", keyed.url, "--requirements", revision, "--expected-failures", join(HERE, `expected-${revision}.yml`), "-o", join(folder, revision)];
    results.push(await run(`conformance suite, ${revision}`, process.execPath, [suite, ...args], { sum: scored(revision) }));
  }
  const env = { URL: `${product.url}/mcp`, KEY };
  const client = (name) => run(name, process.execPath, [join(HERE, "clients", `${name.split(" ")[0]}.mjs`), ...name.split(" ").slice(1)], { env });
  for (const name of ["sdk-1", "client-2 legacy", "client-2 auto", "inspector legacy", "inspector modern"]) results.push(await client(name));
  for (const [version, home] of [["1.30.0", PYTHON_1], ["2.3.0", PYTHON_2]]) {
    results.push(await run(`python ${version}`, join(home, "bin/python"), [join(HERE, "clients/python.py"), version], { env }));
  }
  const ucp = { env: { ORIGIN: product.url, KEY } };
  results.push(await run("ucp-cli", process.execPath, [join(HERE, "clients/ucp.mjs")], ucp));
  results.push(await run("ucp-sdk", join(PYTHON_UCP, "bin/python"), [join(HERE, "clients/ucp.py")], ucp));
} finally {
  keyed?.close();
  await Promise.all([fixtures?.close(), product?.close()]);
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
