// Failures that users of other systems report, tried on this one over HTTP. tests/scenarios/peers.txt tries them on the state
// machine of a shard.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { isProblem, openInstance } from "./instance.mjs";
import { randomFrom } from "./random.mjs";

const GRACE_MS = 10_000; // how long a shard keeps a hold past its quote's expiry: docs/decisions/0015

let api;
let late; // a quote that expires while the other tests run
before(async () => {
  api = await openInstance();
  late = await openLate();
});
after(() => api.close());

/** A part of its own for a test, with so many units at each location. */
async function stocked(name, shelves) {
  const [sku] = await api.parts(name, 1);
  for (const [location, units] of Object.entries(shelves)) await api.count(sku, units, location);
  return sku;
}

/** Two bundles, of which the one takes two of a part and the other takes one. */
async function kits(sku) {
  const bundle = (name, quantity) => api.parts(`${sku}-${name}`, 1, { kind: "bundle", components: [{ sku, quantity }] });
  return [...await bundle("TWO", 2), ...await bundle("ONE", 1)];
}

/** Opens a quote, which must be held. */
async function held(lines, options) {
  const answer = await api.hold(lines, options);
  assert.deepEqual([answer.status, answer.body.state], [201, "held"], answer.text);
  return answer.body;
}

const insufficient = (answer) => isProblem(answer, 409, "insufficient_stock");
const unitsAt = (quote) => Object.fromEntries(quote.lines[0].allocations.map(({ location, quantity }) => [location, quantity]));

test("two lines of one cart that share an item do not oversell it", async () => {
  const sku = await stocked("CART", { ATL1: 5 });
  const pinned = { sku, location: "ATL1" };
  insufficient(await api.hold([{ sku, quantity: 3 }, { sku, quantity: 3 }]));
  insufficient(await api.hold([{ ...pinned, quantity: 3 }, { sku, quantity: 3 }]));
  insufficient(await api.hold([{ sku, quantity: 3 }, { ...pinned, quantity: 3 }]));
  assert.equal((await api.counters(sku)).held, 0);
  const some = await held([{ ...pinned, quantity: 3 }, { sku, quantity: 3 }], { partial: true });
  assert.equal(some.lines[0].held + some.lines[1].held, 5);
  await api.act(some.id, "release");
  const whole = await held([{ sku, quantity: 3 }, { ...pinned, quantity: 2 }]);
  assert.deepEqual(await api.counters(sku), { on_hand: 5, committed: 0, held: 5, available: 0 });
  await api.act(whole.id, "release");

  const [kit, other] = await kits(sku);
  for (const line of [{ sku, quantity: 2 }, { sku: other, quantity: 2 }]) {
    insufficient(await api.hold([{ sku: kit, quantity: 2 }, line]));
    insufficient(await api.hold([line, { sku: kit, quantity: 2 }]));
  }
  assert.equal((await api.counters(sku)).held, 0);
  await held([{ sku: kit, quantity: 1 }, { sku: other, quantity: 2 }, { sku, quantity: 1 }]);
  assert.deepEqual(await api.counters(sku), { on_hand: 5, committed: 0, held: 5, available: 0 });
});

test("the location that was promised is the location that is reserved, sold and picked", async () => {
  const shelves = { ATL1: 2, HUB: 3, LAX1: 4 }; // LAX1 is another region
  const sku = await stocked("PROMISE", shelves);
  const at = async (counter) => {
    const counts = await Promise.all(Object.keys(shelves).map(async (place) => [place, (await api.counters(sku, place))[counter]]));
    return Object.fromEntries(counts.filter(([, units]) => units > 0));
  };
  const quote = await held([{ sku, quantity: 8 }]);
  assert.deepEqual(await at("held"), unitsAt(quote));
  const other = await held([{ sku, quantity: 6 }], { replace: quote.id });
  assert.deepEqual(await at("held"), unitsAt(other));
  const { body: sold } = await api.act(other.id, "commit", { lines: [{ line: 0, quantity: 4 }] });
  assert.deepEqual([await at("held"), await at("committed")], [{}, unitsAt(sold)]);
  const pick = (location, quantity) => ({ id: randomUUID(), sku, location, kind: "pick", quantity });
  for (const place of Object.keys(shelves)) {
    const promised = unitsAt(sold)[place] ?? 0;
    const [more] = await api.move([pick(place, promised + 1)]);
    assert.equal(more.result, "rejected");
    if (promised > 0) assert.equal((await api.move([pick(place, promised)]))[0].result, "applied");
  }
  assert.deepEqual(await at("committed"), {});
});

test("a double release does not make the reserved quantity negative", async () => {
  const sku = await stocked("DOUBLE", { ATL1: 9 });
  await held([{ sku, quantity: 2 }]);
  for (let round = 0; round < 10; round += 1) {
    const quote = await held([{ sku, quantity: 4 }]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.act(quote.id, "release")));
    assert.ok(answers.some(({ status }) => status === 200));
    isProblem(await api.act(quote.id, "release"), 409, "already_released");
    isProblem(await api.act(quote.id, "commit"), 409, "already_released");
    assert.deepEqual(await api.counters(sku), { on_hand: 9, committed: 0, held: 2, available: 7 });
  }
  insufficient(await api.hold([{ sku, quantity: 8 }]));
});

