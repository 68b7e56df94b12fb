// A sku that many want is given a shard of its own: while it is quoted, sold, given up, brought back, moved and counted, and
// while workerd is killed. One bucket holds every sku of a region here, so that quotes have lines that move and lines that
// stay.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isProblem, namesFields, openInstance, until } from "./instance.mjs";

const BUYERS = 12;
const MOVERS = 3;
const ENOUGH = 150; // orders before the move begins, and after it has ended
const UNITS = 80; // of each sku: often all of it is promised

let api;
before(async () => { api = await openInstance({ vars: { STOCK_BUCKETS: "1" } }); });
after(() => api.close());

let count = 0;
const fresh = (what) => `${what}-${count += 1}`;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const body = ({ text }) => JSON.parse(text);

/** How often each status and code was answered. */
const tally = {};

/**
 * A request that is sent again, with the same Idempotency-Key, while the answer says that it should be. What is answered
 * in the end is a success or one of `codes`.
 */
async function settled(method, path, json, { key = "shop", codes = [], order = fresh("order") } = {}) {
  for (;;) {
    const headers = method === "POST" ? { "idempotency-key": order } : {};
    const answer = await api.ask(method, path, { key, json, headers, faulty: true });
    const code = answer.status < 400 ? "ok" : answer.body.code;
    tally[`${answer.status} ${code}`] = (tally[`${answer.status} ${code}`] ?? 0) + 1;
    if (answer.status < 400 || codes.includes(code)) return answer;
    assert.deepEqual([answer.status, code, answer.body.retryable], [503, "unavailable", true], `${path}: ${answer.text}`);
    assert.equal(answer.headers.get("retry-after"), "1");
    await new Promise((done) => setTimeout(done, 20));
  }
}

const open = (lines, options = {}) => settled("POST", "/v1/quotes", { lines, ...options }, { codes: ["insufficient_stock"] });
const act = (id, verb, json = {}) => settled("POST", `/v1/quotes/${id}/${verb}`, json);
const moves = (sku, method = "GET") => (method === "GET"
  ? api.ask("GET", `/v1/admin/shards/moves?sku=${encodeURIComponent(sku)}`, { key: "admin" })
  : api.ask("POST", "/v1/admin/shards/moves", { key: "admin", json: { sku, region: "enam" } }));
const stock = (sku, quantity) => api.move([{ id: fresh("opening"), sku, location: "ATL1", kind: "count", quantity }]);
/** Asks for the move until it is done and the catalogue says so; every state on the way. */
async function moved(sku) {
  const states = [];
  await until(async () => {
    const answer = await moves(sku, "POST");
    const [move] = answer.body.moves;
    assert.equal(answer.status, move.state === "moved" ? 200 : 202);
    if (states.at(-1) !== move.state) states.push(move.state);
    return move;
  }, ({ state, mapped }) => state === "moved" && mapped);
  return states;
}

/** Buys, changes its mind, gives up and brings back, until it is told to stop. Returns what it was told in the end. */
async function buyer(skus, goesOn) {
  const told = [];
  while (goesOn()) {
    const lines = [{ sku: skus[0], quantity: pick([1, 2, 3]) }];
    if (Math.random() < 0.5) lines.push({ sku: skus[1], quantity: pick([1, 2]) });
    const { status, body: quote } = await open(lines, { ttl_seconds: 3_600, partial: Math.random() < 0.2 });
    if (status === 409) continue;
    const orders = { id: quote.id, latest: quote };
    told.push(orders);
    const then = async (verb, json) => { orders.latest = (await act(orders.id, verb, json)).body; };
    switch (pick(["keep", "release", "release", "release", "release", "extend", "commit", "part", "return", "replace"])) {
      case "release": await then("release"); break;
      case "extend": await then("extend", { ttl_seconds: 7_200 }); break;
      case "commit": await then("commit"); break;
      case "part":
        if (quote.lines[0].held > 0) await then("commit", { lines: [{ line: 0, quantity: 1 }] });
        break;
      case "return":
        await then("commit");
        if (quote.lines[0].held > 0) await then("returns", { lines: [{ line: 0, quantity: 1 }] });
        break;
      case "replace": {
        const instead = await open([{ sku: skus[0], quantity: 1 }], { replace: quote.id, ttl_seconds: 3_600 });
        if (instead.status === 201) {
          told.push({ id: instead.body.id, latest: instead.body });
          orders.latest = { ...orders.latest, state: "released" };
        }
        break;
      }
    }
  }
  return told;
}

