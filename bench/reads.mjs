// Reads: the same work on a bare Worker, on Holdfast and on a Hono Worker.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../local/serve.mjs";
import { ROOT } from "../local/config.mjs";
import { agree } from "./agreement.mjs";
import { randomness, zipf } from "./choice.mjs";
import { APART, copyOf, DATA, dataset } from "./data.mjs";
import { load, memory, requestFile } from "./load.mjs";
import { report } from "./reads-report.mjs";
import { firstAnswer, wasm } from "./startup.mjs";

const QUICK = process.env.QUICK === "1";
const SIZES = QUICK ? { small: 10_000, main: 20_000, large: 40_000 } : { small: 10_000, main: 100_000, large: 1_000_000 };
const ROUNDS = QUICK ? 1 : 5;
const SECONDS = QUICK ? 1 : 2;
const WARM_SECONDS = QUICK ? 1 : 4;
const WARM_SIZE_SECONDS = QUICK ? 1 : 20;
const STARTS = QUICK ? 3 : 9;
const SEED = 20261121;

/** Runs the section; returns its part of RESULTS.md. */
export async function reads(say) {
  const peer = buildPeer();
  const data = { small: await dataset(SIZES.small, say), main: await dataset(SIZES.main, say), large: await dataset(SIZES.large, say) };
  const bare = join(ROOT, "bench/bare/wrangler.toml");
  const startup = await startups({ bare, peer }, say);

  const servers = {};
  try {
    const serve = async (name, state, wrangler) => {
      const server = await startServer({ state, wrangler, processes: 1, log: "ignore", vars: wrangler === bare ? {} : APART });
      servers[name] = server;
    };
    await serve("bare", join(DATA, "bare"), bare);
    await serve("holdfast", data.main.state);
    await serve("peer", copyOf(data.main.state, "peer"), peer);
    await serve("small", data.small.state);
    await serve("large", data.large.state);
    say("comparing answers");
    await agree(servers.holdfast, servers.peer, data.main.skus.slice(0, QUICK ? 500 : 3_000));
    const cases = plan(data);
    const results = new Map();
    for (const { name, on, file, files, warm = WARM_SECONDS, ...one } of cases) {
      say(name);
      const measured = Object.fromEntries(on.map((server) => [server, []]));
      // `mcp` and `search` are no servers of their own: other questions to Holdfast, in turns with its queries.
      const once = (server, seconds) => load({ server: servers[server] ?? servers.holdfast, file: file ?? files[server], ...one, seconds });
      for (const server of on) await once(server, warm);
      for (let round = 0; round < ROUNDS; round++) {
        for (const server of on) measured[server].push(await once(server, SECONDS));
      }
      results.set(name, measured);
    }
    const resident = Object.fromEntries(Object.entries(servers).map(([name, { pids }]) => [name, memory(pids)]));
    return report({ results, resident, startup, wasm: wasm(), sizes: SIZES, rounds: ROUNDS, seconds: SECONDS });
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

/** What is measured, in the order of a round. */
function plan({ small, main, large }) {
  const folder = join(DATA, "requests");
  mkdirSync(folder, { recursive: true });
  const file = (name, count, one) => requestFile(join(folder, name), Array.from({ length: count }, one));
  const availability = (choose) => () => ({ path: `/v1/availability/${choose()}`, key: "demo-web" });
  const query = (choose, lines, random = randomness(SEED)) => () => ({
    path: "/v1/query", key: "demo-shop",
    body: JSON.stringify({ lines: Array.from({ length: lines }, () => ({ sku: choose(), quantity: 1 + Math.floor(random() * 8) })) }),
  });
  const call = ({ key, body }) => ({
    path: "/mcp", key,
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query_parts","arguments":${body}}}`,
  });
  // Words of a part: two to four of its description, or its number; one in ten with a typing error.
  const search = (choose, random = randomness(SEED + 2)) => () => {
    const { number, description } = choose();
    const words = description.split(/[ -]+/).filter((word) => word.length > 1);
    let picked = words.filter(() => random() < 0.5).slice(0, 4);
    if (picked.length === 0) picked = words.slice(0, 2);
    const typo = (word) => (word.length < 5 || /\d/.test(word) ? word : word.slice(0, 2) + word[3] + word[2] + word.slice(4));
    const text = random() < 0.2 ? number : random() < 0.1 ? picked.map(typo).join(" ") : picked.join(" ");
    return { path: `/v1/search?q=${encodeURIComponent(text)}`, key: "demo-shop" };
  };
  const over = (skus) => zipf(skus, randomness(SEED));

  const both = ["holdfast", "peer"];
  const cases = [
    { name: "availability, one sku", on: ["bare", ...both], connections: 16, file: file("one", 1, availability(() => main.skus[0])) },
    { name: "availability, 10,000 skus", on: both, connections: 16, file: file("many", 100_000, availability(over(main.skus.slice(0, 10_000)))) },
  ];
  for (const lines of [1, 10, 100]) {
    const questions = file(`query-${lines}`, lines === 1 ? 100_000 : lines === 10 ? 20_000 : 3_000, query(over(main.skus), lines));
    for (const connections of [1, 16]) {
      cases.push({ name: `query, ${lines}, ${connections}`, on: both, connections, file: questions });
    }
    if (lines === 100) continue;
    const asked = query(over(main.skus), lines);
    const calls = file(`mcp-${lines}`, lines === 1 ? 100_000 : 20_000, () => call(asked()));
    cases.push({ name: `mcp, ${lines}`, on: ["holdfast", "mcp"], connections: 16, files: { holdfast: questions, mcp: calls } });
  }
  const searched = zipf(main.texts, randomness(SEED + 1));
  const files = {
    holdfast: file("query-1", 100_000, query(over(main.skus), 1)),
    search: file("search", 20_000, search(searched)),
  };
  for (const connections of [1, 16]) cases.push({ name: `search, ${connections}`, on: ["holdfast", "search"], connections, files });
  for (const connections of [1, 4]) {
    const files = Object.fromEntries(Object.entries({ small, large })
      .map(([name, { skus }]) => [name, file(`query-${name}`, 100_000, query(over(skus), 1))]));
    cases.push({ name: `size, ${connections}`, on: ["small", "large"], connections, files, warm: WARM_SIZE_SECONDS });
  }
  return cases;
}

function buildPeer() {
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), ["bench/peer/worker.ts", "--bundle", "--format=esm", "--minify-syntax",
    "--outfile=bench/peer/build/index.js", "--external:cloudflare:*", "--log-level=warning"], { cwd: ROOT, stdio: "inherit" });
  return join(ROOT, "bench/peer/wrangler.toml");
}

/** Milliseconds to the first answer of fresh processes, in turns. */
async function startups({ bare, peer }, say) {
  say("starting fresh processes");
  const taken = { bare: [], holdfast: [], peer: [] };
  const state = mkdtempSync(join(DATA, "start-"));
  for (let start = 0; start < STARTS; start++) {
    taken.bare.push(await firstAnswer(state, bare));
    taken.holdfast.push(await firstAnswer(state, undefined));
    taken.peer.push(await firstAnswer(state, peer));
  }
  rmSync(state, { recursive: true });
  return taken;
}