test("a release and a sale at the same instant are one of the two", async () => {
  const sku = await stocked("EITHER", { ATL1: 100 });
  let sold = 0;
  for (let round = 0; round < 20; round += 1) {
    const quote = await held([{ sku, quantity: 3 }]);
    const verbs = round % 2 === 0 ? ["release", "commit"] : ["commit", "release"];
    const answers = await Promise.all(verbs.map((verb) => api.act(quote.id, verb)));
    const { state } = await api.get(`/v1/quotes/${quote.id}`);
    for (const [n, { status, body }] of answers.entries()) {
      const done = verbs[n] === "commit" ? "committed" : "released";
      assert.equal(status, state === done ? 200 : 409, body.code);
    }
    sold += state === "committed" ? 3 : 0;
    const { committed, held: reserved } = await api.counters(sku);
    assert.deepEqual([committed, reserved], [sold, 0]);
  }
});

test("a shopper is not blocked by their own reservation, and nobody slips in while they change their mind", async () => {
  const sku = await stocked("MIND", { ATL1: 3 });
  const [rival] = await api.shops(1);
  let mine = await held([{ sku, quantity: 3 }]);
  let changing = true;
  const change = async () => {
    for (let time = 0; time < 30; time += 1) mine = await held([{ sku, quantity: 3 }], { replace: mine.id, reference: `${time}` });
    changing = false;
  };
  const slipIn = async () => {
    while (changing) insufficient(await api.hold([{ sku, quantity: 1 }], { key: rival }));
  };
  await Promise.all([change(), slipIn(), slipIn()]);
  insufficient(await api.hold([{ sku, quantity: 4 }], { replace: mine.id }));
  assert.deepEqual(await api.counters(sku), { on_hand: 3, committed: 0, held: 3, available: 0 });

  // Of several changes at the same instant one takes the place, and the others are told so.
  const answers = await Promise.all([1, 2, 3].map((quantity) => api.hold([{ sku, quantity }], { replace: mine.id })));
  const [taken, ...others] = answers.filter(({ status }) => status === 201);
  assert.deepEqual(others, []);
  for (const { status, body } of answers.filter((answer) => answer !== taken)) {
    assert.ok(status === 409 && ["already_released", "in_progress"].includes(body.code), body.code);
  }
  assert.equal((await api.counters(sku)).held, taken.body.lines[0].held);
});

test("a retry after a lost answer does not allocate twice", async () => {
  const sku = await stocked("RETRY", { ATL1: 1_000 });
  const random = randomFrom(7);
  const orders = Array.from({ length: 40 }, () => randomUUID());
  const json = { lines: [{ sku, quantity: 5 }] };
  const patience = orders.map(() => random.upTo(12)); // milliseconds, after which the caller hangs up
  const cutOff = (order, wait) => fetch(`${api.url}/v1/quotes`, {
    method: "POST", body: JSON.stringify(json), signal: AbortSignal.timeout(wait),
    headers: { authorization: "Bearer shop", "idempotency-key": order },
  }).then((response) => response.text(), () => "nothing was heard");
  await Promise.all(orders.map((order, n) => cutOff(order, patience[n])));
  const ids = new Set();
  for (const order of orders) {
    let answer;
    do answer = await api.send("/v1/quotes", json, { order }); while (answer.body.code === "in_progress");
    assert.equal(answer.status, 201, answer.text);
    ids.add(answer.body.id);
  }
  assert.equal(ids.size, orders.length);
  assert.equal((await api.counters(sku)).held, orders.length * 5);
});

test("a bundle does not oversell its component", async () => {
  const sku = await stocked("COMPONENT", { ATL1: 20 });
  const [two, one] = await kits(sku);
  const uses = { [two]: 2, [one]: 1, [sku]: 1 };
  const skus = Object.keys(uses);
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => api.hold([{ sku: skus[n % 3], quantity: 1 }])));
  // A kit of two that found only one gave it back, perhaps after all the others had asked.
  answers.push(await api.hold([{ sku, quantity: 1 }]));
  const taken = answers.map(({ status, body }) => (status === 201 ? uses[body.lines[0].sku] : 0));
  for (const answer of answers.filter(({ status }) => status !== 201)) insufficient(answer);
  assert.equal(taken.reduce((sum, units) => sum + units), 20);
  assert.deepEqual(await api.counters(sku), { on_hand: 20, committed: 0, held: 20, available: 0 });
  assert.deepEqual((await api.lines(skus)).map(({ available }) => available), [0, 0, 0]);
});

/** A quote whose time is the shortest there is, of a shop that does nothing else. */
async function openLate() {
  const [key] = await api.shops(1);
  const sku = await stocked(`LATE-${Date.now()}`, { ATL1: 3 });
  return { key, sku, quote: await held([{ sku, quantity: 3 }], { key, ttl_seconds: 30 }) };
}

test("stock is not released late: at its time it is free, although no alarm ran", async () => {
  if (Date.parse(late.quote.expires_at) < Date.now() + 5_000) late = await openLate(); // the other tests took long
  const { key, sku, quote: { id, expires_at } } = late;
  const frees = Date.parse(expires_at) + GRACE_MS;
  await api.kill();
  forgetAlarms();
  await api.start();
  for (;;) {
    const asked = Date.now();
    const { available } = await api.line(sku);
    if (Date.now() < frees) assert.equal(available, 0, "an alarm ran");
    if (asked < frees) continue;
    assert.equal(available, 3);
    break;
  }
  isProblem(await api.act(id, "commit", {}, { key }), 410, "quote_expired");
  assert.equal((await api.get(`/v1/quotes/${id}`, key)).state, "expired");
  await held([{ sku, quantity: 3 }]);
});

/** Nobody will be woken: workerd, while it is down, loses every alarm that desks and shards have set. */
function forgetAlarms() {
  for (const objects of api.vars.STOCK_AND_QUOTES === "together" ? ["Depot"] : ["QuoteDesk", "StockShard"]) {
    const database = new DatabaseSync(join(api.state, "objects", objects, "metadata.sqlite"));
    assert.ok(database.prepare("DELETE FROM _cf_ALARM").run().changes > 0);
    database.close();
  }
}
