// GET /v1/availability/stream: what a stream tells, when, to whom, and how it ends.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { get } from "node:http";
import { after, before, test } from "node:test";
import { document, judge } from "./document.mjs";
import { isProblem, namesFields, openInstance, until } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const HEARTBEAT_MS = 20_000;
const TOLD_MS = 10_000; // less than a heartbeat, at which a stream looks at everything again
const PATH = "/v1/availability/stream";
const query = (...skus) => skus.map((sku) => `sku=${encodeURIComponent(sku)}`).join("&");
const PLACE = "lat=33.7838&lon=-84.3830"; // at ATL1
const open = [];
after(() => { for (const one of open) one.close(); });

/** A stream, or the answer in its place. */
function stream(asked, { key = "page", headers = {}, on = api } = {}) {
  return new Promise((resolve, reject) => {
    const path = `${PATH}?${asked}`;
    const request = get(on.url + path, { agent: false, headers: { authorization: `Bearer ${key}`, ...headers } }, (response) => {
      const answer = { status: response.statusCode, headers: new Headers(response.headers), text: "" };
      response.setEncoding("utf8");
      if (answer.status !== 200) {
        response.on("data", (text) => { answer.text += text; });
        return response.on("end", () => {
          answer.body = JSON.parse(answer.text);
          judge("GET", path, answer);
          resolve(answer);
        });
      }
      judge("GET", path, answer);
      resolve(new Stream(request, response, answer.headers));
    });
    request.on("error", reject).end();
  });
}

class Stream {
  events = [];
  comments = 0;
  retry = null;
  over = null; // "end" or "broken"

  constructor(request, response, headers) {
    this.headers = headers;
    this.close = () => request.destroy();
    let rest = "";
    response.on("data", (text) => {
      const events = (rest + text).split("\n\n");
      rest = events.pop();
      for (const event of events) this.#take(event);
    });
    response.on("end", () => { this.over = "end"; });
    response.on("error", () => { this.over ??= "broken"; });
    open.push(this);
  }

  #take(text) {
    const fields = Object.fromEntries(text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
    if (text.startsWith(":")) this.comments += 1;
    else if (fields.event === undefined) this.retry = Number(fields.retry);
    else this.events.push({ event: fields.event, id: Number(fields.id), data: JSON.parse(fields.data), at: performance.now() });
  }

  items(sku) {
    return this.events.filter(({ event, data }) => event === "availability" && data.sku === sku).map(({ data }) => data);
  }

  /** The first item of `sku`, from number `from` of its items on, that `holds`. */
  item(sku, holds = () => true, from = 0) {
    return until(() => this.items(sku).slice(from).find(holds), Boolean, TOLD_MS);
  }

  ended() {
    return until(() => this.over, Boolean);
  }
}

const has = (status) => (item) => item.status === status;
const units = (count) => ({ pickup }) => pickup?.available === count;

test("a stream begins with what a plain call answers, of each sku once", async () => {
  const asked = query("PAD-1", "NOPE", "WEST-1", "KIT-1", "PAD-1");
  const one = await stream(asked);
  await until(() => one.events.length, (count) => count >= 4);
  const { items } = await until(() => api.get(`/v1/availability?${asked}`, "page"), ({ items }) => items[0].source === "shard");
  for (const item of items) assert.deepEqual(one.items(item.sku), [item]);
  assert.equal(one.headers.get("content-type"), "text/event-stream");
  assert.equal(one.headers.get("cache-control"), "no-store");
  assert.equal(one.headers.get("access-control-allow-origin"), "*");
  assert.equal(one.retry, 2000);
  const item = document.paths[PATH].get.responses[200].content["text/event-stream"];
  assert.ok(item, "the document has it");
});

test("a part that nobody knows has a stream too, which tells just that", async () => {
  const one = await stream(query("NOPE"));
  assert.equal((await one.item("NOPE")).status, "unknown");
});

test("a change that the public sees is told, with the nearest counter where the page says the place", async () => {
  const [sku] = await api.parts("LIVE-SEEN", 1);
  const [near, plain] = [await stream(`${query(sku)}&${PLACE}`), await stream(query(sku))];
  await near.item(sku, has("out_of_stock"));
  await api.count(sku, 3);
  const { pickup } = await near.item(sku, units(3));
  assert.equal(pickup.location, "ATL1");
  assert.equal((await plain.item(sku, has("in_stock"))).pickup, null);
  await api.count(sku, 0);
  await near.item(sku, has("out_of_stock"), 1);
  await plain.item(sku, has("out_of_stock"), 1);
});

test("a change that the public does not see is not told", async () => {
  const [sku] = await api.parts("LIVE-UNSEEN", 1);
  await api.count(sku, 20);
  const one = await stream(`${query(sku)}&${PLACE}`);
  await one.item(sku, units(10));
  await api.count(sku, 30); // the public is told of ten at most
  await api.count(sku, 4);
  await one.item(sku, units(4));
  assert.equal(one.items(sku).length, 2);
});

