// workerd is killed (SIGKILL) twenty times while shoppers hold, replace, extend, buy, give up and give back, and branches
// receive and pick. After each restart every position is what shoppers were told, to the unit; every request that is sent
// again, answered before or not, has one effect and one answer; and what nobody asks about again is free in time.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Books } from "./books.mjs";
import { isProblem, openInstance, until } from "./instance.mjs";
import { randomFrom } from "./random.mjs";
import { SHORT_SECONDS, Shopper } from "./shopper.mjs";

const ROUNDS = 20;
const ACCOUNTS = 4;
const SHOPPERS = 8; // two of each account, so that a desk has several calls at once
const ANSWERED = 60; // requests of a round before the kill; up to twice as many
const LOCATIONS = ["ATL1", "HUB", "LAX1"];
const OPENING = 150; // units of each sku at each location

const books = new Books();
let api;
let skus;
let keys;
let shoppers;

before(async () => {
  api = await openInstance();
  skus = await api.parts("CRASH", 4);
  for (const sku of skus) {
    for (const location of LOCATIONS) {
      await api.count(sku, OPENING, location);
      books.received(sku, location, OPENING);
    }
  }
  keys = await api.shops(ACCOUNTS);
  const market = { api, books, skus, locations: LOCATIONS };
  shoppers = Array.from({ length: SHOPPERS }, (_, n) => new Shopper(market, keys[n % ACCOUNTS], randomFrom(n)));
});
after(() => api.close());

for (let round = 1; round <= ROUNDS; round += 1) {
  test(`kill ${round}: what was answered is there, and what is sent again is there once`, async () => {
    const random = randomFrom(1_000 + round);
    const { answered, unanswered } = await shopUntilKilled(ANSWERED + random.upTo(ANSWERED));
    await api.start();
    const given = unanswered.filter((request) => request.mayStayUnanswered && random.chance(0.5));
    const repeated = unanswered.filter((request) => !given.includes(request));
    if (round % 4 === 0) await crashAmid(repeated);
    await Promise.all([...repeated.map((request) => request.settle()), ...given.map((request) => request.giveUp())]);
    await books.audit(api, skus);
    await Promise.all([...answered, ...repeated].map((request) => request.again()));
    await books.audit(api, skus);
    await Promise.all(keys.map((key) => showsHeld(key)));
  });
}

test("a refusal that a kill cut off holds nothing once the order is sent again", async () => {
  const [plenty, none] = await api.parts("REFUSED", 2);
  await api.count(plenty, 1_000);
  const ask = (order) => api.hold([{ sku: plenty, quantity: 1 }, { sku: none, quantity: 1 }], { order, ttl_seconds: 3_600 });
  for (let kill = 0; kill < 5; kill += 1) {
    const orders = [];
    let [refused, down] = [0, false];
    const insist = async () => {
      while (!down) {
        orders.push(randomUUID());
        const answer = await ask(orders.at(-1)).catch((error) => { if (!down || !isConnection(error)) throw error; });
        if (answer !== undefined) isProblem(answer, 409, "insufficient_stock");
        refused += 1;
        if (refused < 60 || down) continue;
        down = true;
        await api.kill();
      }
    };
    await Promise.all(Array.from({ length: 12 }, insist));
    await api.start();
    for (const answer of await Promise.all(orders.map(ask))) isProblem(answer, 409, "insufficient_stock");
    assert.equal((await api.counters(plenty)).held, 0);
  }
});

test("when their time is over, nothing is held that shoppers were not told of", async () => {
  const settled = await until(() => books.audit(api, skus), ({ unsure }) => unsure === 0, (SHORT_SECONDS + 15) * 1_000);
  assert.ok(settled.held > 0 && settled.sold > 0, "and what they were told of is there");
});

/** Everybody shops until so many requests have been answered; then workerd is killed. */
async function shopUntilKilled(enough) {
  const [answered, unanswered] = [[], []];
  let down = false;
  const visit = async (shopper) => {
    while (!down) {
      const request = shopper.next();
      const problem = await request.send().then(() => null, (error) => error);
      if (problem === null) answered.push(request);
      else if (down && isConnection(problem)) unanswered.push(request);
      else throw problem;
      if (answered.length >= enough && !down) {
        down = true;
        await api.kill();
      }
    }
  };
  await Promise.all(shoppers.map(visit));
  return { answered, unanswered };
}

/** Sends requests, kills workerd as soon as one of them is answered, and starts it again. */
async function crashAmid(requests) {
  if (requests.length === 0) return;
  const sent = requests.map((request) => request.send());
  await Promise.race(sent);
  await api.kill();
  for (const { reason } of await Promise.allSettled(sent)) if (reason && !isConnection(reason)) throw reason;
  await api.start();
}

/** The connection broke, or its last bytes are missing. */
const isConnection = (error) => error instanceof TypeError || error instanceof SyntaxError;

/** An account is shown as held what its shoppers were told, and else only what a request may hold that nobody repeats. */
async function showsHeld(key) {
  const shown = new Map();
  for (let cursor = ""; cursor !== undefined;) {
    const page = await api.get(`/v1/quotes?state=held&limit=100${cursor && `&cursor=${cursor}`}`, key);
    for (const quote of page.quotes) shown.set(quote.id, quote);
    cursor = page.cursor;
  }
  const now = Date.now();
  for (const quote of shoppers.filter((shopper) => shopper.key === key).flatMap(({ held, claimed }) => [...held, ...claimed])) {
    if (Date.parse(quote.expires_at) > now) assert.deepEqual(shown.get(quote.id), quote);
    shown.delete(quote.id);
  }
  for (const { created_at, expires_at } of shown.values()) {
    assert.equal(Date.parse(expires_at) - Date.parse(created_at), SHORT_SECONDS * 1_000);
  }
}
