// The same work as Holdfast's availability and query of skus, as one would write it in TypeScript with Hono: same reads,
// same caches, same answers (bench/run.mjs compares them before it measures anything).
import { Hono, type Context } from "hono";
import { answerLine, status, unknownLine, type Terms } from "./answer";
import * as answers from "./answers";
import { read } from "./catalog";
import { publicPrice } from "./pricing";
import { nearest, survey } from "./sourcing";
import { far, near, offer, stockedSkus, type Choice, type StockTable } from "./supply";
import type { Account, Contract, Env, Key, Location, Part, Promotion } from "./types";

export { StockShard } from "./shard";

type Ctx = Context<{ Bindings: Env }>;
type Records = Map<string, any>;

const MAX_CHOICES = 5;
const REPEAT_MS = 1_000;

const app = new Hono<{ Bindings: Env }>();

app.get("/healthz", (c) => c.json({ status: "ok" }));

app.get("/v1/availability/:sku", (c) => {
  const headers = c.req.raw.headers;
  const key = `${c.req.url}\n${headers.get("authorization")}\n${headers.get("x-api-key")}\n${headers.get("origin")}`;
  const id = requestId(c);
  return answers.find(key, headers.get("if-none-match") ?? undefined, id) ?? availability(c, key, id);
});

app.post("/v1/query", async (c) => {
  const now = Date.now();
  const records: Records = new Map();
  const account = await caller(c, "query", records, now);
  if (account === null) return problem(c, 401, "unauthenticated");
  const body = await c.req.json().catch(() => undefined);
  const lines = body?.lines;
  const sound = (line: any) => typeof line?.sku === "string" && Number.isInteger(line.quantity ?? 1) && (line.quantity ?? 1) >= 1 && (line.quantity ?? 1) <= 1_000_000;
  if (!Array.isArray(lines) || lines.length < 1 || lines.length > 100 || !lines.every(sound)) return problem(c, 422, "invalid_request");

  // Terms and parts in one read, what the parts lead to in the next.
  const contractKey = account.contract === undefined ? [] : [`contract/${account.contract}`];
  await load(c, records, now, ["locations", "promotions", ...contractKey, ...lines.map((line: any) => `part/${line.sku}`)]);
  const asked: (Part | null)[] = lines.map((line: any) => records.get(`part/${line.sku}`));
  await load(c, records, now, asked.flatMap((part) => (part === null ? [] : others(part, 1).map(({ sku }) => `part/${sku}`))));
  const choices = asked.map((part, i): Choice[] => {
    if (part === null) return [];
    const quantity = lines[i].quantity ?? 1;
    const rest = others(part, quantity).map(({ sku, relation, quantity: units }) => ({ part: records.get(`part/${sku}`), relation, quantity: units }));
    return [{ part, relation: "asked", quantity }, ...rest.filter((choice) => choice.part !== null)];
  });

  const locations: Location[] = records.get("locations");
  const home = locations.find((location) => location.id === account.home)!;
  const { region } = nearest(locations, home)!;
  const skus = new Set(choices.flatMap((line) => line.flatMap(stockedSkus)));
  const before = Date.now();
  const stock = await near(c.env, region, skus, body.budget_ms ?? 60, now);
  const short = choices.filter((line) => line.length > 0 && offer(stock, line[0]!, now).available < line[0]!.quantity);
  await far(c.env, region, new Set(short.flatMap((line) => line.flatMap(stockedSkus))), locations, stock, now);
  const took = Date.now() - before;

  const contract: Contract | null = account.contract === undefined ? null : records.get(`contract/${account.contract}`);
  const promotions: Promotion[] = records.get("promotions") ?? [];
  const terms: Terms = {
    buyer: { account, contract, promotions }, surveyed: survey(locations, home, account.home, body.fulfilment === "pickup", null, now), stock, now,
  };
  const answer = {
    as_of: new Date(now).toISOString(), currency: account.currency,
    lines: choices.map((line, i) => line.length === 0 ? unknownLine(i, lines[i].quantity ?? 1, now)
      : answerLine(i, line[0]!.part.superseded_by?.length ? "supersession" : "exact", line, terms)),
  };
  return new Response(JSON.stringify(answer), {
    headers: {
      "content-type": "application/json", "cache-control": "no-store", "x-request-id": requestId(c),
      "server-timing": `auth;dur=0, catalog;dur=${before - now}, stock;dur=${took}, total;dur=${Date.now() - now}`,
    },
  });
});

