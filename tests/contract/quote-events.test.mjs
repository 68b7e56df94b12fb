// What a desk tells of its quotes: in the log of the day, each once, in order, with what others need to reckon with it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openInstance, TIME, until } from "./instance.mjs";

let api;
before(async () => {
  api = await openInstance();
  for (const sku of ["HELD-01", "HELD-02", "HELD-03"]) {
    await api.move([{ id: "opening", sku, location: "ATL1", kind: "count", quantity: 50 }]);
  }
});
after(() => api.close());

let count = 0;
const newKey = () => `order-${count += 1}`;
const send = (path, json, { key = "shop", order = newKey() } = {}) =>
  api.ask("POST", path, { key, json, headers: { "idempotency-key": order } });
const hold = (lines, { key, order, ...options } = {}) => send("/v1/quotes", { lines, ...options }, { key, order });
const act = (id, verb, json, options) => send(`/v1/quotes/${id}/${verb}`, json, options);

/** The events of the desk of `account`, from all days of this test. */
async function told(account) {
  const day = (millis) => new Date(millis).toISOString().slice(0, 10);
  const days = new Set([day(Date.now() - 300_000), day(Date.now())]);
  const found = [];
  for (const day of days) {
    for (let place = 0; place !== undefined;) {
      const page = await api.get(`/v1/admin/events?day=${day}&after=${place}&limit=500`, "admin");
      found.push(...page.events.filter(({ id, event }) => id.startsWith("quotes/") && event.account === account));
      place = page.next;
    }
  }
  return found;
}
/** The kinds of the events of a quote, once the last of them is `last`. */
const story = async (id, last, account = "shop-1") => {
  const of = (events) => events.filter(({ event }) => event.quote === id).map(({ event }) => event);
  return of(await until(() => told(account), (events) => of(events).at(-1)?.kind === last));
};

test("a quote is told of from its hold to its return, once, however often a call is sent", async () => {
  const [first, second] = [newKey(), newKey()];
  const lines = [{ sku: "HELD-01", quantity: 5 }, { sku: "CORE-1", quantity: 1 }];
  const { body: quote } = await hold(lines, { order: first });
  await hold(lines, { order: first });
  await act(quote.id, "extend", { ttl_seconds: 3_600 });
  for (const order of [second, second]) await act(quote.id, "commit", { lines: [{ line: 0, quantity: 3 }] }, { order });
  await act(quote.id, "commit", {});
  await act(quote.id, "returns", { lines: [{ line: 0, quantity: 1 }] });
  const events = await story(quote.id, "quote_returned");
  assert.deepEqual(events.map(({ kind }) => kind), ["quote_held", "quote_extended", "quote_committed", "quote_returned"]);
  const [held, extended, committed, returned] = events;
  assert.deepEqual([held.account, held.region, held.currency, held.expires_at], ["shop-1", "enam", "USD", quote.expires_at]);
  assert.match(held.at, TIME);
  assert.ok(held.took_ms >= 0 && held.took_ms < 60_000, held.took_ms);
  assert.deepEqual(held.lines, [
    { line: 0, sku: "HELD-01", quantity: 5, units: 5, unit_exact: "20.0000", amount: 10_000 },
    { line: 1, sku: "CORE-1", quantity: 1, units: 1, unit_exact: "146.1660", amount: 14_617 },
  ]);
  assert.ok(Date.parse(extended.expires_at) > Date.parse(quote.expires_at));
  assert.deepEqual(committed.lines.map(({ line, units, amount }) => [line, units, amount]), [[0, 3, 6_000]]);
  assert.deepEqual(returned.lines.map(({ line, units, amount }) => [line, units, amount]), [[0, 1, 2_000]]);
  assert.equal(new Set((await told("shop-1")).map(({ id }) => id)).size, (await told("shop-1")).length);
});

test("a release, a replacement and a refusal are told apart", async () => {
  const { body: released } = await hold([{ sku: "HELD-02", quantity: 1 }]);
  await act(released.id, "release", {});
  const { body: old } = await hold([{ sku: "HELD-02", quantity: 2 }]);
  const { body: next } = await hold([{ sku: "HELD-02", quantity: 3 }], { replace: old.id });
  assert.equal((await hold([{ sku: "HELD-02", quantity: 99 }])).status, 409);
  assert.deepEqual((await story(released.id, "quote_released")).map(({ kind }) => kind), ["quote_held", "quote_released"]);
  const [, replaced] = await story(old.id, "quote_replaced");
  assert.deepEqual([replaced.by, replaced.lines[0].units], [next.id, 2]);
  const [held] = await story(next.id, "quote_held");
  assert.equal(held.replaces, old.id);
  const refused = (await until(() => told("shop-1"), (events) => events.some(({ event }) => event.kind === "quote_refused")))
    .map(({ event }) => event).filter(({ kind }) => kind === "quote_refused");
  assert.deepEqual(refused.map(({ reason, lines }) => [reason, lines[0].quantity, lines[0].units]), [["insufficient_stock", 99, 47]]);
});

test("what was told before the runtime was killed arrives, once and in order", async () => {
  const quotes = [];
  for (let n = 0; n < 5; n += 1) quotes.push((await hold([{ sku: "HELD-03", quantity: 1 }], { key: "fleet" })).body.id);
  await act(quotes[4], "commit", {}, { key: "fleet" });
  await api.kill();
  await api.start();
  await story(quotes[4], "quote_committed", "fleet-1");
  const events = await told("fleet-1");
  assert.deepEqual(events.map(({ event }) => event.quote), [...quotes, quotes[4]]);
  const [{ event: { seq } }] = events;
  assert.deepEqual(events.map(({ event }) => event.seq), [0, 1, 2, 3, 4, 5].map((n) => seq + n));
});

test("an event whose desk lost its timer is delivered all the same, although nobody calls that desk again", async () => {
  const { body: quote } = await hold([{ sku: "HELD-03", quantity: 1 }], { key: "few" });
  await api.kill();
  await api.start();
  assert.deepEqual((await story(quote.id, "quote_held", "few-1")).map(({ kind }) => kind), ["quote_held"]);
});
