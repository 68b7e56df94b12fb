// KV behind a cache in the isolate, with the policy of functions/src/catalog.rs: 16 MiB of text in two generations,
// records for a minute, absences for ten seconds, snapshots for two.
import type { Env } from "./types";

const FRESH_MS = 60_000;
const ABSENT_MS = 10_000;
const SNAPSHOT_MS = 2_000;
const CACHE_BYTES = 16 << 20;
const BULK_KEYS = 100;
const TIMES = new Set(["effective", "expires", "from", "until", "as_of", "eta"]);

interface Entry { record: unknown; bytes: number; until: number }

let young = new Map<string, Entry>();
let old = new Map<string, Entry>();
let youngBytes = 0;

/** The record, null where there is none, undefined where it is not known. */
function known(key: string, now: number): unknown {
  let entry = young.get(key);
  if (entry === undefined) {
    entry = old.get(key);
    if (entry === undefined) return undefined;
    old.delete(key);
    keep(key, entry);
  }
  return now < entry.until ? entry.record : undefined;
}

function keep(key: string, entry: Entry) {
  if (youngBytes + entry.bytes > CACHE_BYTES / 2) {
    old = young;
    young = new Map();
    youngBytes = 0;
  }
  youngBytes += entry.bytes;
  young.set(key, entry);
}

/** Reads `keys` into `found`. A promise only where something is not in the cache. */
export function read(env: Env, now: number, keys: Iterable<string>, found: Map<string, any>): Promise<void> | undefined {
  const missing: string[] = [];
  for (const key of keys) {
    if (found.has(key)) continue;
    const record = known(key, now);
    if (record === undefined) missing.push(key);
    else found.set(key, record);
  }
  return missing.length === 0 ? undefined : fetchAll(env, now, missing, found);
}

async function fetchAll(env: Env, now: number, keys: string[], found: Map<string, any>) {
  const kv = keys[0]!.startsWith("stock/") ? env.SNAPSHOTS : env.CATALOG;
  const lifetime = kv === env.SNAPSHOTS ? SNAPSHOT_MS : FRESH_MS;
  for (let at = 0; at < keys.length; at += BULK_KEYS) {
    const wanted = keys.slice(at, at + BULK_KEYS);
    const values = await kv.get(wanted, "text");
    for (const key of wanted) {
      const text = values.get(key) ?? null;
      const record = text === null ? null : JSON.parse(text, revive);
      const until = now + (record === null ? Math.min(ABSENT_MS, lifetime) : lifetime);
      keep(key, { record, bytes: (text?.length ?? 0) + key.length + 64, until });
      found.set(key, record);
    }
  }
}

/** Times become milliseconds, closed days become days since 1970. */
function revive(name: string, value: unknown): unknown {
  if (name === "closed_days") return (value as string[]).map((day) => Date.parse(day) / 86_400_000);
  return typeof value === "string" && TIMES.has(name) ? Date.parse(value) : value;
}