async function availability(c: Ctx, key: string, id: string): Promise<Response> {
  const now = Date.now();
  const records: Records = new Map();
  const account = await caller(c, "web", records, now);
  if (account === null) return problem(c, 401, "unauthenticated");
  const sku = c.req.param("sku")!;
  await load(c, records, now, ["locations", `part/${sku}`]);
  const part: Part | null = records.get(`part/${sku}`);
  if (part === null) return problem(c, 404, "not_found");
  const locations: Location[] = records.get("locations");
  const home = locations.find((location) => location.id === account.home)!;
  const { region } = nearest(locations, home)!;
  const choice: Choice = { part, relation: "asked", quantity: 1 };
  const before = Date.now();
  const stock: StockTable = new Map();
  await learn(c.env, region, [choice], locations, stock, now);
  const offered = offer(stock, choice, now);
  const standing = status(part, 1, offered, now);
  const instead = there(standing) ? [] : others(part, 1);
  if (instead.length > 0) await load(c, records, now, instead.map((other) => `part/${other.sku}`));
  const choices = instead.map((other): Choice => ({ ...other, part: records.get(`part/${other.sku}`) })).filter((other) => other.part !== null);
  await learn(c.env, region, choices, locations, stock, now);
  const alternates = choices.map((other) => ({ other, standing: status(other.part, other.quantity, offer(stock, other, now), now) }))
    .filter((one) => there(one.standing))
    .map(({ other, standing }) => ({
      ...shown(other.part), relation: other.relation, quantity: other.quantity, status: standing.status,
      price: publicPrice(other.part, account.currency, now),
    }));
  const body = JSON.stringify({
    ...shown(part), ...standing, price: publicPrice(part, account.currency, now), pickup: null, delivery: null,
    source: offered.snapshot ? "snapshot" : "shard", max_staleness_ms: offered.snapshot ? 64_000 : 0,
    superseded_by: part.superseded_by?.at(-1), alternates: alternates.length > 0 ? alternates : undefined,
  });
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "server-timing": `auth;dur=0, catalog;dur=${before - now}, stock;dur=${Date.now() - before}, total;dur=${Date.now() - now}`,
    etag: `"${hash(body)}"`,
    "cache-control": "public, max-age=1, stale-while-revalidate=5",
    vary: "Authorization, X-API-Key, Origin",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Retry-After, Server-Timing, X-Request-Id",
  };
  answers.keep(key, headers, body, REPEAT_MS);
  headers["x-request-id"] = id;
  const condition = c.req.header("if-none-match");
  return condition === headers.etag ? new Response(null, { status: 304, headers }) : new Response(body, { headers });
}

const shown = ({ sku, brand_name, number, description }: Part) => ({ sku, brand_name, number, description });
const there = ({ status }: { status: string }) => status === "in_stock" || status === "low_stock";

/** Adds the stock of `choices`: the near region's, and the others' of what the near one has none of. */
async function learn(env: Env, region: string, choices: Choice[], locations: Location[], stock: StockTable, now: number) {
  const skus = new Set(choices.flatMap(stockedSkus).filter((sku) => !stock.has(sku)));
  if (skus.size === 0) return;
  for (const [sku, one] of await near(env, region, skus, 60, now)) stock.set(sku, one);
  const short = choices.filter((choice) => offer(stock, choice, now).available === 0).flatMap(stockedSkus);
  await far(env, region, new Set(short.filter((sku) => skus.has(sku))), locations, stock, now);
}

/** What else a line may be answered with: the replacement, then the equivalents. */
function others(part: Part, quantity: number): { sku: string; relation: string; quantity: number }[] {
  const end = part.superseded_by?.at(-1);
  const list = (part.interchange ?? []).map((other) => ({ sku: other.sku, relation: "interchange", quantity: quantity * other.quantity }));
  if (end !== undefined) list.unshift({ sku: end, relation: "supersession", quantity });
  return list.slice(0, MAX_CHOICES - 1);
}

function load(c: Ctx, records: Records, now: number, keys: string[]): Promise<void> | undefined {
  return read(c.env, now, keys, records);
}

// Digests of the keys that came in lately. `crypto.subtle` costs a promise; Holdfast hashes each time in wasm.
const digests = new Map<string, string>();

async function caller(c: Ctx, scope: string, records: Records, now: number): Promise<Account | null> {
  const secret = c.req.header("authorization")?.replace(/^Bearer +/i, "") ?? c.req.header("x-api-key");
  if (!secret) return null;
  let digest = digests.get(secret);
  if (digest === undefined) {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
    digest = [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (digests.size > 1_000) digests.clear();
    digests.set(secret, digest);
  }
  const reading = load(c, records, now, [`key/${digest}`]);
  if (reading !== undefined) await reading;
  const key: Key | null = records.get(`key/${digest}`);
  if (key === null || !key.scopes.includes(scope)) return null;
  const account = load(c, records, now, [`account/${key.account}`]);
  if (account !== undefined) await account;
  return records.get(`account/${key.account}`);
}

let isolate: string | undefined;
let count = 0;
function requestId(c: Ctx): string {
  const given = c.req.raw.headers.get("x-request-id");
  if (given !== null && /^[A-Za-z0-9._:-]{1,128}$/.test(given)) return given;
  isolate ??= crypto.randomUUID();
  return `${isolate}-${(++count).toString(36)}`;
}

function hash(text: string): string {
  let [low, high] = [0x84222325, 0xcbf29ce4];
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x1b3);
    high = Math.imul(high ^ low, 0x01000193);
  }
  return ((high >>> 0).toString(16) + (low >>> 0).toString(16)).padStart(16, "0");
}

function problem(c: Ctx, code: 401 | 404 | 422, name: string): Response {
  return c.json({ type: "about:blank", status: code, code: name }, code);
}

export default app;
