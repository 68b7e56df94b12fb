// Many shoppers at once on workerd: nobody is promised what somebody else has, and what nobody comes back for is free again.
// The shoppers of ten skus go first; the others' tests run while their quotes expire.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Books } from "./books.mjs";
import { isProblem, openInstance, until } from "./instance.mjs";
import { randomFrom } from "./random.mjs";

const TTL_SECONDS = 30; // the least
const SHOPPERS = 20;
const QUOTES_EACH = 30;
const SHELVES = { ATL1: 9, HUB: 14, NYC1: 7, LAX1: 20 }; // units of each sku; LAX1 is another region

let api;
let keys;
before(async () => {
  api = await openInstance();
  keys = await api.shops(50);
});
after(() => api.close());

const books = new Books();
let skus;

test("ten skus, overlapping carts: at no moment is more promised than there is, and each counter is what shoppers were told", async () => {
  skus = await api.parts("CROWD", 10);
  for (const sku of skus) {
    for (const [location, units] of Object.entries(SHELVES)) {
      await api.count(sku, units, location);
      books.received(sku, location, units);
    }
  }
  let shopping = true;
  const [tally, looks] = await Promise.all([
    Promise.all(Array.from({ length: SHOPPERS }, (_, n) => shop(keys[n], randomFrom(n)))).finally(() => { shopping = false; }),
    watch(() => shopping),
  ]);
  const counts = Object.groupBy(tally.flat(), (outcome) => outcome);
  assert.deepEqual(Object.keys(counts).sort(), ["held", "refused", "replaced"]);
  for (const [outcome, of] of Object.entries(counts)) assert.ok(of.length > SHOPPERS, `only ${of.length} ${outcome}`);
  assert.ok(looks >= 5, `looked only ${looks} times`);
  await books.audit(api, skus);
});

/** One shopper: asks for quotes, takes the place of some of them with others, buys or gives up a few. */
async function shop(key, random) {
  const outcomes = [];
  const mine = [];
  for (let n = 0; n < QUOTES_EACH; n += 1) {
    const old = mine.length > 0 && random.chance(0.3) ? random.takeFrom(mine) : undefined;
    const lines = Array.from({ length: random.upTo(4) + 1 }, () => (
      { sku: random.of(skus), quantity: random.upTo(3), location: random.chance(0.3) ? random.of(Object.keys(SHELVES)) : undefined }));
    const answer = await api.hold(lines, { key, ttl_seconds: TTL_SECONDS, partial: random.chance(0.4), replace: old?.id });
    if (answer.status === 201) {
      books.told(answer.body, old?.id);
      mine.push(answer.body);
      outcomes.push(old === undefined ? "held" : "replaced");
    } else if (answer.status === 410) {
      books.over(old); // where the machine is slow
    } else {
      isProblem(answer, 409, "insufficient_stock");
      if (old !== undefined) mine.push(old);
      outcomes.push("refused");
    }
    if (mine.length > 0 && random.chance(0.3)) {
      const quote = random.takeFrom(mine);
      const done = await api.act(quote.id, random.of(["commit", "release", "release"]), {}, { key });
      if (done.status === 410) books.over(quote);
      else if (done.status === 200) books.told(done.body);
      else assert.fail(done.text);
    }
  }
  return outcomes;
}

/** Looks at every position, again and again; how many times. */
async function watch(going) {
  let looks = 0;
  for (; going(); looks += 1) {
    for (const { sku, location, on_hand, committed, held } of await positions()) {
      assert.ok(held + committed <= on_hand, `${sku} at ${location}: ${held} held and ${committed} sold of ${on_hand}`);
    }
  }
  return looks;
}

const positions = async () =>
  (await Promise.all(skus.map((sku) => api.get(`/v1/stock/${sku}`, "stock-only")))).flatMap((read) => read.positions);

