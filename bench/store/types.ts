// What the server and its stores say to each other.
import type { price } from "../peer/pricing";

export type Price = NonNullable<ReturnType<typeof price>["price"]>;
export interface DraftLine { sku: string; quantity: number; price: Price }

/** A quote before anything is held. The id follows from account, path and Idempotency-Key. */
export interface Draft {
  id: string; account: string; fingerprint: string; currency: string;
  /** Milliseconds since 1970. */
  created_at: number; expires_at: number;
  /** Each sku once. */
  lines: DraftLine[];
  /** Where to take stock, best first. */
  locations: string[];
}
export interface Allocation { line: number; location: string; quantity: number }
export interface Quote { id: string; created_at: number; expires_at: number; currency: string; lines: DraftLine[]; allocations: Allocation[] }

export type Opened =
  | { kind: "held"; quote: Quote; replayed: boolean }
  | { kind: "short"; replayed: boolean }
  | { kind: "key_reused" };

export interface Store {
  /** The catalogue's records as JSON, in the order of the keys. */
  records(keys: string[]): Promise<(string | null)[]>;
  /** Holds what a draft wants, all or nothing; a repeated call gets the answer of the first. */
  open(draft: Draft): Promise<Opened>;
}
