// Answers that Rust allowed to be repeated for a moment (the public availability of a part, for one second), so that a
// part everyone asks for costs one look-up a second in each isolate. Rust names the lifetime; nothing is kept otherwise.
// An answer is repeated only to the same URL, key and origin, so whoever gets one was let in a moment ago.

const MAX_BYTES = 4 * 1024 * 1024; // an isolate has 128 MiB for everything
const OVERHEAD = 512; // what an entry costs beyond its strings, roughly

const kept = new Map(); // in order of arrival, so the first is the oldest
let bytes = 0;

export function keyOf(request) {
  const { url, headers } = request;
  // What was not sent is empty, as Rust sees it. Not "null": that is what a browser sends as the origin of a page that
  // has none.
  return `${url}\n${headers.get("authorization") ?? ""}\n${headers.get("x-api-key") ?? ""}\n${headers.get("origin") ?? ""}`;
}

export function keep(key, headers, body, lifetime) {
  forget(key);
  const encoded = new TextEncoder().encode(body);
  const size = key.length + encoded.length + OVERHEAD;
  if (size > MAX_BYTES / 16) return;
  const full = new Headers({ ...headers, "server-timing": 'cache;desc="hit", total;dur=0' });
  const bare = new Headers(full);
  bare.delete("content-type");
  kept.set(key, { body: encoded, full, bare, etag: headers.etag, until: Date.now() + lifetime, size });
  bytes += size;
  for (const oldest of kept.keys()) {
    if (bytes <= MAX_BYTES) break;
    forget(oldest);
  }
}

/** The kept answer (or the 304 that says the caller has it already), or null. */
export function find(key, request, id) {
  const entry = kept.get(key);
  if (entry === undefined) return null;
  if (Date.now() >= entry.until) {
    forget(key);
    return null;
  }
  const condition = request.headers.get("if-none-match");
  const fresh = condition !== null && matches(condition, entry.etag);
  // Set on the kept headers, which `Response` copies at once: cheaper than reaching into the response's own.
  const headers = fresh ? entry.bare : entry.full;
  headers.set("x-request-id", id);
  return fresh ? new Response(null, { status: 304, headers }) : new Response(entry.body, { headers });
}

function forget(key) {
  const entry = kept.get(key);
  if (entry === undefined) return;
  kept.delete(key);
  bytes -= entry.size;
}

/** Weak comparison of RFC 9110 §13.1.2: `W/` does not count, `*` matches anything. */
function matches(condition, etag) {
  if (etag === undefined) return false;
  const bare = etag.replace(/^W\//, "");
  return condition.split(",").some((one) => {
    const candidate = one.trim();
    return candidate === "*" || candidate.replace(/^W\//, "") === bare;
  });
}
