// What other systems are told: each event at least once, signed, and in a log. The receiver fails, delays, repeats and
// redirects; workerd is killed while a request is under way.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { isProblem, namesFields, openInstance, TIME, until } from "./instance.mjs";
import { drop, late, Receiver, status, take } from "./receiver.mjs";

const ALL = ["quote.committed", "stock.shortfall", "stock.low", "token.redeemed"];
let api;
before(async () => { api = await openInstance({ reach: true, vars: { WEBHOOK_RETRY_SECONDS: "0,1,0", EVENTS_AFTER_SECONDS: "0" } }); });
after(() => api?.close());

let receiver;
let id;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.start();
  id = `erp-${randomUUID().slice(0, 8)}`;
});
afterEach(async () => {
  await api.ask("DELETE", `/v1/admin/webhooks/${id}`, { key: "admin" });
  receiver.close();
  assert.deepEqual(receiver.faults, []);
});

/** Makes the endpoint of this test, or changes it. */
async function enter(fields = {}) {
  const json = { url: receiver.url, events: ALL, ...fields };
  const answer = await api.ask("PUT", `/v1/admin/webhooks/${id}`, { key: "admin", json });
  if (answer.status === 201) receiver.secrets.push(answer.body.secret);
  return answer;
}
const admin = (method, path = "") => api.ask(method, `/v1/admin/webhooks/${id}${path}`, { key: "admin" });
const log = async (query = "") => (await admin("GET", `/deliveries${query}`)).body.deliveries;
const one = (deliveries) => deliveries.length === 1;

let count = 0;
/** A part with so many units of which all are held, and a quote that holds them. */
async function held(units = 2) {
  const [sku] = await api.parts(`TOLD${count += 1}`, 1);
  await api.count(sku, units);
  const { id: quote } = (await api.hold([{ sku, quantity: units, location: "ATL1" }])).body;
  return { sku, quote };
}
const commit = (quote) => api.act(quote, "commit");

