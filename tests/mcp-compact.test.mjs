// How agents are told what the API answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { refuse, show } from "../functions/glue/compact.js";

const told = (members) => JSON.parse(`{${members}}`);
const shown = (view, answer) => told(show(view, JSON.stringify(answer)));
const refused = (problem) => told(refuse(JSON.stringify(problem))).content[0].text;
const money = (amount, currency = "USD") => ({ amount, currency });

test("amounts are decimals of their currency, exact to the largest", () => {
  for (const [amount, currency, decimal] of [
    [4689, "USD", "46.89"], [5, "USD", "0.05"], [-5, "USD", "-0.05"], [0, "EUR", "0.00"], [1234, "JPY", "1234"], [1234, "KWD", "1.234"],
    [1_000_000_000_000, "USD", "10000000000.00"], [999_999_999_999, "USD", "9999999999.99"], [999_999_999_999, "KWD", "999999999.999"],
  ]) {
    assert.equal(shown("whole", { total: money(amount, currency) }).structuredContent.total, decimal);
  }
});

test("what is empty is left out, and nothing else", () => {
  const answer = { a: null, b: [], c: {}, d: { e: null }, f: 0, g: false, h: "", i: [null, 1], at: "2026-11-21T20:00:00.000Z", then: "2026-11-21T20:00:00.999Z" };
  assert.deepEqual(shown("whole", answer).structuredContent,
    { f: 0, g: false, h: "", i: [null, 1], at: "2026-11-21T20:00:00Z", then: "2026-11-21T20:00:00Z" });
});

test("text says what the data says", () => {
  const { content: [{ type, text }], structuredContent, isError } = shown("quote", {
    id: "q_1", state: "held", currency: "USD", total: money(2001),
    lines: [{ line: 0, sku: "A", quantity: 2, held: 2, price: { unit: money(1000), extended: money(2001), unit_exact: "10.0050" },
      allocations: [{ location: "ATL1", quantity: 1 }, { location: "HUB", quantity: 1 }] }],
  });
  assert.deepEqual([type, isError], ["text", false]);
  assert.deepEqual(structuredContent.lines, [{ line: 0, sku: "A", quantity: 2, held: 2, unit: "10.00", total: "20.01", from: { ATL1: 1, HUB: 1 } }]);
  assert.equal(text, "quote: q_1\nstate: held\ncurrency: USD\ntotal: 20.01\nlines:\n- line 0, sku A, quantity 2, held 2, unit 10.00, total 20.01, from (ATL1 1, HUB 1)");
});

test("a line says how old its word is only where that is not now", () => {
  const line = (more) => shown("lines", { as_of: "t", currency: "USD", lines: [{ line: 0, match: "exact", quantity: 1, status: "in_stock", available: 3, pack: { minimum: 1, multiple: 1 }, ...more }] }).structuredContent.lines[0];
  assert.deepEqual(line({ source: "shard", max_staleness_ms: 0 }), { line: 0, match: "exact", quantity: 1, status: "in_stock", available: 3 });
  assert.equal(line({ source: "snapshot", max_staleness_ms: 64_000 }).max_staleness_ms, 64_000);
  assert.deepEqual(line({ pack: { minimum: 2, multiple: 2 } }).pack, { minimum: 2, multiple: 2 });
});

test("a line without a price says why", () => {
  const answer = { as_of: "t", currency: "USD", lines: [{ line: 0, sku: "A", match: "exact", quantity: 1, status: "in_stock", available: 3, price: null, price_reason: "brand_not_sold_to_account" }] };
  assert.match(shown("lines", answer).content[0].text, /^0\. A x1 in_stock \(exact\), 3 available; brand_not_sold_to_account\nas of t$/);
});

test("a refusal says what to do next", () => {
  const problem = (code, more) => ({ code, detail: "why", retryable: false, errors: [], ...more });
  assert.match(refused(problem("quote_expired")), /^quote_expired: why\nNext: Its stock is free again/);
  assert.match(refused(problem("unavailable", { retryable: true })), /^unavailable: why\nNext: Send the same call again/);
  assert.match(refused(problem("quota_exceeded", { retryable: true })), /\nNext: Nothing is held\. Release quotes/);
  assert.equal(refused(problem("a_code_of_tomorrow")), "a_code_of_tomorrow: why");
  const errors = [{ pointer: "/lines/0", code: "insufficient_stock", detail: "1 of 2", sku: "A", alternates: [{ sku: "B", relation: "interchange", quantity: 2, status: "in_stock", available: 9, price: { unit: money(100), list: money(200) } }] }];
  assert.equal(refused(problem("insufficient_stock", { errors })).split("\n")[1],
    "- /lines/0: 1 of 2. sku A, alternates (sku B, relation interchange, quantity 2, status in_stock, available 9, unit 1.00)");
});
