// The data: generated catalogues in state folders under bench/.data, made once.
//
// Catalogue: `kv-seed generate` and `kv-seed demo --state`. Opening stock goes through the API in an ordinary set-up,
// a thousand movements a call; for seven million positions that takes hours, so here the rows are written into the
// shards' own tables, in the form that tests beside `Position` and `Snapshot` pin. The tables themselves are made by the
// shards: a server is started and each of them is asked once. What is missing is the ledger of those movements.
import { execFileSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { startServer } from "../local/serve.mjs";
import { ROOT } from "../local/config.mjs";

export const DATA = join(ROOT, "bench/.data");
export const BUCKETS = 16;
/** Where a section reads: shards are as many, and as far apart, as on the network. */
export const APART = { STOCK_AND_QUOTES: "apart", STOCK_BUCKETS: BUCKETS };
/** Raise it when what is written here changes. */
const FORMAT = 4;

/** Makes the catalogue of so many skus if it is not there; returns its state folder and its skus. */
export async function dataset(skus, say) {
  const folder = join(DATA, `${skus}-v${FORMAT}`);
  const tables = join(folder, "tables");
  if (!existsSync(join(folder, "complete"))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    say(`making the catalogue of ${skus.toLocaleString("en")} skus (once)`);
    kvSeed("generate", "--out", tables, "--skus", String(skus));
    kvSeed("demo", "--folder", tables, "--state", join(folder, "state"));
    say(`writing the stock of ${skus.toLocaleString("en")} skus (once)`);
    await stock(join(folder, "state"), tables);
    for (const table of ["prices", "numbers", "fitment", "stock"]) rmSync(join(tables, `${table}.csv`));
    writeFileSync(join(folder, "complete"), "");
  }
  const texts = [];
  for await (const { sku, number, description } of rows(join(tables, "parts.csv"))) texts.push({ sku, number, description });
  return { state: join(folder, "state"), skus: texts.map(({ sku }) => sku), texts };
}

/** A second state folder with the same data, for another server. */
export function copyOf(state, name) {
  const copy = `${state}-${name}`;
  if (!existsSync(copy)) {
    rmSync(`${copy}.part`, { recursive: true, force: true });
    execFileSync("cp", ["-r", "--reflink=auto", state, `${copy}.part`]);
    rmSync(join(`${copy}.part`, "server.json"), { force: true });
    renameSync(`${copy}.part`, copy);
  }
  return copy;
}

export function kvSeed(...parameters) {
  const command = ["run", "--quiet", "--profile", "tool", "--locked", "--package", "kv-seed", "--", ...parameters];
  execFileSync("cargo", command, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"], maxBuffer: 1 << 26 });
}

/**
 * Writes the stock of `tables` into the shards' tables and the snapshots: as many units as the table says, or as
 * `unitsOf` a sku; into the shards of a server with these `vars`.
 */
export async function stock(state, tables, { unitsOf, vars = APART } = {}) {
  const buckets = Number(vars.STOCK_BUCKETS);
  const regions = new Map();
  for await (const row of rows(join(tables, "locations.csv"))) regions.set(row.id, row.region);
  const receipts = new Map();
  for await (const { id, location, sku, quantity, eta } of rows(join(tables, "incoming.csv"))) {
    const key = `${location}/${sku}`;
    const receipt = { id, quantity: Number(quantity), eta: new Date(eta).toISOString() };
    receipts.set(key, [...(receipts.get(key) ?? []), receipt].sort((a, b) => (a.eta < b.eta ? -1 : 1)));
  }
  await makeTables(state, tables, vars);

  const files = new Map();
  const shards = new Map();
  const shard = (region, sku) => {
    const name = `${region}/${bucket(sku, buckets)}`;
    if (!shards.has(name)) {
      const { file, prefix } = shardTables(state, name);
      if (!files.has(file)) files.set(file, open(file));
      shards.set(name, files.get(file).prepare(`INSERT OR REPLACE INTO ${prefix}positions (sku, location, position, expecting) VALUES (?, ?, ?, ?)`));
    }
    return shards.get(name);
  };
  const snapshots = open(objectFile(state, "kv", "SNAPSHOTS"));
  snapshots.exec("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, metadata TEXT, expires INTEGER)");
  const publish = snapshots.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, NULL, NULL)");
  const asOf = new Date().toISOString();
  const encoder = new TextEncoder();
  const flush = (sku, positions) => {
    const byRegion = new Map();
    for (const position of positions.sort((a, b) => (a.location < b.location ? -1 : 1))) {
      const region = regions.get(position.location);
      shard(region, sku).run(sku, position.location, JSON.stringify(position), Number(position.incoming.length > 0));
      const available = Math.max(position.on_hand - position.safety, 0);
      const owed = Math.max(position.safety - position.on_hand, 0);
      const incoming = position.incoming;
      const told = { location: position.location, available, ...(owed > 0 && { owed }), ...(incoming.length > 0 && { incoming }) };
      byRegion.set(region, [...(byRegion.get(region) ?? []), told]);
    }
    for (const [region, locations] of byRegion) {
      publish.run(`stock/${region}/${sku}`, encoder.encode(JSON.stringify({ version: 1, as_of: asOf, locations })));
    }
  };
  // The rows of a sku stand together.
  let current = null;
  let positions = [];
  for await (const { location, sku, on_hand, safety } of rows(join(tables, "stock.csv"))) {
    if (sku !== current) {
      if (current !== null) flush(current, positions);
      [current, positions] = [sku, []];
    }
    positions.push({
      sku, location, version: 1, on_hand: unitsOf ? unitsOf(sku) : Number(on_hand), committed: 0, held: 0, quarantined: 0, safety: Number(safety || 0),
      incoming: receipts.get(`${location}/${sku}`) ?? [],
    });
  }
  if (current !== null) flush(current, positions);
  for (const db of [...files.values(), snapshots]) {
    db.exec("COMMIT");
    db.close();
  }
}

/** Has every shard make its tables, by asking for a sku of each bucket. */
async function makeTables(state, tables, vars) {
  const buckets = Number(vars.STOCK_BUCKETS);
  const waiting = new Map();
  for (const sku of await column(join(tables, "parts.csv"), "sku")) {
    if (!waiting.has(bucket(sku, buckets))) waiting.set(bucket(sku, buckets), sku);
    if (waiting.size === buckets) break;
  }
  const server = await startServer({ state, log: "ignore", vars });
  for (const sku of waiting.values()) {
    const answer = await fetch(`${server.url}/v1/stock/${encodeURIComponent(sku)}`, { headers: { authorization: "Bearer demo-admin" } });
    if (answer.status !== 200) throw new Error(`GET /v1/stock/${sku}: ${answer.status}`);
  }
  await server.stop();
}

/** The database that has the tables of a shard, and what their names begin with there (functions/src/objects/depot.rs). */
export function shardTables(state, name) {
  const depot = objectFile(state, "Depot", "depot");
  if (!existsSync(depot)) return { file: objectFile(state, "StockShard", name), prefix: "" };
  const db = new DatabaseSync(depot, { readOnly: true });
  const { number } = db.prepare("SELECT number FROM depot_shards WHERE name = ?").get(name);
  db.close();
  return { file: depot, prefix: `shard${number}_` };
}

/** The SQLite file of a Durable Object: local/kv.js says how its name is made. */
export function objectFile(state, uniqueKey, name) {
  const key = createHash("sha256").update(uniqueKey).digest();
  const half = createHmac("sha256", key).update(name).digest().subarray(0, 16);
  const id = Buffer.concat([half, createHmac("sha256", key).update(half).digest().subarray(0, 16)]).toString("hex");
  const folder = join(state, "objects", uniqueKey);
  mkdirSync(folder, { recursive: true });
  return join(folder, `${id}.sqlite`);
}

export function open(file) {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA synchronous = OFF; BEGIN");
  return db;
}

/** The bucket of a sku: FNV-1a modulo a power of two: the low 32 bits are enough. */
export function bucket(sku, buckets = BUCKETS) {
  let hash = 0x84222325;
  for (let i = 0; i < sku.length; i++) hash = Math.imul(hash ^ sku.charCodeAt(i), 0x1b3);
  return (hash >>> 0) % buckets;
}

export async function* rows(file) {
  let names = null;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const cells = line.split(","); // of the tables read here, the columns wanted come before any quoted one
    if (names === null) names = cells;
    else yield Object.fromEntries(names.map((name, i) => [name, cells[i]]));
  }
}

async function column(file, name) {
  const values = [];
  for await (const row of rows(file)) values.push(row[name]);
  return values;
}
