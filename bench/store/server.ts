// `POST /v1/quotes` as one would write it in TypeScript with Hono on Node over a store, PostgreSQL or Redis: the same
// keys, prices and answers as Holdfast (bench/quotes-agreement.mjs compares them), the same idempotency and the same
// record of what is held. What it leaves out is in bench/README.md.
//
//     node server.js postgres-function|postgres-statements|redis <socket of the store>
//
// Prints its port when it listens.
import { createHash } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { price } from "../peer/pricing";
import type { Account, Contract, Key, Location, Part, Promotion } from "../peer/types";
import { Catalogue } from "./catalogue";
import { postgres } from "./postgres";
import { preference } from "./preference";
import { redis } from "./redis";
import type { Draft, DraftLine, Opened, Store } from "./types";

const [kind, socket] = process.argv.slice(2) as [string, string];
const store: Store = kind === "redis" ? await redis(socket) : await postgres(socket, kind === "postgres-function");
const catalogue = new Catalogue(store);
const app = new Hono();

app.get("/healthz", (c) => c.json({ status: "ok" }));

app.post("/v1/quotes", async (c) => {
  const now = Date.now();
  const account = await caller(c, now);
  if (account === null) return problem(c, 401, "unauthenticated");
  const order = c.req.header("idempotency-key");
  if (!order) return problem(c, 400, "idempotency_key_required");
  const text = await c.req.text();
  const request = read(text);
  if (request === null) return problem(c, 422, "invalid_request");

  const parts = await catalogue.all<Part>(request.lines.map((line) => `part/${line.sku}`), now);
  const contract = account.contract === undefined ? null : await catalogue.one<Contract>(`contract/${account.contract}`, now);
  const [promotions, locations] = [await catalogue.one<Promotion[]>("promotions", now), await catalogue.one<Location[]>("locations", now)];
  const buyer = { account, contract, promotions: promotions ?? [] };
  const lines: DraftLine[] = [];
  for (const [i, { sku, quantity }] of request.lines.entries()) {
    const part = parts[i];
    if (!part) return problem(c, 422, "unknown_sku");
    const { minimum, multiple } = part.pack ?? { minimum: 1, multiple: 1 };
    if (quantity < minimum || quantity % multiple !== 0) return problem(c, 422, "breaks_pack");
    const priced = price(part, buyer, quantity, now);
    if (priced.price === undefined) return problem(c, 422, "no_price");
    lines.push({ sku, quantity, price: priced.price });
  }

  const key = sha256(`${account.id}\n/v1/quotes\n${order}`);
  const draft: Draft = {
    id: `q_${key.slice(0, 26)}`, account: account.id, fingerprint: sha256(text), currency: account.currency,
    created_at: now, expires_at: now + request.ttl * 1_000, lines, locations: preference(locations!, account, now),
  };
  return answer(c, await store.open(draft));
});

function answer(c: Context, opened: Opened): Response {
  if (opened.kind === "key_reused") return problem(c, 422, "idempotency_key_reused");
  if (opened.kind === "short") return problem(c, 409, "insufficient_stock");
  const { quote } = opened;
  const { currency } = quote;
  const lines = quote.lines.map(({ sku, quantity, price: of }, line) => {
    const allocations = quote.allocations.filter((at) => at.line === line).map((at) => ({ location: at.location, quantity: at.quantity }));
    return { line, sku, quantity, held: quantity, price: of, allocations };
  });
  const sum = (amount: (line: DraftLine) => number) => quote.lines.reduce((total, line) => total + amount(line), 0);
  const subtotal = sum((line) => line.price.extended.amount);
  const core = sum((line) => line.price.core_extended?.amount ?? 0);
  const body = JSON.stringify({
    id: quote.id, state: "held", created_at: iso(quote.created_at), expires_at: iso(quote.expires_at), currency, lines,
    subtotal: { amount: subtotal, currency }, core_total: { amount: core, currency }, total: { amount: subtotal + core, currency },
  });
  const headers: Record<string, string> = {
    "content-type": "application/json", "cache-control": "no-store", "location": `/v1/quotes/${quote.id}`,
    "x-request-id": requestId(c), "server-timing": `total;dur=${Date.now() - quote.created_at}`,
  };
  if (opened.replayed) headers["idempotent-replayed"] = "true";
  return new Response(body, { status: 201, headers });
}

/** The lines of a sound request, each sku once, and how long it is to be held. */
function read(text: string): { lines: { sku: string; quantity: number }[]; ttl: number } | null {
  let body: any;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  const given: unknown = body?.lines;
  const ttl = body?.ttl_seconds ?? 900;
  if (!Array.isArray(given) || given.length < 1 || given.length > 100 || !Number.isInteger(ttl) || ttl < 30 || ttl > 86_400) return null;
  const lines = new Map<string, number>();
  for (const line of given) {
    if (typeof line?.sku !== "string" || !Number.isInteger(line.quantity) || line.quantity < 1 || line.quantity > 1_000_000) return null;
    lines.set(line.sku, (lines.get(line.sku) ?? 0) + line.quantity);
  }
  return { lines: [...lines].map(([sku, quantity]) => ({ sku, quantity })), ttl };
}

async function caller(c: Context, now: number): Promise<Account | null> {
  const secret = c.req.header("authorization")?.replace(/^Bearer +/i, "");
  if (!secret) return null;
  const key = await catalogue.one<Key>(`key/${sha256(secret)}`, now);
  if (key === null || !key.scopes.includes("quote")) return null;
  const account = await catalogue.one<Account>(`account/${key.account}`, now);
  return account?.on_hold ? null : account;
}

const process_ = crypto.randomUUID();
let count = 0;
const requestId = (c: Context) => c.req.header("x-request-id") ?? `${process_}-${(++count).toString(36)}`;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const iso = (instant: number) => new Date(instant).toISOString();
const problem = (c: Context, status: 400 | 401 | 409 | 422, code: string) =>
  c.json({ type: "about:blank", status, code }, status, { "content-type": "application/problem+json" });

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(port));
