// Public answers, repeated for a second: the policy of functions/glue/answers.js.
const MAX_BYTES = 4 * 1024 * 1024;
const OVERHEAD = 512;

interface Kept { body: Uint8Array; full: Headers; bare: Headers; etag: string; until: number; size: number }

const kept = new Map<string, Kept>();
let bytes = 0;

export function keep(key: string, headers: Record<string, string>, body: string, lifetime: number) {
  forget(key);
  const encoded = new TextEncoder().encode(body);
  const size = key.length + encoded.length + OVERHEAD;
  const full = new Headers({ ...headers, "server-timing": 'cache;desc="hit", total;dur=0' });
  const bare = new Headers(full);
  bare.delete("content-type");
  kept.set(key, { body: encoded, full, bare, etag: headers.etag!, until: Date.now() + lifetime, size });
  bytes += size;
  for (const oldest of kept.keys()) {
    if (bytes <= MAX_BYTES) break;
    forget(oldest);
  }
}

export function find(key: string, condition: string | undefined, id: string): Response | null {
  const entry = kept.get(key);
  if (entry === undefined) return null;
  if (Date.now() >= entry.until) {
    forget(key);
    return null;
  }
  const fresh = condition !== undefined && (condition === "*" || condition.split(",").some((one) => one.trim().replace(/^W\//, "") === entry.etag));
  const headers = fresh ? entry.bare : entry.full;
  headers.set("x-request-id", id);
  return fresh ? new Response(null, { status: 304, headers }) : new Response(entry.body, { headers });
}

function forget(key: string) {
  const entry = kept.get(key);
  if (entry === undefined) return;
  kept.delete(key);
  bytes -= entry.size;
}