test("what happens is told once, signed, with what is published, and is in the log", async () => {
  const entered = await enter();
  assert.equal(entered.status, 201);
  assert.match(entered.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const { sku, quote } = await held(3);
  await commit(quote);
  const [committed] = await until(() => receiver.of("quote.committed"), one);
  assert.match(committed.id, /^evt_[0-9a-f]{26}$/);
  assert.match(committed.body.timestamp, TIME);
  const { lines: [line], ...data } = committed.body.data;
  assert.deepEqual(data, { account: "shop-1", quote, currency: "USD" });
  assert.deepEqual(line, { line: 0, sku, quantity: 3, units: 3, amount: line.amount });
  const [low] = await until(() => receiver.of("stock.low"), one);
  assert.deepEqual(low.body.data, { sku, location: "ATL1", left: 0, safety: 0 });
  await api.move([{ id: randomUUID(), sku, location: "ATL1", kind: "damage", quantity: 1 }]);
  const [shortfall] = await until(() => receiver.of("stock.shortfall"), one);
  assert.deepEqual(shortfall.body.data, { sku, location: "ATL1", units: 1, quotes: [quote] });

  const delivered = await until(() => log("?state=delivered"), (found) => found.length === 3);
  const entry = delivered.find(({ id }) => id === committed.id);
  assert.deepEqual([entry.type, entry.state, entry.next_at], ["quote.committed", "delivered", null]);
  assert.deepEqual(entry.attempts.map(({ status, error }) => [status, error]), [[204, null]]);
  assert.ok(!JSON.stringify(delivered).includes("whsec_"));
  assert.deepEqual((await admin("GET")).body, { webhook: { id, url: receiver.url, events: ALL }, waiting: 0, dead: 0,
    failing_since: null, disabled: null });
});

test("a token that is redeemed is told, with what came of the calibration", async () => {
  await enter({ events: ["token.redeemed"], account: "shop-1" });
  await api.count("RADAR-1", 5);
  const { body: { id: quote } } = await api.hold([{ sku: "RADAR-1", quantity: 1 }]);
  const vin = "1HGCM82633A004352";
  const crew = { vin, shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
  const { body: { tokens: [{ id: token, token: jws }] } } = await api.act(quote, "commit", { tokens: crew });
  const redeemed = await api.send("/v1/tokens/redeem", { token: jws, vin, tool: "TOOL-1", outcome: "succeeded" });
  assert.equal(redeemed.status, 200, redeemed.text);
  const [told] = await until(() => receiver.of("token.redeemed"), one);
  assert.deepEqual(told.body.data, { account: "shop-1", token, quote, line: 0, sku: "RADAR-1", shop: "SHOP-1", tool: "TOOL-1", vin, outcome: "succeeded" });
});

test("an endpoint of one account is told of no other's quotes, and of no stock", async () => {
  await enter({ account: "fleet-1" });
  const [sku] = await api.parts(`MINE${count += 1}`, 1);
  await api.count(sku, 2);
  await api.act((await api.hold([{ sku, quantity: 1 }])).body.id, "commit");
  const mine = (await api.hold([{ sku, quantity: 1 }], { key: "fleet" })).body.id;
  await api.act(mine, "commit", {}, { key: "fleet" });
  const [told] = await until(() => receiver.of("quote.committed"), one);
  assert.deepEqual([told.body.data.account, told.body.data.quote], ["fleet-1", mine]);
  const heard = (page) => page.events.some(({ event }) => event.kind === "low_stock" && event.sku === sku);
  let place = 0;
  await until(async () => {
    const page = await api.get(`/v1/admin/events?limit=500&after=${place}`, "admin");
    if (!heard(page) && page.next !== undefined) place = page.next;
    return page;
  }, heard);
  assert.deepEqual((await log()).map(({ type }) => type), ["quote.committed"]);
});

test("a receiver that fails, cuts off, redirects and is slow is asked again, with the same id and body", async () => {
  await enter({ events: ["quote.committed"] });
  receiver.will(status(500), drop, late(300));
  const { quote } = await held();
  await commit(quote);
  const [{ attempts, id: event }] = await until(() => log("?state=delivered"), one);
  assert.deepEqual(attempts.map(({ status, error }) => [status, error]),
    [[500, "status 500"], [null, "no connection, or it was cut off"], [204, null]]);
  assert.ok(attempts[2].took_ms >= 250 && Date.parse(attempts[2].at) - Date.parse(attempts[1].at) >= 900);
  assert.equal(receiver.calls.length, 3);
  for (const call of receiver.calls) assert.deepEqual([call.id, call.body], [event, receiver.calls[0].body]);

  const elsewhere = new Receiver();
  await elsewhere.start();
  receiver.will(status(302, { location: elsewhere.url }), take);
  await commit((await held()).quote);
  const [{ attempts: [redirected] }] = await until(() => log("?state=delivered&limit=1"), ([first]) => first?.id !== event);
  assert.deepEqual([redirected.status, redirected.error], [302, "status 302: redirects are not followed"]);
  assert.equal(elsewhere.calls.length, 0);
  elsewhere.close();
});

test("what is given up is a dead letter, and is delivered when it is replayed", async () => {
  await enter({ events: ["quote.committed"] });
  receiver.will(status(503));
  const quotes = [(await held()).quote, (await held()).quote];
  for (const quote of quotes) await commit(quote);
  const dead = await until(() => log("?state=dead"), (found) => found.length === 2);
  assert.deepEqual(dead.map(({ attempts }) => attempts.length), [4, 4]);
  const show = (await admin("GET")).body;
  assert.deepEqual([show.dead, show.waiting], [2, 0]);
  assert.match(show.failing_since, TIME);

  receiver.will(take);
  assert.deepEqual((await admin("POST", `/deliveries/${dead[0].id}/replay`)).body, { replayed: 1 });
  await until(() => log("?state=delivered"), one);
  assert.deepEqual((await admin("POST", "/replay")).body, { replayed: 1 });
  const delivered = await until(() => log("?state=delivered"), (found) => found.length === 2);
  assert.deepEqual(delivered.map(({ attempts }) => attempts.length), [5, 5], "the log keeps what was before");
  assert.deepEqual((await admin("POST", "/replay")).body, { replayed: 0 });
  isProblem(await admin("POST", "/deliveries/evt_00000000000000000000000000/replay"), 404, "not_found");
  assert.equal((await admin("GET")).body.failing_since, null);
});

test("a request that was under way when workerd was killed is sent again", async () => {
  await enter({ events: ["quote.committed"] });
  let killed;
  receiver.will((response) => { killed = api.kill().then(() => response.destroy()); }, take);
  const { quote } = await held();
  await commit(quote);
  await until(() => receiver.calls, (calls) => calls.length === 1);
  await killed;
  await api.start();
  const [{ attempts, id: event }] = await until(() => log("?state=delivered"), one);
  assert.equal(attempts.length, 1, "the first try was never noted");
  assert.deepEqual(receiver.calls.map((call) => call.id), [event, event]);
});

test("of many events none is lost, whatever the receiver does", async () => {
  await enter({ events: ["quote.committed"] });
  const skus = await api.parts(`MANY${count += 1}`, 40);
  for (const sku of skus) await api.count(sku, 5);
  receiver.will(...Array.from({ length: 60 }, (_, n) => [status(500), take, drop, take, late(50)][n % 5]), take);
  const quotes = [];
  for (const sku of skus) quotes.push((await api.hold([{ sku, quantity: 1, location: "ATL1" }])).body.id);
  await Promise.all(quotes.map(commit));
  await until(() => log("?state=delivered&limit=100"), (found) => found.length === quotes.length);
  assert.deepEqual(receiver.of("quote.committed").map(({ body }) => body.data.quote).sort(), quotes.sort());
  const pages = [];
  for (let cursor = ""; cursor !== undefined;) {
    const { body } = await admin("GET", `/deliveries?limit=15${cursor && `&cursor=${cursor}`}`);
    pages.push(body.deliveries.map((delivery) => delivery.id));
    cursor = body.cursor;
  }
  assert.deepEqual(pages.map((page) => page.length), [15, 15, 10]);
  assert.equal(new Set(pages.flat()).size, 40);
});

test("a receiver that answers 410 is left alone until it is entered again", async () => {
  await enter({ events: ["quote.committed"] });
  receiver.will(status(410));
  await commit((await held()).quote);
  const [gone] = await until(() => log("?state=dead"), one);
  assert.deepEqual(gone.attempts.map(({ status, error }) => [status, error]), [[410, "status 410: the receiver wants no more"]]);
  assert.match((await admin("GET")).body.disabled, /410/);
  isProblem(await admin("POST", "/replay"), 409, "endpoint_disabled");
  await commit((await held()).quote);
  await until(() => log("?state=dead"), (found) => found.length === 2);
  assert.equal(receiver.calls.length, 1);
  let place = 0;
  const event = await until(async () => {
    const page = await api.get(`/v1/admin/events?limit=500&after=${place}`, "admin");
    const found = page.events.find(({ id: event }) => event === `webhooks/${id}:1`);
    if (found === undefined && page.next !== undefined) place = page.next;
    return found;
  }, (found) => found !== undefined);
  assert.deepEqual([event.event.kind, event.event.reason], ["webhook_disabled", "the receiver answered 410: it wants no more"]);

  receiver.will(take);
  assert.equal((await enter({ events: ["quote.committed"] })).status, 200);
  assert.equal((await admin("GET")).body.disabled, null);
  assert.deepEqual((await admin("POST", "/replay")).body, { replayed: 2 });
  await until(() => log("?state=delivered"), (found) => found.length === 2);
});

test("a secret is told once and rotated, with both signatures for a while", async () => {
  const { body: { secret } } = await enter({ events: ["quote.committed"] });
  const again = await enter({ events: ["quote.committed"], description: "The ERP" });
  assert.deepEqual([again.status, again.body.secret, again.body.description], [200, undefined, "The ERP"]);
  const { body: rotated } = await admin("POST", "/rotate");
  assert.ok(rotated.secret !== secret && Date.parse(rotated.previous_until) > Date.now() + 23 * 3_600_000);
  receiver.secrets = [secret, rotated.secret];
  await commit((await held()).quote);
  const [call] = await until(() => receiver.of("quote.committed"), one);
  assert.deepEqual(call.by, [true, true]);
  const { webhooks } = await api.get("/v1/admin/webhooks", "admin");
  assert.deepEqual(webhooks, [{ id, url: receiver.url, events: ["quote.committed"], description: "The ERP" }]);
});

test("an endpoint is deleted with its log, and is told no more", async () => {
  await enter({ events: ["quote.committed"] });
  await commit((await held()).quote);
  await until(() => log("?state=delivered"), one);
  assert.equal((await admin("DELETE")).status, 204);
  for (const [method, path] of [["GET", ""], ["GET", "/deliveries"], ["POST", "/rotate"], ["POST", "/replay"], ["DELETE", ""]]) {
    isProblem(await admin(method, path), 404, "not_found");
  }
  await commit((await held()).quote);
  const other = `${id}-2`;
  await api.ask("PUT", `/v1/admin/webhooks/${other}`, { key: "admin", json: { url: receiver.url, events: ["token.redeemed"] } });
  assert.equal((await enter({ events: ["quote.committed"] })).status, 201, "a new one, with a secret of its own");
  assert.deepEqual(await log(), []);
  await api.ask("DELETE", `/v1/admin/webhooks/${other}`, { key: "admin" });
  assert.equal(receiver.calls.length, 1);
});

test("what is wrong with an endpoint is named, and there are twenty at most", async () => {
  const put = (json, name = id) => api.ask("PUT", `/v1/admin/webhooks/${name}`, { key: "admin", json });
  namesFields(await put({ url: "http://erp.example/", events: ["stock.low", "x"], secret: "s" }),
    { "/url": "invalid", "/events/1": "invalid", "/secret": "unknown_field" });
  namesFields(await put({}), { "/url": "missing", "/events": "missing" });
  isProblem(await put({ url: receiver.url, events: ALL }, "a%20b"), 404, "not_found");
  isProblem(await api.ask("GET", "/v1/admin/webhooks", { key: "shop" }), 403, "forbidden");
  isProblem(await admin("PATCH"), 405, "method_not_allowed");
  await enter();
  namesFields(await admin("GET", "/deliveries?state=lost"), { "/state": "invalid" });
  for (const limit of [0, 101]) namesFields(await admin("GET", `/deliveries?limit=${limit}`), { "/limit": "invalid" });
  assert.equal((await admin("GET", "/deliveries?limit=100")).status, 200);
  const others = Array.from({ length: 19 }, (_, n) => `many-${n}`);
  for (const name of others) assert.equal((await put({ url: receiver.url, events: ["token.redeemed"] }, name)).status, 201);
  isProblem(await put({ url: receiver.url, events: ["token.redeemed"] }, "one-too-many"), 409, "too_many_endpoints");
  assert.equal((await enter({ events: ["stock.low"] })).status, 200, "one that is known is changed");
  for (const name of others) assert.equal((await api.ask("DELETE", `/v1/admin/webhooks/${name}`, { key: "admin" })).status, 204);
});
