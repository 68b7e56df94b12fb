// The data of the quotes section: a catalogue of skus that are sold one by one, stock that no run uses up, and shops
// whose quotes no case brings to the limit of open ones. Made once; a run works on a copy.
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LAYOUT } from "../local/serve.mjs";
import { bucket, DATA, kvSeed, objectFile, open, rows, shardTables, stock } from "./data.mjs";

/** Raise it when what is written here changes. */
const FORMAT = 5;
const FOLDER = join(DATA, `quotes-v${FORMAT}`);
const GENERATED = 20_000; // of which more than SKUS are sold one by one
const SKUS = 10_000;
const PLENTY = 500_000_000; // units of each position
const FEW = 3; // units of each position of one sku that is not among the SKUS
/** A case has so many shops of its own. */
export const SHOPS = 500;
/** How many quotes a shop may have open: more than any case brings it to. */
const OPEN = 1_000;
/** Sets of shops. Those of the first are all served from one branch, those of the others from everywhere. */
const SETS = 3;
const BUCKETS = Number(LAYOUT.STOCK_BUCKETS);
const BRANCH = "ATL1";
const REGION = "enam";
/** Holds that are in the way in the shard of the hot sku, in the second state folder. */
export const LIVE = 100_000;

/**
 * Makes the data if it is not there. Returns { skus, hot (the one everybody wants), scarce (of which there are few) }.
 */
export async function quoteData(say) {
  if (!existsSync(join(FOLDER, "complete"))) await make(say);
  return JSON.parse(readFileSync(join(FOLDER, "facts.json"), "utf8"));
}

/** A state folder that a run may write to; the one named `full` has LIVE live holds in the shard of the hot sku. */
export function stateFor(run, name) {
  const state = join(run, name);
  cpSync(join(FOLDER, name === "full" ? "full" : "state"), state, { recursive: true });
  rmSync(join(state, "server.json"), { force: true });
  return state;
}

/** A folder on the same disk for what one run writes. */
export const runFolder = () => mkdtempSync(join(DATA, "run-"));

/** Whether two skus share a shard. */
export const isBeside = (sku, other) => bucket(sku, BUCKETS) === bucket(other, BUCKETS);

/** The key of a shop. */
export const shop = (set, number) => `bench-${set}-${number}`;

/** Every record of the catalogue, as [key, JSON]. */
export function catalogue() {
  const db = new DatabaseSync(objectFile(join(FOLDER, "state"), "kv", "CATALOG"), { readOnly: true });
  const records = db.prepare("SELECT key, value FROM entries").all();
  db.close();
  const decoder = new TextDecoder();
  return records.map(({ key, value }) => [key, decoder.decode(value)]);
}

/** Every position, as { sku, location, on_hand, safety }. */
export async function* positions() {
  const { scarce } = JSON.parse(readFileSync(join(FOLDER, "facts.json"), "utf8"));
  for await (const { sku, location, safety } of rows(join(FOLDER, "tables/stock.csv"))) {
    yield { sku, location, on_hand: sku === scarce ? FEW : PLENTY, safety: Number(safety || 0) };
  }
}

async function make(say) {
  say(`making the catalogue for quotes (once)`);
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const tables = join(FOLDER, "tables");
  const state = join(FOLDER, "state");
  kvSeed("generate", "--out", tables, "--skus", String(GENERATED));
  const accounts = readFileSync(join(tables, "accounts.csv"), "utf8").trimEnd().split("\n");
  writeFileSync(join(tables, "accounts.csv"), accounts.map((row, at) => `${row},${at === 0 ? "open_quotes" : ""}\n`).join(""));
  const homes = [];
  for await (const { id } of rows(join(tables, "locations.csv"))) homes.push(id);
  for (let set = 0; set < SETS; set++) {
    for (let number = 0; number < SHOPS; number++) {
      const [id, home] = [shop(set, number), set === 0 ? BRANCH : homes[number % homes.length]];
      appendFileSync(join(tables, "accounts.csv"), `${id},Shop ${number},shop,USD,${home},shops,JBR,,12,,,${OPEN}\n`);
      appendFileSync(join(tables, "keys.csv"), `${id},${id},query;quote,,true\n`);
    }
  }
  kvSeed("demo", "--folder", tables, "--state", state);
  const stocked = new Set();
  const atBranch = new Set();
  for await (const { sku, location } of rows(join(tables, "stock.csv"))) {
    stocked.add(sku);
    if (location === BRANCH) atBranch.add(sku);
  }
  const parts = catalogue().filter(([key]) => key.startsWith("part/")).map(([, text]) => JSON.parse(text));
  const skus = parts.filter(soldOneByOne).map(({ sku }) => sku).filter((sku) => stocked.has(sku)).slice(0, SKUS + 1);
  if (skus.length <= SKUS) throw new Error(`only ${skus.length} skus are sold one by one`);
  const scarce = skus.pop();
  const hot = skus.find((sku) => atBranch.has(sku));
  await stock(state, tables, { unitsOf: (sku) => (sku === scarce ? FEW : PLENTY), vars: LAYOUT });
  say(`setting aside ${LIVE.toLocaleString("en")} live holds (once)`);
  cpSync(state, join(FOLDER, "full"), { recursive: true });
  holdAside(join(FOLDER, "full"), hot, skus.filter((sku) => atBranch.has(sku) && isBeside(sku, hot)));
  writeFileSync(join(FOLDER, "facts.json"), JSON.stringify({ skus, hot, scarce }));
  writeFileSync(join(FOLDER, "complete"), "");
}

function soldOneByOne({ kind = "physical", life_cycle = "active", pack = { minimum: 1, multiple: 1 }, prices = [] }) {
  const listed = prices.some(({ type, currency, scope = "everyone" }) => type === "LST" && currency === "USD" && scope === "everyone");
  return kind === "physical" && life_cycle === "active" && pack.minimum === 1 && pack.multiple === 1 && listed;
}

/**
 * Sets stock aside in the shard of the hot sku, a unit for each of LIVE quotes, over its skus and for a day: the rows
 * that the shard would have written, in the form that a test beside `QuoteHolds` pins. Its desks know nothing of them.
 */
function holdAside(state, hot, skus) {
  const { file, prefix } = shardTables(state, `${REGION}/${bucket(hot, BUCKETS)}`);
  const db = open(file);
  const read = db.prepare(`SELECT position FROM ${prefix}positions WHERE sku = ? AND location = ?`);
  const hold = db.prepare(`INSERT INTO ${prefix}holds (quote, frees_at, holds) VALUES (?, ?, ?)`);
  const write = db.prepare(`UPDATE ${prefix}positions SET position = ? WHERE sku = ? AND location = ?`);
  const expires = Date.now() + 365 * 86_400_000; // whenever the bench runs, they are live
  const kept = new Map();
  for (let number = 0; number < LIVE; number++) {
    const sku = skus[number % skus.length];
    const quote = `q_live${number}`;
    const line = { line: { line: 0 }, sku, location: BRANCH, quantity: 1, borrowed: 0, committed: 0, unpicked: 0, returned: 0 };
    hold.run(quote, expires + 10_000, JSON.stringify({ quote, state: "held", expires_at: new Date(expires).toISOString(), holds: [line] }));
    kept.set(sku, (kept.get(sku) ?? 0) + 1);
  }
  for (const [sku, held] of kept) {
    const position = JSON.parse(read.get(sku, BRANCH).position);
    write.run(JSON.stringify({ ...position, held: position.held + held }), sku, BRANCH);
  }
  db.exec("COMMIT");
  db.close();
}
