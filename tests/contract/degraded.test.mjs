// What is answered while stock shards cannot be reached. Here their databases are unreadable; a shard that does not
// answer within the budget takes the same way, but on this runtime, where everything shares a thread, none is that slow.
import assert from "node:assert/strict";
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isProblem, openInstance, until } from "./instance.mjs";

const SKUS = ["PAD-1", "PAD-2", "NEW-3", "CORE-1", "SPLIT-1", "SAFE-1", "KIT-1", "BACK-1"];
const numbers = (lines) => lines.map(({ sku, available, status, eta }) => ({ sku, available, status, eta }));

let api, truth;
const shards = () => join(api.state, "objects", api.vars.STOCK_AND_QUOTES === "together" ? "Depot" : "StockShard");

before(async () => {
  api = await openInstance();
  truth = numbers(await api.lines(SKUS));
  // A shard publishes its oldest changes first and WEST-1 is in each region's last shard to change: all is published.
  await api.move([{ id: "last", sku: "WEST-1", location: "LAX1", kind: "receipt", quantity: 1 }]);
  await until(() => api.line("WEST-1"), ({ available }) => available === 9);
  await api.stop();
  cpSync(shards(), `${shards()}.sound`, { recursive: true });
  for (const file of readdirSync(shards())) {
    if (/^[0-9a-f]{64}\.sqlite$/.test(file)) writeFileSync(join(shards(), file), "this is no database ".repeat(1000));
  }
  await api.start();
});
after(() => api.close());

test("a query is answered from snapshots, with the same numbers, and says so", async () => {
  const lines = await api.lines(SKUS);
  assert.deepEqual(numbers(lines), truth);
  for (const { sku, source, max_staleness_ms } of lines) {
    assert.deepEqual([source, max_staleness_ms], ["snapshot", 94_000], sku);
  }
});

test("public availability is answered from snapshots", async () => {
  const { status, source, max_staleness_ms } = await api.get("/v1/availability/PAD-1", "page");
  assert.deepEqual([status, source, max_staleness_ms], ["in_stock", "snapshot", 94_000]);
});

test("a movement is refused without inner text, as something to send again", async () => {
  const movements = [{ id: "m-1", sku: "PAD-1", location: "ATL1", kind: "receipt", quantity: 1 }];
  const answer = await api.ask("POST", "/v1/stock/movements", { key: "stock-only", json: { movements }, faulty: true });
  const problem = isProblem(answer, 500, "internal");
  assert.equal(problem.retryable, true);
  assert.ok(!/sqlite|database/i.test(answer.text), answer.text);
});

test("when the shards are back, everything is as it was", async () => {
  await api.stop();
  rmSync(shards(), { recursive: true });
  renameSync(`${shards()}.sound`, shards());
  await api.start();
  const lines = await api.lines(SKUS);
  assert.deepEqual(numbers(lines), truth);
  assert.ok(lines.every(({ source }) => source === "shard"));
});