test("a hold and its end are told", async () => {
  const [sku] = await api.parts("LIVE-HELD", 1);
  await api.count(sku, 2);
  const one = await stream(`${query(sku)}&${PLACE}`);
  await one.item(sku, units(2));
  const { body: quote } = await api.hold([{ sku, quantity: 1 }]);
  await one.item(sku, units(1));
  await api.act(quote.id, "release");
  await one.item(sku, units(2), 1);
});

test("many changes in a row are told once a second, in order, and the last of them always", async () => {
  const [sku] = await api.parts("LIVE-FAST", 1);
  const one = await stream(`${query(sku)}&${PLACE}`);
  await one.item(sku, has("out_of_stock"));
  const begun = performance.now();
  for (let n = 0; n < 30; n += 1) await api.count(sku, (n % 9) + 1);
  await api.count(sku, 7);
  const seconds = (performance.now() - begun) / 1000;
  await until(() => one.items(sku).at(-1), units(7));
  const told = one.events.filter(({ event }) => event === "availability");
  assert.ok(told.length <= 1 + Math.ceil(seconds) + 1, `${told.length} events in ${seconds} s`);
  assert.deepEqual(told.map(({ id }) => id), told.map(({ id }) => id).toSorted((a, b) => a - b));
  assert.equal(new Set(told.map(({ id }) => id)).size, told.length);
});

test("skus of many shards and kits are told of, each for itself", async () => {
  const skus = await api.parts("LIVE-WIDE", 18);
  const one = await stream(`${query(...skus, "KIT-1")}&${PLACE}`);
  await until(() => one.events.length, (count) => count >= 19);
  for (const [place, sku] of skus.entries()) await api.count(sku, (place % 9) + 1);
  for (const [place, sku] of skus.entries()) await one.item(sku, units((place % 9) + 1));
  await api.count("COMP-A", 1);
  await one.item("KIT-1", units(1));
  await api.count("COMP-A", 5);
  await one.item("KIT-1", units(3), 1); // two of COMP-B for each, and there are six
  await api.count("COMP-B", 4);
  await one.item("KIT-1", units(2));
});

test("a stream has 1 to 20 skus", async () => {
  const skus = await api.parts("LIVE-MANY", 21);
  (await stream(query(...skus.slice(0, 20)))).close();
  namesFields(await stream(query(...skus)), { "/sku": "invalid" });
  namesFields(await stream(""), { "/sku": "invalid" });
});

test("what cannot be read is named", async () => {
  namesFields(await stream("sku=a%20b"), { "/sku": "invalid" });
  namesFields(await stream("sku=PAD-1&lat=33"), { "/lat": "invalid" });
  namesFields(await stream("sku=PAD-1&lat=91&lon=0"), { "/lat": "invalid" });
});

test("a stream needs a key that may see availability, from an origin that the key allows", async () => {
  isProblem(await stream("sku=PAD-1", { key: "nobody" }), 401, "unauthenticated");
  isProblem(await stream("sku=PAD-1", { key: "stock-only" }), 403, "forbidden");
  isProblem(await stream("sku=PAD-1", { headers: { origin: "https://other.example" } }), 403, "forbidden");
  (await stream("sku=PAD-1", { headers: { origin: "https://shop.example" } })).close();
  (await stream("sku=PAD-1", { key: "shop" })).close();
  const preflight = await api.ask("OPTIONS", PATH);
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get("access-control-allow-headers"), /Authorization/);
  isProblem(await api.ask("POST", PATH, { key: "page" }), 405, "method_not_allowed");
  const head = await api.ask("HEAD", `${PATH}?sku=PAD-1`, { key: "page" });
  assert.deepEqual([head.status, head.text], [200, ""]);
});

test("a key that is taken back ends its streams with the next change", async () => {
  const [sku] = await api.parts("LIVE-KEY", 1);
  const record = (scopes) => {
    const hash = createHash("sha256").update("passing").digest("hex");
    const value = { account: "web", scopes, origins: ["*"] };
    return api.ask("PUT", "/v1/admin/catalog", { key: "admin", body: JSON.stringify({ key: `key/${hash}`, value }) });
  };
  await record(["web"]);
  const one = await stream(query(sku), { key: "passing" });
  await one.item(sku);
  await record(["kpi"]);
  await api.count(sku, 1);
  await one.ended();
  assert.deepEqual(one.events.at(-1).data, { reason: "fault" });
  assert.equal(one.items(sku).length, 1);
  isProblem(await stream(query(sku), { key: "passing" }), 403, "forbidden");
});