/** Moves stock until it is told to stop: in, off the shelf, counted. Returns what was applied. */
async function mover(skus, goesOn) {
  const applied = [];
  while (goesOn()) {
    const movement = (sku) => {
      const kind = pick(["receipt", "receipt", "pick", "count"]);
      const quantity = kind === "count" ? UNITS + pick([-20, 0, 20, 40]) : pick([1, 2, 3]);
      return { id: fresh("move"), sku, location: "ATL1", kind, quantity };
    };
    const movements = [...skus, skus[0]].map(movement);
    const answer = await settled("POST", "/v1/stock/movements", { movements }, { key: "stock-only" });
    for (const [place, result] of answer.body.results.entries()) {
      if (result.result === "rejected") {
        assert.ok(["exceeds_committed", "exceeds_on_hand"].includes(result.code), JSON.stringify(result));
        continue;
      }
      // After a 503 some of it may have been done before.
      assert.ok(["applied", "duplicate"].includes(result.result), JSON.stringify(result));
      applied.push({ ...movements[place], version: result.version });
    }
  }
  return applied;
}

async function asker(sku, goesOn) {
  while (goesOn()) {
    const query = await settled("POST", "/v1/query", { lines: [{ sku, quantity: 1 }], budget_ms: 5_000 });
    assert.equal(query.body.lines[0].sku, sku);
    await settled("GET", `/v1/stock/${sku}`, undefined, { key: "stock-only" });
    await settled("GET", `/v1/stock/${sku}/movements?location=ATL1&limit=5`, undefined, { key: "stock-only" });
  }
}

/** The whole ledger: in order, each entry once, and the books of each count agree with what stands before it. */
async function soundLedger(sku, applied = []) {
  const entries = await api.ledger(sku);
  let onHand = 0;
  for (const [place, entry] of entries.entries()) {
    const { kind, quantity, seq, version } = entry;
    if (place > 0) assert.ok(seq > entries[place - 1].seq && version > entries[place - 1].version, JSON.stringify(entry));
    if (kind === "count") {
      assert.equal(entry.expected, onHand, `the books of ${entry.id}`);
      onHand = quantity;
    } else onHand += kind === "pick" ? -quantity : quantity;
    assert.equal(entry.on_hand, onHand, JSON.stringify(entry));
  }
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  assert.equal(byId.size, entries.length, "no movement is there twice");
  for (const { id, version } of applied) assert.equal(byId.get(id)?.version, version, `${id} was acknowledged`);
  return { entries, onHand };
}

test("a hot sku is moved while everything is done with it, and nothing is lost or doubled", async () => {
  const skus = ["MOVED-01", "HELD-01"];
  for (const sku of skus) await stock(sku, UNITS);
  let orders = 0;
  let stop = false;
  const goesOn = () => { orders += 1; return !stop; };
  const buying = Array.from({ length: BUYERS }, () => buyer(skus, goesOn));
  const moving = Array.from({ length: MOVERS }, () => mover(skus, () => !stop));
  const asking = [asker(skus[0], () => !stop), asker(skus[1], () => !stop)];
  const work = Promise.all([...buying, ...moving, ...asking]);
  const enough = async () => {
    const from = orders;
    await Promise.race([work, until(() => orders, (now) => now >= from + ENOUGH)]);
  };
  await enough();
  const states = await moved(skus[0]);
  await enough();
  stop = true;
  await work;
  assert.equal(states.at(-1), "moved");

  const told = (await Promise.all(buying)).flat();
  const applied = (await Promise.all(moving)).flat();
  for (const { id, latest } of told) {
    const now = await api.get(`/v1/quotes/${id}`);
    assert.deepEqual([now.state, now.lines.map(({ held }) => held)], [latest.state, latest.lines.map(({ held }) => held)], id);
  }
  for (const sku of skus) {
    const { entries, onHand } = await soundLedger(sku, applied.filter((movement) => movement.sku === sku));
    const units = (state, field) => sum(told.filter(({ latest }) => latest.state === state)
      .flatMap(({ latest }) => latest.lines).filter((line) => line.sku === sku).map((line) => line[field] ?? 0));
    const picked = sum(entries.filter(({ kind }) => kind === "pick").map(({ quantity }) => quantity));
    // What was brought back after it was picked is a movement; what was not is no longer waiting.
    const restocked = sum(entries.filter(({ kind }) => kind === "return").map(({ quantity }) => quantity));
    const waiting = units("committed", "committed") - picked - (units("committed", "returned") - restocked);
    const position = await api.position(sku);
    assert.deepEqual(
      [position.on_hand, position.held, position.committed],
      [onHand, units("held", "held"), waiting],
      `${sku}: ${JSON.stringify(tally)}`,
    );
  }
  const [move] = body(await moves(skus[0])).moves.filter(({ region }) => region === "enam");
  assert.deepEqual([move.from, move.to, move.state, move.mapped], ["enam/0", "enam/=MOVED-01", "moved", true]);
  // What is still held can be sold, wherever it lies, and then nothing is held.
  for (const { id, latest } of told) if (latest.state === "held") await act(id, pick(["commit", "release"]));
  for (const sku of skus) assert.equal((await api.position(sku)).held, 0);
  console.log(`answers: ${JSON.stringify(tally)}; states seen: ${states.join(", ")}; ${move.quotes} records and ${move.entries} entries copied`);
});

