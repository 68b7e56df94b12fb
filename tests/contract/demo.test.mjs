// `make demo`: a day of trade from a seed, played against an instance with the demonstration catalogue.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../local/config.mjs";
import { DAY, day } from "../../local/demo/day.mjs";
import { history } from "../../local/demo/history.mjs";
import { assortment } from "../../local/demo/tables.mjs";
import { openInstance, until } from "./instance.mjs";

const SHARE = 0.05; // of a day
let api, tables;
before(async () => {
  // The stock of the parts that this share of the day is about: all of it would take longer.
  const errands = JSON.stringify(day(assortment(), { seed: 1, share: SHARE }));
  tables = mkdtempSync(join(tmpdir(), "holdfast-demo-"));
  for (const file of ["stock.csv", "incoming.csv"]) {
    const [header, ...rows] = readFileSync(join(ROOT, "kv-seed/demo", file), "utf8").split("\n");
    const sku = header.split(",").indexOf("sku");
    writeFileSync(join(tables, file), [header, ...rows.filter((row) => errands.includes(`"${row.split(",")[sku]}"`)), ""].join("\n"));
  }
  api = await openInstance({ catalogue: join(ROOT, "kv-seed/demo"), stock: tables, admin: "demo-admin" });
});
after(async () => {
  await api?.close();
  rmSync(tables, { recursive: true });
});

/** Runs the command. */
const demo = (env) => new Promise((done) => {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, URL: api.url, SHARE: String(SHARE), ...env } };
  execFile(process.execPath, ["local/demo.mjs"], options, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
});
const kpi = (query = "") => api.get(`/v1/kpi${query}`, "demo-admin");

test("a seed makes a day, the same each time, and another seed another", () => {
  const stock = assortment();
  assert.deepEqual(day(stock, { seed: 7 }), day(stock, { seed: 7 }));
  assert.notDeepEqual(day(stock, { seed: 7 }), day(stock, { seed: 8 }));
  const errands = day(stock, { seed: 7 });
  assert.equal(errands.length, Object.values(DAY).reduce((sum, count) => sum + count));
  assert.equal(new Set(errands.map(({ id }) => id)).size, errands.length);
  const rare = errands.flatMap(({ part }) => part?.sku ?? []);
  assert.equal(new Set(rare).size, DAY.race + DAY.behind + DAY.recount, "errands do not spoil each other's phantoms");
  const at = Date.parse("2026-11-21T15:00:00Z");
  assert.deepEqual(history(7, at), history(7, at));
  const [before, after] = [at, at + 86_400_000].map((time) => history(7, time).filter(({ id }) => id.startsWith("demo-sale-7-2026-11-20")));
  assert.deepEqual(before.map(({ id }) => id), after.map(({ id }) => id), "what is past stays as it was");
});

test("a day that is played is on the board, with something of each number", async () => {
  const { code, stdout, stderr } = await demo();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /playing the day of seed 1: 100 %/);
  assert.match(stdout, new RegExp(`The board is at ${api.url}/kpi`));
  const told = Number(/(\d+) × 201/.exec(stdout)[1]);
  const { numbers } = await until(kpi, ({ numbers: { funnel, inventory_accuracy: stock } }) => (
    funnel.quotes === told && stock.phantoms.numerator >= 3 && funnel.calibrations >= 1
  ));
  assert.ok(numbers.funnel.queries > 20 && numbers.funnel.commits >= 3, JSON.stringify(numbers.funnel));
  assert.deepEqual(Object.values(numbers.inventory_accuracy.causes).map((count) => count >= 1), [true, true, true], JSON.stringify(numbers.inventory_accuracy));
  assert.ok(numbers.digital_repair.succeeded <= numbers.digital_repair.issued);
  assert.ok(numbers.household_share.share.value > 0.05 && numbers.household_share.share.value < 1, JSON.stringify(numbers.household_share));
  assert.equal(numbers.web.length, 6);
  const { groups } = await kpi("?by=week");
  assert.ok(groups.every(({ numbers: { revenue_mix: [mix] } }) => mix.physical > 0 && mix.recurring > 0), "twelve weeks have revenue");
});

test("the weeks before are reported once, the day as often as it is played", async () => {
  const past = async () => (await kpi("?by=week")).groups[3].numbers.revenue_mix;
  const [before, { numbers: { funnel: { queries } } }] = [await past(), await kpi()];
  const { code, stderr } = await demo();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /twelve weeks/);
  await until(kpi, ({ numbers: { funnel } }) => funnel.queries >= 2 * queries - 5);
  assert.deepEqual(await past(), before);
});

test("where no Holdfast is, or one that does not know the keys, it says what to do", async (t) => {
  const nobody = await demo({ URL: "http://127.0.0.1:9" });
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /There is no Holdfast at http:\/\/127\.0\.0\.1:9.*\n.*`make run`/);

  const other = createServer((_, response) => response.end('{"hello":"there"}')).listen(0, "127.0.0.1");
  t.after(() => other.close());
  await new Promise((done) => { other.once("listening", done); });
  const stranger = await demo({ URL: `http://127.0.0.1:${other.address().port}` });
  assert.deepEqual([stranger.code, stranger.stderr.includes("is not Holdfast")], [1, true], stranger.stderr);

  await api.restart({ vars: { ENVIRONMENT: "production" } });
  const refused = await demo();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /does not know the key demo-admin.*`make run`/);
  assert.equal((await demo({ SEED: "x" })).code, 2);
});
