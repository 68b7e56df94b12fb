// Workers KV for one machine: a service that speaks the HTTP protocol of workerd's KV bindings and keeps the pairs in
// SQLite, one Durable Object for each namespace, in the same workerd process.
//
// A native program may write a namespace's database itself while the server is stopped; that is how the importer loads
// a million keys. The file is
//
//     <state>/objects/kv/<id>.sqlite
//     key  = SHA-256("kv")                        "kv" is the namespace's uniqueKey in config.capnp
//     half = first 16 bytes of HMAC-SHA-256(key, <binding name>)            e.g. "CATALOG"
//     id   = hex(half ++ first 16 bytes of HMAC-SHA-256(key, half))
//
// (workerd: src/workerd/server/actor-id-impl.c++) and the schema is SCHEMA below, created by whoever comes first.
// `expires` is in seconds since 1970; `metadata` is JSON text. tests/local-kv.test.mjs writes such a file and reads it
// through the binding.
import { DurableObject } from "cloudflare:workers";

const SCHEMA = `CREATE TABLE IF NOT EXISTS entries (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL,
  metadata TEXT,
  expires INTEGER
)`;

// The limits of Workers KV, so that what works here works there. Values are smaller: SQLite here takes 4 MiB at most.
const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 4 * 1024 * 1024 - 64 * 1024;
const MAX_METADATA_BYTES = 1024;
const MAX_BULK_KEYS = 100;
const MAX_LIST_KEYS = 1000;
const MIN_TTL_SECONDS = 60;

const now = () => Math.floor(Date.now() / 1000);

