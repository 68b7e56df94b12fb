// What a line costs. Each expected number can be worked out from catalogue/*.csv by hand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openInstance, usd, TIME } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const price = async (sku, quantity = 1, options) => (await api.line({ sku, quantity }, options)).price;

test("four decimals are kept, and rounded half to even once, at the extended amount", async () => {
  // 10.0050 × 1 = 10.005, × 3 = 30.015
  for (const [quantity, extended] of [[1, 1000], [2, 2001], [3, 3002]]) {
    const found = await price("PAD-1", quantity);
    assert.deepEqual([found.unit, found.unit_exact, found.extended], [usd(1000), "10.0050", usd(extended)]);
  }
});

test("a price names its type, level, list price and next break", async () => {
  const { list, core, price_type, level, break_next, valid_until } = await price("PAD-1");
  assert.deepEqual({ list, core, price_type, level, valid_until },
    { list: usd(2000), core: null, price_type: "JBR", level: "base_type", valid_until: null });
  assert.deepEqual(break_next, { quantity: 4, unit: usd(950), unit_exact: "9.5025" });
  assert.deepEqual((await price("PAD-1", 4)).extended, usd(3801), "9.5025 × 4");
});

test("an account pays its own price", async () => {
  assert.deepEqual((await price("PAD-1", 1, { key: "fleet" })).unit, usd(800));
});

test("a contract goes before everything, with its own breaks, and below the margin if so agreed", async () => {
  const found = await price("CONTRACT-1", 3, { key: "fleet" });
  assert.deepEqual([found.level, found.price_type, found.extended], ["contract", "QOT", usd(9302)], "31.0055 × 3");
  assert.deepEqual(found.break_next, { quantity: 10, unit: usd(2950), unit_exact: "29.5000" });
  assert.equal(found.valid_until, "2099-01-01T00:00:00.000Z");
  assert.equal((await price("CONTRACT-1")).level, "base_type", "nobody else has the contract");
});

test("a rule of the account goes before its base price, though that is lower", async () => {
  const found = await price("RULE-1", 2);
  assert.deepEqual([found.level, found.unit_exact, found.extended], ["account_rule", "14.9925", usd(2998)], "19.99 − 25 %");
});

test("the group's sheet goes before the branch's, and that before everyone's", async () => {
  const found = async (sku, key) => { const { level, unit } = await price(sku, 1, { key }); return [level, unit.amount]; };
  assert.deepEqual(await found("GROUP-1", "shop"), ["group_sheet", 2900]);
  assert.deepEqual(await found("GROUP-1", "late"), ["branch_sheet", 2800]);
  assert.deepEqual(await found("GROUP-1", "west"), ["base_type", 3000]);
  assert.deepEqual(await found("BRANCH-1", "shop"), ["branch_sheet", 3100]);
});

test("a sheet that is over or not yet in force is passed over for the list price", async () => {
  const found = await price("EXPIRED-1");
  assert.deepEqual([found.level, found.price_type, found.unit], ["list", "LST", usd(4500)]);
  assert.equal(found.valid_until, "2090-01-01T00:00:00.000Z", "then the jobber price comes back");
});

test("a promotion lowers the price from its quantity on, for those it is for, while it runs", async () => {
  const two = await price("PROMO-1", 2);
  assert.deepEqual([two.promotion, two.extended], [undefined, usd(2469)], "12.3456 × 2");
  assert.deepEqual(two.break_next, { quantity: 3, unit: usd(1111), unit_exact: "11.1110" });
  const three = await price("PROMO-1", 3);
  assert.deepEqual([three.promotion, three.unit_exact, three.extended], ["bulbs-by-three", "11.1110", usd(3333)]);
  assert.equal(three.valid_until, "2099-01-01T00:00:00.000Z");
});

test("the margin floor lifts a price that is too low", async () => {
  assert.deepEqual((await price("MARGIN-1")).unit, usd(1120), "10.00 + 12 %");
  assert.deepEqual((await price("MARGIN-1", 1, { key: "late" })).unit, usd(1050), "an account without a floor");
});

test("the core charge is a line of its own", async () => {
  const { unit, core, core_extended, extended } = await price("CORE-1", 2);
  assert.deepEqual({ unit, core, core_extended, extended },
    { unit: usd(14_617), core: usd(6_000), core_extended: usd(12_000), extended: usd(29_233) });
});

test("where there is no price, the line says why", async () => {
  const reason = async (sku, key) => {
    const { price, price_reason, available } = await api.line(sku, { key });
    assert.equal(price, null, sku);
    assert.ok(price_reason.detail.length > 0);
    return [price_reason.code, available];
  };
  assert.deepEqual(await reason("NOPRICE-1", "shop"), ["no_price", 5]);
  assert.deepEqual(await reason("EURO-1", "shop"), ["currency_not_available", 0]);
  assert.deepEqual(await reason("PAD-1", "euro"), ["currency_not_available", 40]);
  assert.deepEqual(await reason("LARGE-1", "shop"), ["quantity_too_small", 0]);
  assert.deepEqual(await reason("REFUSED-1", "shop"), ["brand_not_sold_to_account", 0]);
});

test("an account is quoted in its own currency", async () => {
  const answer = await api.post("/v1/query", { lines: [{ sku: "EURO-1" }], currency: "EUR" }, "euro");
  assert.deepEqual([answer.currency, answer.lines[0].price.unit], ["EUR", { amount: 1250, currency: "EUR" }]);
});

test("the explanation is enough to make the price again by hand", async () => {
  const { price: found, explain } = await api.line({ sku: "PROMO-1", quantity: 3 }, { explain: true });
  const effects = (rule) => explain.filter((step) => step.rule === rule).map(({ effect }) => effect);
  const [sheet] = effects("base_type");
  const [, from, unit] = /^JBR of sheet US, from quantity (\d+): ([\d.]+)$/.exec(sheet);
  const off = effects("promotion").map((effect) => /^bulbs-by-three, (\d+) basis points off/.exec(effect)).find(Boolean);
  const exact = Math.round(Number(unit) * (10_000 - Number(off[1]))) / 10_000;
  assert.equal(from, "1");
  assert.equal(exact.toFixed(4), found.unit_exact);
  assert.equal(Math.round(exact * 3 * 100), found.extended.amount);
  assert.ok(effects("promotion").some((effect) => effect.startsWith("bulbs-over passed over")));
  assert.deepEqual(effects("extended"), ["11.1110 × 3, half to even: 3333 minor units USD"]);
});

test("an explanation does not give away what the distributor pays", async () => {
  const { explain } = await api.line("MARGIN-1", { explain: true });
  assert.ok(explain.some(({ rule, effect }) => rule === "margin_floor" && effect.includes("11.2000")));
  assert.ok(!JSON.stringify(explain).match(/10\.0000|1200|12 ?%/), JSON.stringify(explain));
});

test("every time and amount in an answer is of one form", async () => {
  const answer = await api.post("/v1/query", { lines: ["PAD-1", "BACK-1", "CORE-1", "SPLIT-1"].map((sku) => ({ sku })) });
  const times = new Set(["as_of", "eta", "valid_until", "ready_at", "deliver_by", "cutoff", "opens_at"]);
  let seen = 0;
  JSON.stringify(answer, (name, value) => {
    if (times.has(name) && value !== null) { assert.match(value, TIME, name); seen += 1; }
    if (value?.amount !== undefined) {
      assert.ok(Number.isInteger(value.amount) && value.currency === "USD", name);
      assert.deepEqual(Object.keys(value), ["amount", "currency"]);
    }
    return value;
  });
  assert.ok(seen > 20, `${seen}`);
});
