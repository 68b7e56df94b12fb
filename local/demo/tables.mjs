// What the demonstration catalogue has, as far as a day of trade must know: read from its tables.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../config.mjs";

/**
 * `plenty`: skus that several locations have many of, in both large regions; `scarce`: `{ sku, total, locations }` of
 * which there are one to three in all, some of them in the east; `far`: the same, and none of them is. All are sold one by one.
 */
export function assortment() {
  const single = new Set();
  for (const { sku, kind, life_cycle: life, pack_minimum: least, pack_multiple: pack, supply } of rows("parts.csv")) {
    if (kind === "physical" && life === "active" && least === "1" && pack === "1" && supply === "shelf") single.add(sku);
  }
  const regions = new Map(rows("locations.csv").map(({ id, region }) => [id, region]));
  const stock = new Map();
  for (const { location, sku, on_hand: onHand, safety } of rows("stock.csv")) {
    const available = Math.max(Number(onHand) - Number(safety), 0);
    if (available === 0 || !single.has(sku)) continue;
    const known = stock.get(sku) ?? { sku, total: 0, enam: 0, wnam: 0, locations: [] };
    known.total += available;
    known[regions.get(location)] += available;
    known.locations.push({ location, onHand: Number(onHand) });
    stock.set(sku, known);
  }
  const all = [...stock.values()];
  const few = (far) => all.filter(({ total, enam }) => total <= 3 && (enam === 0) === far).map(({ sku, total, locations }) => ({ sku, total, locations }));
  return {
    plenty: all.filter(({ enam, wnam }) => enam >= 25 && wnam >= 25).map(({ sku }) => sku),
    scarce: few(false),
    far: few(true),
  };
}

/** The rows of a table. The columns that are read here stand on one line and hold no commas; a quoted one may. */
function rows(file) {
  const [head, ...lines] = readFileSync(join(ROOT, "kv-seed/demo", file), "utf8").trimEnd().split("\n");
  const names = head.split(",");
  const cells = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell);
  return lines.map((line) => {
    const values = cells(line);
    return Object.fromEntries(names.map((name, place) => [name, values[place]]));
  });
}
