// KPI: what logging costs queries, how many events a second get onto a board, and how long the board of a month takes.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../local/serve.mjs";
import { ROOT } from "../local/config.mjs";
import { randomness, zipf } from "./choice.mjs";
import { APART, BUCKETS, copyOf, DATA, dataset, kvSeed, objectFile, open } from "./data.mjs";
import { cpu, load, requestFile } from "./load.mjs";
import { report } from "./kpi-report.mjs";

const QUICK = process.env.QUICK === "1";
const SKUS = QUICK ? 10_000 : 100_000;
const ROUNDS = QUICK ? 1 : 7;
const SECONDS = QUICK ? 1 : 2;
const WARM_SECONDS = QUICK ? 1 : 6;
const EVENT_ROUNDS = QUICK ? 1 : 5;
const EVENTS = QUICK ? 5_000 : 100_000;
const REPORTED = QUICK ? 2_000 : 20_000;
const BOARD_SECONDS = QUICK ? 1 : 5;
const REGIONS = ["enam", "wnam", "weur", "apac"];
const DAYS = 30;
const DAY = 86_400_000;
const SEED = 20261124;

/** Runs the section; returns its part of RESULTS.md. */
export async function kpi(say) {
  const queries = await queriesWithAndWithout(say);
  const state = mkdtempSync(join(DATA, "run-"));
  try {
    kvSeed("demo", "--state", state);
    const events = [];
    for (let round = 0; round < EVENT_ROUNDS; round++) {
      say(`kpi: events onto a board, round ${round + 1}`);
      events.push({ queued: await queued(state), reported: await reported(state) });
    }
    say("kpi: the board of a month");
    const boards = await boardsOfAMonth(state);
    return report({ queries, events, boards, rounds: ROUNDS, seconds: SECONDS, counts: { EVENTS, REPORTED, DAYS, regions: REGIONS.length } });
  } finally {
    rmSync(state, { recursive: true });
  }
}

// --- queries, logged and not