for (const [round, sku] of ["MOVED-02", "MOVED-03", "MOVED-04"].entries()) {
  test(`workerd is killed ${["at the beginning", "in the middle", "near the end"][round]} of a move, and the move finishes`, async () => {
    await stock(sku, 10_000);
    for (let call = 0; call < 4; call += 1) {
      await api.move(Array.from({ length: 500 }, () => ({ id: fresh("bulk"), sku, location: "ATL1", kind: "receipt", quantity: 1 })));
    }
    const acknowledged = [];
    let down = false;
    const sender = async () => {
      while (!down) {
        const movement = { id: fresh("load"), sku, location: "ATL1", kind: "receipt", quantity: 1 };
        const sent = api.ask("POST", "/v1/stock/movements", { key: "stock-only", json: { movements: [movement] }, faulty: true });
        const answer = await sent.catch((error) => { if (!down) throw error; });
        if (answer?.status === 200) acknowledged.push({ ...movement, version: answer.body.results[0].version });
        else if (answer !== undefined) isProblem(answer, 503, "unavailable");
      }
    };
    const load = Promise.all(Array.from({ length: 4 }, sender));
    await moves(sku, "POST");
    const far = [() => true, ({ entries, state }) => entries > 0 || state !== "copying", ({ state }) => state !== "copying"];
    const look = async () => body(await moves(sku)).moves.find(({ region }) => region === "enam");
    const at = await until(look, far[round]);
    down = true;
    await api.kill();
    await load;
    await api.start();

    const after = await moved(sku);
    assert.equal(after.at(-1), "moved");
    const { entries, onHand } = await soundLedger(sku, acknowledged);
    const { on_hand, version } = await api.position(sku);
    assert.deepEqual([on_hand, version], [onHand, entries.length]);
    assert.ok(onHand >= 12_000 + acknowledged.length && entries.length >= 2_001 + acknowledged.length);
    console.log(`killed at ${JSON.stringify(at)}; after the restart: ${after.join(", ")}`);
  });
}

test("a quote that was held and one that was sold before the move are as good after it", async () => {
  const sku = "HELD-02";
  for (const one of [sku, "HELD-03"]) await stock(one, 50);
  const both = [{ sku, quantity: 4 }, { sku: "HELD-03", quantity: 2 }];
  const [held, sold, freed, old] = await Promise.all([1, 2, 3, 4].map(async () => (await open(both)).body));
  await act(sold.id, "commit");
  await moved(sku);
  assert.equal((await api.line(sku)).source, "shard");
  assert.deepEqual((await act(held.id, "commit", { lines: [{ line: 0, quantity: 3 }] })).body.lines.map((line) => line.committed), [3, undefined]);
  assert.equal((await act(freed.id, "release")).body.state, "released");
  assert.deepEqual((await act(sold.id, "returns", { lines: [{ line: 0, quantity: 1 }, { line: 1, quantity: 1 }] })).body.lines.map((line) => line.returned), [1, 1]);
  const counters = async (one) => { const { on_hand, held: h, committed } = await api.position(one); return [on_hand, h, committed]; };
  assert.deepEqual([await counters(sku), await counters("HELD-03")], [[50, 4, 6], [50, 2, 1]]);
  // The four units of the old quote may be used again, and no more than there are.
  isProblem(await open([{ sku, quantity: 45 }], { replace: old.id }), 409, "insufficient_stock");
  const instead = await open([{ sku, quantity: 44 }], { replace: old.id });
  assert.equal(instead.status, 201, instead.text);
  assert.equal((await api.get(`/v1/quotes/${old.id}`)).state, "released");
  assert.equal((await act(instead.body.id, "commit")).body.state, "committed");
  assert.deepEqual([await counters(sku), await counters("HELD-03")], [[50, 0, 50], [50, 0, 1]]);
});

