// Quotes: stock held at a price, durably, on Holdfast and on what one would build with PostgreSQL or Redis.
import { execFileSync } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../local/serve.mjs";
import { ROOT } from "../local/config.mjs";
import { randomness } from "./choice.mjs";
import { cpu, load, memory, requestFile } from "./load.mjs";
import { paced } from "./paced.mjs";
import { agreeOnQuotes } from "./quotes-agreement.mjs";
import { isBeside, quoteData, runFolder, shop, SHOPS, stateFor } from "./quotes-data.mjs";
import { startPeers } from "./quotes-peers.mjs";
import { report } from "./quotes-report.mjs";
import { median } from "./table.mjs";

const QUICK = process.env.QUICK === "1";
const ROUNDS = QUICK ? 1 : 3;
const SECONDS = QUICK ? 1 : 2;
const PACED_ROUNDS = QUICK ? 1 : 3;
const PACED_SECONDS = QUICK ? 2 : 5;
// Load before each measurement that does not count: a server that waits for its turn falls asleep.
const LEAD_SECONDS = QUICK ? 1 : 3;
// Every desk of a case is made in the warm-up.
const WARM_REQUESTS = QUICK ? 200 : 3_000;
const WARM_SECONDS = QUICK ? 2 : 4;
const CONNECTIONS = 32;
const LINES = 20;
const REQUESTS = 20_000;
const SEED = 20261123;

/** Runs the section; returns its part of RESULTS.md. */
export async function quotes(say) {
  const data = await quoteData(say);
  const run = runFolder();
  const servers = {};
  const started = [];
  const holdfast = async (name) => {
    const server = await startServer({ state: stateFor(run, name), log: "ignore" });
    started.push(server);
    servers[name] = server;
    await readOnce(server, data.skus);
  };
  try {
    await holdfast("holdfast");
    const peers = await startPeers(run, say);
    started.push(peers);
    Object.assign(servers, peers.servers);
    const all = Object.keys(servers);
    say("comparing answers");
    await agreeOnQuotes(servers, { ...data, skus: data.skus.slice(0, QUICK ? 200 : 3_000) });

    const disk = [syncTime(run)];
    const files = requests(run, data);
    const results = new Map();
    const measure = async ({ name, on, file, connections }) => {
      say(name);
      const once = (server, seconds) => loaded(servers[server], { file, connections, seconds });
      for (const server of on) await warm(servers[server], file);
      results.set(name, await inTurns(on, ROUNDS, (server) => once(server, SECONDS)));
    };
    const measurePaced = async ({ name, on, file, of }) => {
      say(name);
      const rate = median(results.get(of).holdfast.map((one) => one.rate)) / 2;
      results.set(name, await inTurns(on, PACED_ROUNDS, async (server) => {
        const at = { server: servers[server], file, rate, status: 201 };
        await paced({ ...at, seconds: LEAD_SECONDS });
        const result = await paced({ ...at, seconds: PACED_SECONDS });
        await idle(servers[server]);
        return result;
      }));
    };
    await measure({ name: "hot", on: all, file: files.hot, connections: CONNECTIONS });
    await measurePaced({ name: "hot, half", on: all, file: files.hot, of: "hot" });
    await measure({ name: "spread", on: all, file: files.spread, connections: CONNECTIONS });
    await measurePaced({ name: "spread, half", on: all, file: files.spread, of: "spread" });
    for (const connections of [1, CONNECTIONS]) {
      await measure({ name: `1 line, ${connections}`, on: all, file: files.one, connections });
      await measure({ name: `${LINES} lines, ${connections}`, on: all, file: files.many, connections });
    }
    const resident = memory(servers.holdfast.pids);
    for (const name of ["empty", "full"]) await holdfast(name);
    for (const connections of [1, CONNECTIONS]) {
      await measure({ name: `live holds, ${connections}`, on: ["empty", "full"], file: files.shard, connections });
    }
    disk.push(syncTime(run));
    const workerd = execFileSync(join(ROOT, "node_modules/.bin/workerd"), ["--version"], { encoding: "utf8" }).trim();
    return report({
      results, resident, disk, peers: all.slice(1), lines: LINES, rounds: ROUNDS, seconds: SECONDS, connections: CONNECTIONS,
      pacedRounds: PACED_ROUNDS, pacedSeconds: PACED_SECONDS, versions: [workerd, `Node.js ${process.version}`, ...peers.versions],
    });
  } finally {
    for (const one of started.reverse()) await one.stop();
    rmSync(run, { recursive: true });
  }
}

