// A Holdfast of one's own for a contract test: the built Worker on workerd, with a catalogue in a temporary folder.
// `catalogue/` is small enough to work out every expected number by hand.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../local/config.mjs";
import { startServer } from "../../local/serve.mjs";
import { judge } from "./document.mjs";

export const CATALOGUE = join(ROOT, "tests/contract/catalogue");
const WAIT_MS = 20_000;

/** Runs the importer, in the profile that `make test` has just built, and returns what it printed. */
export async function kvSeed(...parameters) {
  const command = ["run", "--quiet", "--locked", "--package", "kv-seed", "--", ...parameters];
  const { stdout, stderr } = await promisify(execFile)("cargo", command, { cwd: ROOT });
  return stdout + stderr;
}

/**
 * An instance with the tables of `catalogue`, the opening stock of the folder `stock` and a few vehicles. `admin` is a
 * key of the catalogue that may do everything; `keys`, whether the instance can sign tokens; `providers`, the external
 * services that it knows; `reach`, whether webhooks may go to this machine; `wrangler`, another description of the deployment. Close the instance when the tests are over.
 */
export async function openInstance({ catalogue = CATALOGUE, stock = catalogue, admin = "admin", vars, keys, providers, reach, wrangler } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-contract-"));
  const instance = new Instance(folder, { vars, keys, providers, reach, wrangler });
  try {
    await kvSeed("import", catalogue, "--strict", "--state", instance.state);
    await instance.start();
    await kvSeed("stock", stock, "--strict", "--to", instance.url, "--key", admin);
    // Two makers' identifiers, as `kv-seed vpic` would write them: make (26), model (28), fuel (24), body (5).
    const vehicles = readFileSync(join(CATALOGUE, "vehicles.ndjson"), "utf8");
    succeeded(await instance.ask("PUT", "/v1/admin/catalog", { key: admin, body: vehicles }));
  } catch (error) {
    await instance.close();
    throw error;
  }
  return instance;
}

class Instance {
  #server;

  constructor(folder, { vars, keys, providers, reach, wrangler }) {
    this.folder = folder;
    this.state = join(folder, "state");
    // Shards are as many as on the network. They are in one object, as on one machine, or for the second round of `make test` apart.
    this.vars = { STOCK_AND_QUOTES: process.env.STOCK_AND_QUOTES ?? "together", STOCK_BUCKETS: "16", QUOTE_DESKS: "1", EVENTS_AFTER_SECONDS: "1", ...vars };
    this.keys = keys;
    this.providers = providers;
    this.reach = reach;
    this.wrangler = wrangler;
  }

  get url() {
    return this.#server.url;
  }

  async start() {
    const { state, vars, keys, reach, processes, wrangler } = this;
    const providers = this.providers && JSON.stringify(this.providers);
    this.#server = await startServer({ state, vars, keys, providers, reach, processes, wrangler, log: "ignore" });
  }

  /** Ends workerd in good order. */
  stop() {
    return this.#server.stop();
  }

  /** Ends workerd in good order and starts it again on the same data, perhaps with other `vars` or in one process. */
  async restart({ vars = this.vars, processes = this.processes } = {}) {
    await this.stop();
    this.vars = vars;
    this.processes = processes;
    await this.start();
  }

  /** Ends workerd without a warning. */
  async kill() {
    await this.#server.kill();
  }

  async close() {
    await this.#server?.stop();
    rmSync(this.folder, { recursive: true });
  }