async function queriesWithAndWithout(say) {
  const { state, skus } = await dataset(SKUS, say);
  say("kpi: building a Worker that logs nothing");
  const servers = {};
  try {
    const serve = async (name, of, wrangler) => {
      const server = await startServer({ state: of, wrangler, log: "ignore", vars: APART });
      servers[name] = server;
    };
    await serve("on", state);
    await serve("off", copyOf(state, "unmeasured"), unmeasured());
    const folder = join(DATA, "requests");
    mkdirSync(folder, { recursive: true });
    const results = new Map();
    for (const lines of [1, 10]) {
      const [choose, random] = [zipf(skus, randomness(SEED)), randomness(SEED)];
      const one = () => ({ path: "/v1/query", key: "demo-shop", body: JSON.stringify({
        lines: Array.from({ length: lines }, () => ({ sku: choose(), quantity: 1 + Math.floor(random() * 8) })),
      }) });
      const file = requestFile(join(folder, `kpi-${lines}`), Array.from({ length: lines === 1 ? 50_000 : 10_000 }, one));
      say(`kpi: queries of ${lines}, logged and not`);
      const measured = { on: [], off: [] };
      const once = (name, seconds) => load({ server: servers[name], file, connections: 16, seconds });
      for (const name of ["on", "off"]) await once(name, WARM_SECONDS);
      for (let round = 0; round < ROUNDS; round++) {
        // Whoever is first in one round is second in the next.
        for (const name of round % 2 === 0 ? ["on", "off"] : ["off", "on"]) measured[name].push(await once(name, SECONDS));
      }
      results.set(lines, measured);
    }
    return results;
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

/** The same Worker without its logging; returns its description. */
function unmeasured() {
  const out = join(DATA, "unmeasured");
  execFileSync("bash", ["scripts/build.sh", "functions", out, "unmeasured"], {
    cwd: ROOT, env: { ...process.env, CARGO_TARGET_DIR: join(DATA, "target") }, stdio: ["ignore", "ignore", "pipe"], maxBuffer: 1 << 26,
  });
  const wrangler = join(out, "wrangler.toml");
  const description = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  writeFileSync(wrangler, description.replace('"build/index.js"', '"index.js"').replace('"build/assets"', '"assets"'));
  return wrangler;
}

// --- events onto a board

/**
 * Events of shards that wait in the queue, in messages as shards send them: how many a second are stored in the log and
 * counted on the board of one region.
 */
async function queued(state) {
  const first = await startServer({ state, log: "ignore" });
  const known = await records(first);
  await ask(first, "POST", "/v1/kpi/events", { events: [{ id: unique(), kind: "count", at: now(), expected: 1, found: 1 }] });
  await counted(first, known + 1); // queue, log and board have their tables
  await first.stop();

  const queue = open(objectFile(state, "queue", "holdfast-events"));
  const insert = queue.prepare("INSERT INTO messages (id, format, body, sent, due) VALUES (?, 'text', ?, 1, 1)");
  let size = 0;
  const encoder = new TextEncoder();
  for (const { source, events } of messages(EVENTS)) {
    const body = encoder.encode(`{"source":"${source}","events":[${events.join(",")}]}`);
    insert.run(unique(), body);
    size += events.length;
  }
  queue.exec("COMMIT");
  queue.close();

  // The queue may go on by itself as soon as there is a process, so its start is counted in.
  const start = performance.now();
  const server = await startServer({ state, log: "ignore" });
  try {
    const { pids } = server;
    await ask(server, "POST", "/v1/kpi/events", { events: [{ id: unique(), kind: "count", at: now(), expected: 1, found: 1 }] });
    await counted(server, known + 1 + size + 1);
    const took = performance.now() - start;
    return { rate: size / (took / 1_000), cpu: cpu(pids) / size };
  } finally {
    await server.stop();
  }
}

let serial = 0;
const unique = () => `bench-${process.pid}-${Date.now()}-${(serial += 1)}`;
const now = () => new Date().toISOString();

/** So many events, as the 16 shards of a region send them: counts, each numbered by its shard, to 100,000 bytes a message. */
function messages(count) {
  const found = [];
  const start = Date.now(); // no run has those of another
  const random = randomness(SEED);
  for (let shard = 0; shard < BUCKETS; shard++) {
    const source = `enam/${shard}`;
    let events = [], length = 0;
    for (let place = 0; place < Math.floor(count / BUCKETS); place++) {
      const event = JSON.stringify({
        seq: start + place, at: now(), kind: "moved", expected: 20 + Math.floor(random() * 80),
        movement: { id: `m-${place}`, sku: `BRKX-${4_000 + place % 900}`, location: "ATL1", kind: "count", quantity: 20 + Math.floor(random() * 80), reason: "cycle count" },
      });
      if (length + event.length > 99_000) {
        found.push({ source, events });
        [events, length] = [[], 0];
      }
      events.push(event);
      length += event.length + 1;
    }
    if (events.length > 0) found.push({ source, events });
  }
  return found;
}

/** Events that callers report, a thousand a call over four connections: from the first call until the board has all. */
async function reported(state) {
  const server = await startServer({ state, log: "ignore" });
  try {
    const before = await records(server);
    const { pids } = server;
    const calls = Array.from({ length: REPORTED / 1_000 }, () => Array.from({ length: 1_000 }, (_, place) => (
      { id: unique(), kind: "count", at: now(), location: "ATL1", sku: "BRKX-4410", expected: 100, found: 95 + (place % 10), class: "A" }
    )));
    const [start, spent] = [performance.now(), cpu(pids)];
    const waiting = calls[Symbol.iterator]();
    const sender = async () => { for (const events of waiting) await ask(server, "POST", "/v1/kpi/events", { events }); };
    await Promise.all(Array.from({ length: 4 }, sender));
    const accepted = performance.now() - start;
    await counted(server, before + REPORTED);
    const took = performance.now() - start;
    return { rate: REPORTED / (took / 1_000), accepted: REPORTED / (accepted / 1_000), cpu: (cpu(pids) - spent) / REPORTED };
  } finally {
    await server.stop();
  }
}

/** Counted records of today's board of a region. */
async function records(server) {
  const day = now().slice(0, 10);
  const { numbers } = await ask(server, "GET", `/v1/kpi?from=${day}&to=${day}&region=enam`);
  return numbers.inventory_accuracy.records.denominator;
}

async function counted(server, wanted) {
  const deadline = Date.now() + 120_000;
  for (let found = 0; found < wanted;) {
    found = await records(server);
    if (found > wanted) throw new Error(`${found} of ${wanted} events were counted: some twice`);
    if (Date.now() > deadline) throw new Error(`${found} of ${wanted} events were counted within five minutes`);
    if (found < wanted) await new Promise((done) => setTimeout(done, 20));
  }
}

async function ask({ url }, method, path, json) {
  const response = await fetch(url + path, { method, headers: { authorization: "Bearer demo-admin" }, body: json && JSON.stringify(json) });
  const body = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

// --- the board of a month

/** Writes a month's boards of four busy regions, and measures what is asked of them. */
async function boardsOfAMonth(state) {
  const first = await startServer({ state, log: "ignore" });
  await ask(first, "GET", "/v1/kpi"); // the boards have their tables
  await first.stop();
  const today = Math.floor(Date.now() / DAY);
  let sums = 0;
  for (const region of REGIONS) {
    const board = open(objectFile(state, "KpiBoard", region));
    board.exec("DELETE FROM counts");
    const insert = board.prepare("INSERT INTO counts (day, name, n) VALUES (?, ?, ?)");
    const random = randomness(SEED);
    for (let day = today - 2 * DAYS; day <= today; day++) {
      for (const name of names()) sums += insert.run(day, name, 1 + Math.floor(random() * 10_000)).changes;
    }
    for (const powertrain of ["ice", "hybrid", "ev"]) board.prepare("INSERT OR REPLACE INTO fleet (day, name, n) VALUES (?, ?, 5000)").run(today - 60, `fleet/${powertrain}`);
    board.exec("COMMIT");
    board.close();
  }
  const server = await startServer({ state, log: "ignore" });
  try {
    const day = (offset) => new Date((today + offset) * DAY).toISOString().slice(0, 10);
    const results = {};
    for (const by of ["", "region", "day", "week"]) {
      const path = `/v1/kpi?from=${day(1 - DAYS)}&to=${day(0)}${by && `&by=${by}`}`;
      const file = requestFile(join(state, `board-${by}`), [{ path, key: "demo-admin" }]);
      await load({ server, file, connections: 1, seconds: BOARD_SECONDS });
      results[by] = await load({ server, file, connections: 1, seconds: BOARD_SECONDS });
    }
    return { results, sums: Math.round(sums / REGIONS.length / (2 * DAYS + 1)) };
  } finally {
    await server.stop();
  }
}

/** The names of a busy day's sums: eight functions whose times spread over some forty buckets each, and all the rest. */
function names() {
  const found = new Set();
  for (const [place, name] of ["availability", "parts", "query", "quote", "quote_change", "quotes", "stock", "tokens", "vehicles"].entries()) {
    for (let bucket = 0; bucket < 40; bucket++) found.add(`took/${name}/${2 + place + bucket * 3}`);
    found.add(`millis/${name}`);
    for (const result of ["failed", "late", "refused"]) found.add(`answers/${name}/${result}`);
  }
  for (let bucket = 0; bucket < 40; bucket++) found.add(`allocated/${3 + bucket * 2}`);
  for (const metric of ["ttfb", "fcp", "lcp", "inp", "cls", "widget"]) {
    for (let bucket = 0; bucket < 60; bucket++) found.add(`web/${metric}/${100 + bucket * 4}`);
  }
  const more = {
    quotes: ["held", "refused", "committed", "released", "replaced", "expired", "extended", "returned"], lines: ["asked", "told"],
    phantoms: ["stale_snapshot", "race", "count"], tokens: ["issued", "succeeded", "failed", "refused", "revoked", "expired"],
    movements: ["receipt", "count", "pick", "return", "damage"], calibration: ["sold", "returned"], shortfalls: ["counted", "units"],
    "revenue/USD": ["physical", "digital", "recurring"], "revenue/EUR": ["physical", "digital", "recurring"], "spend/USD": ["ice", "hybrid", "ev"],
    events: ["counted"], web_phantoms: ["reported"],
  };
  for (const [name, kinds] of Object.entries(more)) for (const kind of kinds) found.add(`${name}/${kind}`);
  for (const grade of ["none", "a", "b", "c"]) for (const off of ["exact", "1", "3", "5", "off"]) found.add(`counts/${grade}/${off}`);
  return found;
}