/** One namespace. */
export class KvNamespace extends DurableObject {
  #sql;
  #turn = null; // what is put at the same time is written in one turn, and thus in one commit

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  read(keys) {
    const query = "SELECT value, metadata, expires FROM entries WHERE key = ? AND (expires IS NULL OR expires > ?)";
    return keys.map((key) => this.#sql.exec(query, key, now()).raw().next().value ?? null);
  }

  async put(key, value, metadata, expires) {
    await (this.#turn ??= scheduler.wait(0).then(() => { this.#turn = null; }));
    this.#sql.exec("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", key, value, metadata, expires);
  }

  delete(key) {
    this.#sql.exec("DELETE FROM entries WHERE key = ?", key);
  }

  list(prefix, after, limit) {
    // A key that starts with the prefix is at or after it in byte order, so the walk can stop at the first that does
    // not. `substr` counts characters, as the prefix's length here does.
    const rows = this.#sql.exec(
      `SELECT key, metadata, expires FROM entries
       WHERE key >= ?1 AND key > ?2 AND substr(key, 1, length(?1)) = ?1 AND (?5 OR key < ?4)
         AND (expires IS NULL OR expires > ?6) ORDER BY key LIMIT ?3`,
      prefix, after, limit + 1, successor(prefix) ?? "", successor(prefix) === null ? 1 : 0, now(),
    ).toArray();
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }
}

/** The first string after every string with this prefix, or null if there is none. */
function successor(prefix) {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop().codePointAt(0);
    if (last < 0x10ffff) return points.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

// Values read lately. Every write to a namespace comes through this isolate, so a kept value is never stale; the
// network's KV keeps copies near the reader in the same way, up to 60 s behind.
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
const kept = new Map(); // "<namespace>/<key>" → [value, metadata, expires], oldest first
let keptBytes = 0;
let writes = 0; // a read that began before the latest write may be of the value before it, and is not kept

const sizeOf = (name, [value]) => 2 * name.length + value.byteLength + 200;

function keep(name, entry) {
  forget(name);
  kept.set(name, entry);
  keptBytes += sizeOf(name, entry);
  for (const oldest of kept.keys()) {
    if (keptBytes <= MAX_KEPT_BYTES) break;
    forget(oldest);
  }
}

function forget(name) {
  const entry = kept.get(name);
  if (entry === undefined) return;
  keptBytes -= sizeOf(name, entry);
  kept.delete(name);
}

function find(name) {
  const entry = kept.get(name);
  return entry !== undefined && (entry[2] === null || entry[2] > now()) ? entry : null;
}

async function write(name, change) {
  writes++;
  try {
    await change();
  } finally {
    writes++;
    forget(name);
  }
}

/** The entries of `keys`, null for an absent one, with at most one call to the namespace's object. */
async function read(store, namespace, keys) {
  const entries = keys.map((key) => find(`${namespace}/${key}`));
  const missing = keys.filter((_, index) => entries[index] === null);
  if (missing.length === 0) return entries;
  const before = writes;
  const fetched = await store.read(missing);
  let next = 0;
  return entries.map((entry, index) => {
    if (entry !== null) return entry;
    const found = fetched[next++];
    if (found !== null && before === writes) keep(`${namespace}/${keys[index]}`, found);
    return found;
  });
}

export default {
  async fetch(request, env, ctx) {
    const { namespace } = ctx.props;
    const store = env.NAMESPACES.getByName(namespace);
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    if (new TextEncoder().encode(key).length > MAX_KEY_BYTES) return new Response("key too long", { status: 414 });
    switch (request.method) {
      case "GET":
        return key === "" ? list(store, url.searchParams) : get(store, namespace, key);
      case "POST":
        return bulkGet(store, namespace, await request.json());
      case "PUT":
        return put(store, namespace, key, request, url.searchParams);
      case "DELETE":
        await write(`${namespace}/${key}`, () => store.delete(key));
        return new Response(null, { status: 204 });
      default:
        return new Response("method not allowed", { status: 405 });
    }
  },
};

async function get(store, namespace, key) {
  const [entry] = await read(store, namespace, [key]);
  if (entry === null) return new Response("not found", { status: 404 });
  const [value, metadata] = entry;
  return new Response(value, metadata === null ? undefined : { headers: { "CF-KV-Metadata": metadata } });
}

async function bulkGet(store, namespace, { keys, type, withMetadata }) {
  if (keys.length > MAX_BULK_KEYS) return new Response(`at most ${MAX_BULK_KEYS} keys`, { status: 400 });
  const entries = await read(store, namespace, keys);
  const found = Object.create(null);
  keys.forEach((key, index) => {
    const entry = entries[index];
    if (entry === null) return void (found[key] = null);
    const text = new TextDecoder().decode(entry[0]);
    const value = type === "json" ? JSON.parse(text) : text;
    const metadata = entry[1] === null ? null : JSON.parse(entry[1]);
    found[key] = withMetadata ? { value, metadata } : value;
  });
  return Response.json(found);
}

async function put(store, namespace, key, request, query) {
  const metadata = request.headers.get("CF-KV-Metadata");
  if (metadata !== null && metadata.length > MAX_METADATA_BYTES) return new Response("metadata too long", { status: 413 });
  const value = await request.arrayBuffer();
  if (value.byteLength > MAX_VALUE_BYTES) return new Response("value too long", { status: 413 });
  const ttl = query.get("expiration_ttl");
  const until = query.get("expiration");
  const expires = ttl !== null ? now() + Number(ttl) : until !== null ? Number(until) : null;
  if (expires !== null && !(expires >= now() + MIN_TTL_SECONDS)) {
    return new Response(`expiration must be at least ${MIN_TTL_SECONDS} seconds away`, { status: 400 });
  }
  await write(`${namespace}/${key}`, () => store.put(key, value, metadata, expires));
  return new Response(null, { status: 204 });
}

async function list(store, query) {
  const limit = Math.min(Number(query.get("key_count_limit") ?? MAX_LIST_KEYS), MAX_LIST_KEYS);
  const cursor = query.get("cursor");
  const after = cursor ? decodeURIComponent(atob(cursor)) : "";
  const { rows, more } = await store.list(query.get("prefix") ?? "", after, limit);
  const keys = rows.map(({ key, metadata, expires }) => ({
    name: key,
    ...(expires !== null && { expiration: expires }),
    ...(metadata !== null && { metadata }),
  }));
  if (!more) return Response.json({ keys, list_complete: true });
  return Response.json({ keys, list_complete: false, cursor: btoa(encodeURIComponent(rows.at(-1).key)) });
}