test("a catalogue that has forgotten where a sku is costs a detour and nothing else", async () => {
  const sku = "HELD-04";
  await stock(sku, 10);
  await moved(sku);
  const { body: list } = await api.ask("GET", "/v1/admin/catalog?key=shards", { key: "admin" });
  assert.ok(list.some((name) => name.region === "enam" && name.sku === sku), JSON.stringify(list));
  const forget = await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body: '{"key":"shards","value":null}' });
  assert.equal(forget.status, 200);
  const line = await api.line(sku);
  assert.deepEqual([line.available, line.source], [10, "shard"]);
  const quote = (await open([{ sku, quantity: 3 }, { sku: "HELD-03", quantity: 1 }])).body;
  const [receipt, other] = await api.move([
    { id: fresh("in"), sku, location: "ATL1", kind: "receipt", quantity: 1 },
    { id: fresh("in"), sku: "HELD-03", location: "ATL1", kind: "receipt", quantity: 1 },
  ]);
  assert.deepEqual([receipt.result, receipt.on_hand, other.result], ["applied", 11, "applied"]);
  const receipts = [{ id: "PO-1", sku, location: "ATL1", quantity: 5, eta: "2098-01-01T00:00:00Z" }];
  assert.equal((await api.post("/v1/stock/incoming", { receipts }, "stock-only")).results[0].result, "scheduled");
  assert.deepEqual((await api.ledger(sku)).map(({ kind }) => kind), ["count", "receipt"]);
  assert.equal((await act(quote.id, "commit")).body.state, "committed");
  await moved(sku); // and it is in the catalogue again
});

test("what cannot be moved is refused, and asking again begins nothing", async () => {
  const post = (json, key = "admin") => api.ask("POST", "/v1/admin/shards/moves", { key, json });
  isProblem(await post({ sku: "NOBODY-1" }), 404, "not_found");
  isProblem(await post({ sku: "KIT-1" }), 422, "invalid_request");
  namesFields(await post({ sku: "PAD-1", region: "apac" }), { "/region": "unknown_region" });
  namesFields(await post({}), { "/sku": "missing" });
  namesFields(await post({ sku: "PAD-1", to: "bucket" }), { "/to": "unknown_field" });
  isProblem(await post({ sku: "PAD-1" }, "stock-only"), 403, "forbidden");
  isProblem(await api.ask("GET", "/v1/admin/shards/moves", { key: "admin" }), 422, "invalid_request");
  isProblem(await api.ask("DELETE", "/v1/admin/shards/moves", { key: "admin" }), 405, "method_not_allowed");
  const list = '{"key":"shards","value":[{"region":"enam","sku":"PAD-1"}]}';
  isProblem(await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body: list }), 422, "invalid_request");

  const none = body(await moves("PAD-1"));
  assert.deepEqual(none.moves.map(({ region, from, to, state, mapped }) => [region, from, to, state, mapped]), [
    ["enam", "enam/0", "enam/=PAD-1", "none", false], ["wnam", "wnam/0", "wnam/=PAD-1", "none", false],
  ]);
  const stockBefore = await api.get("/v1/stock/PAD-1", "stock-only");
  const everywhere = async () => (await post({ sku: "PAD-1" })).body;
  await until(everywhere, (answer) => answer.moves.every(({ state, mapped }) => state === "moved" && mapped));
  assert.deepEqual(await api.get("/v1/stock/PAD-1", "stock-only"), stockBefore);
  const again = await post({ sku: "PAD-1" });
  assert.deepEqual([again.status, again.body], [200, await everywhere()]);
  assert.equal((await post({ sku: "MOVED/1" })).status, 202, "a sku with a slash has a shard of its own too");
  assert.equal((await moved("MOVED/1")).at(-1), "moved");
});
