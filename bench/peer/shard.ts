// The Durable Object: reads positions from the rows that Holdfast's shard keeps, with the same cache in memory.
import { DurableObject } from "cloudflare:workers";
import type { Env, Receipt } from "./types";

const CACHED_SKUS = 20_000;

interface Position {
  location: string; on_hand: number; committed: number; held: number; quarantined: number; safety: number;
  incoming: Receipt[];
}

export class StockShard extends DurableObject {
  #sql: any;
  #positions = new Map<string, Position[]>();

  constructor(ctx: any, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
  }

  /** What may be promised of each sku, as JSON: text crosses more cheaply than structures. */
  read(skus: string[]): string {
    const now = Date.now();
    return JSON.stringify({ as_of: now, stock: skus.map((sku) => this.#of(sku).map((position) => promised(position, now))) });
  }

  #of(sku: string): Position[] {
    const known = this.#positions.get(sku);
    if (known !== undefined) return known;
    const rows = this.#sql.exec("SELECT position FROM positions WHERE sku = ? ORDER BY location", sku).raw();
    const found = [...rows].map(([text]: any) => {
      const position = JSON.parse(text) as Position;
      for (const receipt of position.incoming) receipt.eta = Date.parse(receipt.eta as unknown as string);
      return position;
    });
    if (this.#positions.size >= CACHED_SKUS) this.#positions.clear();
    this.#positions.set(sku, found);
    return found;
  }
}

function promised(position: Position, now: number) {
  const balance = position.on_hand - position.committed - position.held - position.quarantined - position.safety;
  return {
    location: position.location,
    available: Math.max(balance, 0),
    owed: balance < 0 ? -balance : undefined,
    incoming: position.incoming.length === 0 ? undefined : position.incoming.filter((receipt) => receipt.eta > now),
  };
}
