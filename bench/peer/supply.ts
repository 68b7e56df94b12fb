// Stock for an answer: one call to each shard of the near region, all at once, within the budget; snapshots for the rest.
import { read } from "./catalog";
import type { Env, Location, LocationStock, Part, Snapshot } from "./types";

export interface SkuStock { snapshot: boolean; asOf: number; locations: LocationStock[] }
export type StockTable = Map<string, SkuStock>;

export interface Offer { snapshot: boolean; asOf: number; locations: LocationStock[]; unlimited: boolean; available: number }
export interface Choice { part: Part; relation: string; quantity: number }

/** FNV-1a's low 32 bits: all that a power of two of buckets needs. */
function bucket(sku: string, buckets: number): number {
  let hash = 0x84222325;
  for (let i = 0; i < sku.length; i++) hash = Math.imul(hash ^ sku.charCodeAt(i), 0x1b3);
  return (hash >>> 0) & (buckets - 1);
}

export function stockedSkus(choice: Choice): string[] {
  switch (choice.part.kind) {
    case "digital": return [];
    case "bundle": return (choice.part.components ?? []).map((component) => component.sku);
    default: return [choice.part.sku];
  }
}

export async function near(env: Env, region: string, skus: Set<string>, budgetMs: number, now: number): Promise<StockTable> {
  const table: StockTable = new Map();
  const shards = new Map<number, string[]>();
  const buckets = Number(env.STOCK_BUCKETS);
  for (const sku of skus) {
    const place = bucket(sku, buckets);
    const list = shards.get(place);
    if (list === undefined) shards.set(place, [sku]);
    else list.push(sku);
  }
  if (shards.size === 0) return table;
  const ask = async (place: number, wanted: string[]) => {
    try {
      const stub = env.STOCK.getByName(`${region}/${place}`, { locationHint: region });
      const { as_of: asOf, stock } = JSON.parse(await stub.read(wanted));
      wanted.forEach((sku, i) => table.set(sku, { snapshot: false, asOf, locations: stock[i] }));
    } catch (error) {
      console.error(`stock shard ${region}/${place}:`, error);
    }
  };
  const calls = [...shards].map(([place, wanted]) => ask(place, wanted));
  let timer;
  const budget = new Promise<void>((done) => { timer = setTimeout(done, budgetMs); });
  await Promise.race([calls.length === 1 ? calls[0] : Promise.all(calls), budget]);
  clearTimeout(timer);
  if (table.size < skus.size) await published(env, [region], [...skus].filter((sku) => !table.has(sku)), table, now);
  return table;
}

/** Adds what the other regions last published of `skus`. */
export async function far(env: Env, region: string, skus: Set<string>, locations: Location[], table: StockTable, now: number) {
  if (skus.size === 0) return;
  const regions = new Set(locations.map((location) => location.region));
  regions.delete(region);
  await published(env, [...regions], [...skus], table, now);
}

async function published(env: Env, regions: string[], skus: string[], table: StockTable, now: number) {
  const found = new Map<string, Snapshot | null>();
  const keys = regions.flatMap((region) => skus.map((sku) => `stock/${region}/${sku}`));
  const reading = read(env, now, keys, found);
  if (reading !== undefined) await reading;
  for (const region of regions) {
    for (const sku of skus) {
      // Nothing published yet is a snapshot's word too.
      const snapshot = found.get(`stock/${region}/${sku}`) ?? { as_of: now, locations: [] };
      const known = table.get(sku);
      table.set(sku, known === undefined
        ? { snapshot: true, asOf: snapshot.as_of, locations: snapshot.locations }
        : { snapshot: true, asOf: Math.min(known.asOf, snapshot.as_of), locations: [...known.locations, ...snapshot.locations] });
    }
  }
}

export function offer(table: StockTable, { part }: Choice, now: number): Offer {
  if (part.kind === "digital") return { snapshot: false, asOf: now, locations: [], unlimited: true, available: 1_000_000 };
  const stock = part.kind === "bundle" ? bundle(table, part) : table.get(part.sku);
  if (stock === undefined) return { snapshot: false, asOf: now, locations: [], unlimited: false, available: 0 };
  let available = 0;
  for (const at of stock.locations) available += at.available;
  return { ...stock, unlimited: false, available };
}

function bundle(table: StockTable, part: Part): SkuStock | undefined {
  let result: SkuStock | undefined;
  for (const { sku, quantity } of part.components ?? []) {
    const stock = table.get(sku);
    if (stock === undefined) return undefined;
    const units = (id: string) => Math.floor((stock.locations.find((at) => at.location === id)?.available ?? 0) / quantity);
    result = result === undefined
      ? { ...stock, locations: stock.locations.map((at) => ({ location: at.location, available: units(at.location) })) }
      : {
        snapshot: result.snapshot || stock.snapshot, asOf: Math.min(result.asOf, stock.asOf),
        locations: result.locations.map((at) => ({ location: at.location, available: Math.min(at.available, units(at.location)) })),
      };
  }
  return result;
}

/** From when on receipts cover the quantity. */
export function promiseDate({ locations }: Offer, quantity: number, now: number): number | undefined {
  const dates = new Set([now]);
  for (const at of locations) for (const receipt of at.incoming ?? []) if (receipt.eta >= now) dates.add(receipt.eta);
  for (const date of [...dates].sort((a, b) => a - b)) {
    let units = 0;
    for (const at of locations) {
      let balance = at.available - (at.owed ?? 0);
      for (const receipt of at.incoming ?? []) if (receipt.eta > now && receipt.eta <= date) balance += receipt.quantity;
      units += Math.max(balance, 0);
    }
    if (units >= quantity) return date;
  }
  return undefined;
}