  /**
   * One request. `json` is sent as the body; `body` is sent as it is. Whatever is asked, the answer is no fault of the
   * product's own (unless the test has broken something: `faulty`), has what every answer has, and is what web/openapi.json
   * says.
   */
  async ask(method, path, { key, json, body, headers = {}, faulty = false } = {}) {
    const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const sent = { method, body: json === undefined ? body : JSON.stringify(json), headers: { ...authorization, ...headers } };
    const response = await fetch(this.url + path, sent);
    const answer = { status: response.status, headers: response.headers, text: await response.text() };
    const isJson = /[/+]json$/.test(answer.headers.get("content-type") ?? "");
    if (answer.text !== "" && isJson) answer.body = JSON.parse(answer.text);
    assert.ok(faulty || answer.status < 500, `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.match(answer.headers.get("x-request-id"), /^[A-Za-z0-9._:-]+$/);
    judge(method, path, answer);
    return answer;
  }

  /** The body of a GET that succeeds. */
  async get(path, key = "shop") {
    return succeeded(await this.ask("GET", path, { key }));
  }

  /** The body of a POST that succeeds. */
  async post(path, json, key = "shop") {
    return succeeded(await this.ask("POST", path, { key, json }));
  }

  /** A POST with an Idempotency-Key: `order`, or a new one. */
  send(path, json, { key = "shop", order = randomUUID() } = {}) {
    return this.ask("POST", path, { key, json, headers: { "idempotency-key": order } });
  }

  /** Asks for a quote of `lines`; what is no option of `send` is a field of the request. */
  hold(lines, { key, order, ...fields } = {}) {
    return this.send("/v1/quotes", { lines, ...fields }, { key, order });
  }

  /** Has a quote do `verb`: `commit`, `release`, `extend`, `returns`. */
  act(id, verb, json = {}, options) {
    return this.send(`/v1/quotes/${id}/${verb}`, json, options);
  }

  /**
   * The lines of a query's answer. Each of `lines` is a line of the request, or just a sku. The budget is the longest, so
   * that a busy machine makes no test fail; not saying one is tested in query.test.mjs.
   */
  async lines(lines, { key = "shop", ...options } = {}) {
    const asked = lines.map((line) => (typeof line === "string" ? { sku: line } : line));
    return (await this.post("/v1/query", { lines: asked, budget_ms: 5_000, ...options }, key)).lines;
  }

  /** The answer to a query of one line. */
  async line(line, options) {
    return (await this.lines([line], options))[0];
  }

  /** The results of movements, in order. */
  async move(movements, key = "stock-only") {
    return (await this.post("/v1/stock/movements", { movements }, key)).results;
  }

  /** The one position of a sku at a location. */
  async position(sku, location = "ATL1") {
    const { positions } = await this.get(`/v1/stock/${encodeURIComponent(sku)}`, "stock-only");
    return positions.find((position) => position.location === location);
  }

  /** What a position has, and what of it is promised. */
  async counters(sku, location) {
    const { on_hand, committed, held, available } = await this.position(sku, location);
    return { on_hand, committed, held, available };
  }

  /** Counts a position: from now on it has `quantity` units. */
  async count(sku, quantity, location = "ATL1") {
    const [{ result, detail }] = await this.move([{ id: randomUUID(), sku, location, kind: "count", quantity }]);
    assert.equal(result, "applied", detail);
  }

  /** Adds so many garages to the catalogue, and answers a key of each. */
  async shops(count) {
    const records = [];
    const keys = Array.from({ length: count }, () => {
      const [id, key] = [`shop-${randomUUID()}`, randomUUID()];
      const hash = createHash("sha256").update(key).digest("hex");
      const account = { id, name: "One of many", kind: "shop", currency: "USD", home: "ATL1", base_type: "JBR" };
      records.push([`account/${id}`, account], [`key/${hash}`, { account: id, scopes: ["query", "quote"] }]);
      return key;
    });
    await this.#catalog(records);
    return keys;
  }

  /** Adds so many parts to the catalogue, `{name}-1` and so on: HELD-01 with other `fields`; answers their skus. */
  async parts(name, count, fields = {}) {
    const part = await this.get("/v1/admin/catalog?key=part/HELD-01", "admin");
    const skus = Array.from({ length: count }, (_, n) => `${name}-${n + 1}`);
    await this.#catalog(skus.map((sku) => [`part/${sku}`, { ...part, ...fields, sku, number: sku }]));
    return skus;
  }

  async #catalog(records) {
    const body = records.map(([key, value]) => JSON.stringify({ key, value })).join("\n");
    succeeded(await this.ask("PUT", "/v1/admin/catalog", { key: "admin", body }));
  }

  /** The whole ledger of a sku at a location, page after page. */
  async ledger(sku, location = "ATL1", limit = 500) {
    const entries = [];
    for (let after = 0; after !== undefined;) {
      const page = await this.get(`/v1/stock/${sku}/movements?location=${location}&after=${after}&limit=${limit}`, "stock-only");
      entries.push(...page.movements);
      after = page.next;
    }
    return entries;
  }
}

function succeeded(answer) {
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** Checks that an answer is this problem, told as RFC 9457 says, and returns its document. */
export function isProblem(answer, status, code) {
  assert.deepEqual([answer.status, answer.body?.code], [status, code], answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const { type, title, status: told, detail, retryable, errors } = answer.body;
  assert.equal(told, status);
  assert.equal(type, `urn:holdfast:problem:${code}`);
  assert.ok(title.length > 0 && detail.length > 0);
  assert.equal(typeof retryable, "boolean");
  for (const error of errors) {
    for (const told of [error.pointer, error.code, error.detail]) assert.equal(typeof told, "string", answer.text);
  }
  return answer.body;
}

/** Checks that an answer is 422 and names exactly these fields: `{ "/lines/0/sku": "invalid" }`. */
export function namesFields(answer, fields) {
  const { errors } = isProblem(answer, 422, "invalid_request");
  assert.deepEqual(Object.fromEntries(errors.map(({ pointer, code }) => [pointer, code])), fields);
}

/** The first result of `look` that `holds`; fails when that takes longer than `wait` milliseconds. */
export async function until(look, holds, wait = WAIT_MS) {
  const deadline = Date.now() + wait;
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
    if (Date.now() > deadline) assert.fail(`still ${JSON.stringify(found)} after ${wait} ms`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** `{"amount": …, "currency": "USD"}` */
export const usd = (amount) => ({ amount, currency: "USD" });

/** RFC 3339, UTC, milliseconds. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