test("a part that is given a shard of its own ends its streams, and the next one hears from there", async () => {
  const [sku] = await api.parts("LIVE-MOVED", 1);
  await api.count(sku, 2);
  const one = await stream(`${query(sku)}&${PLACE}`);
  await one.item(sku, units(2));
  await api.ask("POST", "/v1/admin/shards/moves", { key: "admin", json: { sku, region: "enam" } });
  const look = () => api.get(`/v1/admin/shards/moves?sku=${sku}&region=enam`, "admin");
  await one.ended();
  // The catalogue does not name the new shard until somebody asks for the move again: the bucket does.
  await until(look, ({ moves }) => moves[0].state === "moved");
  assert.deepEqual([one.over, one.events.at(-1).event, one.events.at(-1).data], ["end", "end", { reason: "moved" }]);
  const next = await stream(`${query(sku)}&${PLACE}`);
  await next.item(sku, units(2));
  await api.count(sku, 5);
  await next.item(sku, units(5));
});

test("after a kill every stream is over, and the next one begins with what is true", async () => {
  const [sku] = await api.parts("LIVE-KILL", 1);
  const some = await Promise.all(Array.from({ length: 5 }, () => stream(`${query(sku)}&${PLACE}`)));
  for (const one of some) await one.item(sku);
  await api.count(sku, 6);
  await api.kill();
  for (const one of some) await one.ended();
  await api.start();
  const next = await stream(`${query(sku)}&${PLACE}`);
  assert.equal((await next.item(sku)).pickup.available, 6);
  await api.count(sku, 7);
  await next.item(sku, units(7));
});

test("a stream with nothing to tell says that it lives; the shard sleeps meanwhile, and wakes with the next change", async () => {
  const [sku] = await api.parts("LIVE-SLEEP", 1);
  const one = await stream(`${query(sku)}&${PLACE}`);
  await one.item(sku);
  // Objects are put away after ten seconds without work.
  await until(() => one.comments, (count) => count === 1, HEARTBEAT_MS + 10_000);
  assert.equal(one.events.length, 1);
  await api.count(sku, 8);
  await one.item(sku, units(8));
  assert.equal(one.over, null);
});

test("a shard serves 2,000 streams, and not one more", { timeout: 120_000 }, async () => {
  const [sku] = await api.parts("LIVE-FULL", 1);
  const all = [];
  while (all.length < 2000) all.push(...(await Promise.all(Array.from({ length: 50 }, () => stream(query(sku))))));
  for (const one of all) assert.ok(one instanceof Stream);
  const refused = await stream(query(sku));
  isProblem(refused, 503, "too_many_streams");
  assert.equal(refused.headers.get("retry-after"), "60");
  assert.equal(refused.body.retryable, true);
  assert.equal((await api.ask("GET", `/v1/availability?${query(sku)}`, { key: "page" })).status, 200, "polling goes on");
  await api.count(sku, 5);
  await Promise.all(all.map((one) => one.item(sku, has("in_stock"))));
  // A place is free again once the shard has noticed that the client has gone, which it does with the next thing it tells.
  all.pop().close();
  await api.count(sku, 0);
  const next = await until(() => stream(query(sku)), (answer) => answer instanceof Stream);
  await next.item(sku, has("out_of_stock"));
  for (const one of [...all, next]) one.close();
});

test("the deployment says how many streams a shard serves", async () => {
  await api.restart({ vars: { ...api.vars, LIVE_STREAMS: "2" } });
  const [one, other] = await api.parts("LIVE-FEW", 40).then((skus) => [skus[0], skus.slice(1)]);
  for (let n = 0; n < 2; n += 1) assert.ok(await stream(query(one)) instanceof Stream);
  isProblem(await stream(query(one)), 503, "too_many_streams");
  let elsewhere = false;
  for (const sku of other) elsewhere ||= (await stream(query(sku))) instanceof Stream;
  assert.ok(elsewhere, "another shard has room");
});

test("a stream's kits have 100 components, also where one shard has all of them", async () => {
  await api.restart({ vars: { ...api.vars, STOCK_BUCKETS: "1" } });
  const skus = await api.parts("LIVE-COMPONENT".padEnd(44, "-X"), 101); // with their numbers, as long as part numbers may be
  const kit = async (name, components) => {
    const [sku] = await api.parts(name, 1, { kind: "bundle", components: components.map((sku) => ({ sku, quantity: 1 })) });
    return sku;
  };
  const [half, other, rest] = [await kit("LIVE-KIT-A", skus.slice(0, 50)), await kit("LIVE-KIT-B", skus.slice(50, 100)), await kit("LIVE-KIT-C", skus.slice(50))];
  namesFields(await stream(query(half, rest)), { "/sku": "invalid" });
  const one = await stream(query(half, other));
  await one.item(half, has("out_of_stock"));
  await api.move(skus.map((sku) => ({ id: `all-${sku}`, sku, location: "ATL1", kind: "count", quantity: 9 })));
  await one.item(half, has("in_stock"));
  await one.item(other, has("in_stock"));
});
