// The catalogue's records, each remembered for a minute, as at Holdfast's edge. Parsed, with times as milliseconds.
import type { Store } from "./types";

const FRESH_MS = 60_000;
const TIMES = new Set(["effective", "expires", "from", "until"]);

export class Catalogue {
  #known = new Map<string, { record: unknown; until: number }>();
  constructor(private store: Store) {}

  /** A record, null where there is none; a promise only where it is not known. */
  one<T>(key: string, now: number): T | null | Promise<T | null> {
    const known = this.#known.get(key);
    if (known !== undefined && now < known.until) return known.record as T | null;
    return this.#read([key], now).then(([record]) => record as T | null);
  }

  all<T>(keys: string[], now: number): (T | null)[] | Promise<(T | null)[]> {
    const known = keys.map((key) => this.#known.get(key));
    if (known.every((one) => one !== undefined && now < one.until)) return known.map((one) => one!.record as T | null);
    return this.#read(keys, now) as Promise<(T | null)[]>;
  }

  async #read(keys: string[], now: number): Promise<unknown[]> {
    const texts = await this.store.records(keys);
    return texts.map((text, i) => {
      const record = text === null ? null : JSON.parse(text, revive);
      this.#known.set(keys[i]!, { record, until: now + FRESH_MS });
      return record;
    });
  }
}

function revive(name: string, value: unknown): unknown {
  if (name === "closed_days") return (value as string[]).map((day) => Date.parse(day) / 86_400_000);
  return typeof value === "string" && TIMES.has(name) ? Date.parse(value) : value;
}