/** What is asked in each case. Each case has shops of its own, so that none comes to its limit of open quotes. */
function requests(run, { skus, hot }) {
  const file = (name, one) => {
    const random = randomness(SEED);
    const below = (limit) => Math.floor(random() * limit);
    return requestFile(join(run, name), Array.from({ length: REQUESTS }, () => ({ path: "/v1/quotes", ...one(below) })));
  };
  const quote = (set, below, lines) => ({ key: shop(set, below(SHOPS)), body: JSON.stringify({ lines }) });
  const any = (below) => ({ sku: skus[below(skus.length)], quantity: 1 + below(8) });
  const several = (below) => {
    const lines = new Map();
    while (lines.size < LINES) {
      const line = any(below);
      lines.set(line.sku, line);
    }
    return [...lines.values()];
  };
  const inShard = skus.filter((sku) => isBeside(sku, hot));
  return {
    hot: file("hot", (below) => quote(0, below, [{ sku: hot, quantity: 1 }])),
    spread: file("spread", (below) => quote(1, below, [any(below)])),
    one: file("one", (below) => quote(2, below, [any(below)])),
    many: file("many", (below) => quote(2, below, several(below))),
    shard: file("shard", (below) => quote(0, below, [{ sku: inShard[below(inShard.length)], quantity: 1 }])),
  };
}

/** Load from wrk, and what the server spends on it until it rests. */
async function loaded(server, { file, connections, seconds }) {
  const at = { server, file, connections, status: 201, orders: true };
  await load({ ...at, seconds: LEAD_SECONDS });
  const before = cpu(server.pids);
  const result = await load({ ...at, seconds });
  await idle(server);
  return { ...result, cpu: (cpu(server.pids) - before) / (result.rate * result.seconds) };
}

/** Results by server, one for each round. */
async function inTurns(on, rounds, once) {
  const measured = Object.fromEntries(on.map((server) => [server, []]));
  for (let round = 0; round < rounds; round++) for (const server of on) measured[server].push(await once(server));
  return measured;
}

/** Asks for every part once: the peers come to have them all in memory while they are warmed up. */
async function readOnce({ url }, skus) {
  for (let start = 0; start < skus.length; start += 100) {
    const body = JSON.stringify({ budget_ms: 5_000, lines: skus.slice(start, start + 100).map((sku) => ({ sku })) });
    const headers = { authorization: `Bearer ${shop(1, 0)}` };
    const answer = await fetch(`${url}/v1/query`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`the query was answered ${answer.status} ${await answer.text()}`);
    await answer.text();
  }
}

/** So many requests that every shop of the case has sent some. */
async function warm(server, file) {
  for (let sent = 0; sent < WARM_REQUESTS;) {
    const { rate, seconds } = await load({ server, file, connections: CONNECTIONS, seconds: WARM_SECONDS, status: 201, orders: true });
    sent += rate * seconds;
  }
  await idle(server);
}

/** Waits until a server has done what it put off: events to deliver, snapshots to publish, pages to write back. */
async function idle({ pids }) {
  const step = 250;
  for (let tries = 0; tries < 40; tries++) {
    const before = cpu(pids);
    await new Promise((done) => setTimeout(done, step));
    if (cpu(pids) - before < step * 1_000 * 0.04) return;
  }
}

/** Median milliseconds of an `fdatasync` after 4 KiB were overwritten: what no durable answer can be faster than. */
function syncTime(folder) {
  const file = openSync(join(folder, "sync"), "w+");
  const block = Buffer.alloc(4_096, 1);
  const once = (at) => {
    writeSync(file, block, 0, block.length, at * block.length);
    const start = performance.now();
    fdatasyncSync(file);
    return performance.now() - start;
  };
  for (let at = 0; at < 100; at++) once(at);
  const taken = Array.from({ length: 100 }, (_, at) => once(at));
  closeSync(file);
  return median(taken);
}