test("five hundred quotes at once from fifty accounts hold a hundred units exactly, and four hundred are told so", async () => {
  const [sku] = await api.parts("RUSH", 1);
  await api.count(sku, 100);
  const asks = Array.from({ length: 500 }, (_, n) => api.hold([{ sku, quantity: 1 }], { key: keys[n % keys.length] }));
  const answers = await Promise.all(asks);
  const held = answers.filter(({ status }) => status === 201);
  for (const { body } of held) {
    assert.deepEqual([body.state, body.lines[0].allocations], ["held", [{ location: "ATL1", quantity: 1 }]]);
  }
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    const { errors } = isProblem(answer, 409, "insufficient_stock");
    assert.equal(errors[0].pointer, "/lines/0");
  }
  assert.deepEqual([held.length, answers.length - held.length], [100, 400]);
  assert.deepEqual(await api.counters(sku), { on_hand: 100, committed: 0, held: 100, available: 0 });

  const listed = await Promise.all(keys.map((key) => api.get("/v1/quotes?state=held&limit=100", key)));
  const rushed = listed.flatMap(({ quotes }) => quotes).filter(({ lines }) => lines[0].sku === sku);
  assert.deepEqual(rushed.map(({ id }) => id).sort(), held.map(({ body }) => body.id).sort());
});

// What one request of each kind does, sent several times at the same instant under one key.
const TOGETHER = 4;
const TIMES = 15;

test("a request sent several times at the same instant has one effect, and every sender gets the same answer", async () => {
  const [sku] = await api.parts("TWIN", 1);
  const shopper = { key: keys[0] };
  await api.count(sku, 1_000);
  let expected = { on_hand: 1_000, committed: 0, held: 0, available: 1_000 };
  const settles = async (held, committed) => {
    expected = { ...expected, held: expected.held + held, committed: expected.committed + committed };
    expected.available = expected.on_hand - expected.held - expected.committed;
    assert.deepEqual(await api.counters(sku), expected);
  };
  for (let time = 0; time < TIMES; time += 1) {
    const open = () => together("/v1/quotes", { lines: [{ sku, quantity: 5 }], ttl_seconds: 900 }, shopper);
    const act = (id, verb, json) => together(`/v1/quotes/${id}/${verb}`, json, shopper);
    const sold = await open();
    await settles(5, 0);
    await act(sold.id, "extend", { ttl_seconds: 1_800 });
    await act(sold.id, "commit", { lines: [{ line: 0, quantity: 3 }] });
    await settles(-5, 3);
    const back = await act(sold.id, "returns", { lines: [{ line: 0, quantity: 1 }] });
    assert.equal(back.lines[0].returned, 1);
    await settles(0, -1);
    const given = await open();
    await settles(5, 0);
    const other = await together("/v1/quotes", { lines: [{ sku, quantity: 6 }], replace: given.id }, shopper);
    await settles(1, 0);
    await act(other.id, "release", {});
    await settles(-6, 0);
  }
});

/** Sends a request several times at once; whoever is told to wait asks again. What all of them were told. */
async function together(path, json, { key }) {
  const order = randomUUID();
  const ask = async () => {
    for (;;) {
      const answer = await api.send(path, json, { key, order });
      if (answer.status !== 409) return answer;
      isProblem(answer, 409, "in_progress");
      assert.match(answer.headers.get("retry-after"), /^[1-9]\d*$/);
      await new Promise((done) => setTimeout(done, 10)); // less than it says, to meet the other ones more often
    }
  };
  const answers = await Promise.all(Array.from({ length: TOGETHER }, ask));
  for (const { status, body } of answers) {
    assert.deepEqual([status, body], [path === "/v1/quotes" ? 201 : 200, answers[0].body]);
  }
  const replayed = answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true");
  assert.equal(replayed.length, TOGETHER - 1, "one of them did it");
  return answers[0].body;
}

test("when their time is over, all that nobody came back for is free", async () => {
  const waiting = books.quotes("held");
  assert.ok(waiting.length > SHOPPERS);
  const held = async () => (await positions()).reduce((sum, position) => sum + position.held, 0);
  await until(held, (units) => units === 0, (TTL_SECONDS + 15) * 1_000);
  for (const { expires_at } of waiting) assert.ok(Date.parse(expires_at) <= Date.now(), "no quote ended early");
  await books.audit(api, skus);
});
