// The records in KV and SQLite, as kv-seed and the shards write them. Times become milliseconds when a record is read.
import type { StockShard } from "./shard";

export interface Env {
  CATALOG: Kv;
  SNAPSHOTS: Kv;
  STOCK: { getByName(name: string, options?: { locationHint: string }): StockShard };
  STOCK_BUCKETS: string;
}

export interface Kv {
  get(keys: string[], type: "text"): Promise<Map<string, string | null>>;
}

export interface PriceBreak { from: number; unit: number }
export interface Dated { currency: string; effective?: number; expires?: number; breaks: PriceBreak[] }
export interface SheetPrice extends Dated {
  sheet: string;
  type: string;
  scope?: "everyone" | { group: string } | { branch: string };
}
export interface Part {
  sku: string; brand: string; brand_name: string; number: string; description: string;
  part_type: { name: string };
  kind?: "physical" | "digital" | "bundle";
  life_cycle?: "active" | "phasing_out" | "discontinued";
  pack?: { minimum: number; multiple: number };
  supply?: "shelf" | "made_to_order" | "quick_ship";
  core?: { charge: number };
  calibration?: { ecu: string; procedure: string };
  interchange?: { sku: string; quantity: number }[];
  superseded_by?: string[];
  components?: { sku: string; quantity: number }[];
  currency?: string;
  cost?: number;
  prices?: SheetPrice[];
}
export interface Account {
  id: string; currency: string; home: string; group?: string; base_type: string; contract?: string;
  rules?: { brand?: string; part_type?: string; price_type: string; adjust_bp: number }[];
  margin_floor_bp?: number; refused_brands?: string[]; on_hold?: boolean;
}
export interface Contract { id: string; prices: Record<string, Dated> }
export interface Promotion {
  id: string; from: number; until: number; currency?: string;
  scope?: { skus?: string[]; brands?: string[]; part_types?: string[]; groups?: string[]; minimum_quantity?: number };
  effect: { off_bp: number } | { unit_price: number };
}
export interface Location {
  id: string; name: string; kind: string; region: string; lat: number; lon: number;
  offsets: { from: number; minutes: number }[];
  hours: ({ open: number; close: number } | null)[];
  closed_days?: number[];
  handling_minutes: number; cutoff_minute?: number; delivery_radius_km: number;
}
export interface Key { account: string; scopes: string[]; origins?: string[] }
export interface Receipt { id: string; quantity: number; eta: number }
export interface LocationStock { location: string; available: number; owed?: number; incoming?: Receipt[] }
export interface Snapshot { version: number; as_of: number; locations: LocationStock[] }
