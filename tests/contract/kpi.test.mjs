// The five numbers over HTTP: a day that the test makes happen, worked out by hand; what is reported; who may see it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { objectFile } from "../../bench/data.mjs";
import { isProblem, namesFields, openInstance, until } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const run = promisify(execFile);
const now = () => new Date().toISOString();
const day = (offset = 0) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
let count = 0;
const newId = () => `kpi-${(count += 1)}`;

const kpi = (query = "", key = "numbers") => api.get(`/v1/kpi?${query}`, key);
const report = (events, key = "numbers") => api.ask("POST", "/v1/kpi/events", { key, json: { events } });
const event = (kind, fields) => ({ id: newId(), kind, at: now(), ...fields });
const share = (numerator, denominator) => (
  { numerator, denominator, value: denominator === 0 ? null : Math.round((numerator / denominator) * 1e6) / 1e6 }
);
const usd = (amount) => ({ amount, currency: "USD" });

const send = (path, json, key = "shop") => api.ask("POST", path, { key, json, headers: { "idempotency-key": newId() } });
const hold = (lines, key, options = {}) => send("/v1/quotes", { lines, ...options }, key);
const move = async (sku, kind, quantity, location = "ATL1") => {
  const [result] = await api.move([{ id: newId(), sku, location, kind, quantity }]);
  assert.equal(result.result, "applied", JSON.stringify(result));
};

/** How long an answer took, as it says itself: the number that is counted. */
const took = (answer) => Number(/total;dur=(\d+)/.exec(answer.headers.get("server-timing"))[1]);
const query = async (sku, quantity, key = "shop") => {
  const answer = await api.ask("POST", "/v1/query", { key, json: { lines: [{ sku, quantity }], budget_ms: 5_000 } });
  assert.equal(answer.status, 200, answer.text);
  return { answer, line: answer.body.lines[0] };
};

test("a day that happened gives the five numbers, worked out by hand", async () => {
  const times = [];
  const ask = async (...asked) => {
    const { answer, line } = await query(...asked);
    times.push(took(answer));
    return line;
  };
  for (const sku of ["HELD-01", "HELD-02", "HELD-03", "HELD-04"]) await move(sku, "receipt", 10);

  // Kept: told 10, held 4. And a line of which nobody was told.
  assert.equal((await ask("HELD-01", 4)).available, 10);
  const { body: sold } = await hold([{ sku: "HELD-01", quantity: 4 }, { sku: "DIGITAL-1", quantity: 3 }, { sku: "CALIB-1", quantity: 2 }]);
  // A race: told 10, and another account takes 7.
  assert.equal((await ask("HELD-02", 5)).available, 10);
  assert.equal((await hold([{ sku: "HELD-02", quantity: 7 }], "fleet")).status, 201);
  isProblem(await hold([{ sku: "HELD-02", quantity: 5 }]), 409, "insufficient_stock");
  // The refusal told how many there are, so asking for more is nobody's phantom.
  isProblem(await hold([{ sku: "HELD-02", quantity: 5 }]), 409, "insufficient_stock");
  // A count: told 10, and then 3 are found.
  assert.equal((await ask("HELD-03", 6)).available, 10);
  await move("HELD-03", "count", 3);
  const { body: part } = await hold([{ sku: "HELD-03", quantity: 6 }], "shop", { partial: true });
  assert.equal(part.lines[0].held, 3);
  // A snapshot that is behind: the west's stock as it was published, and taken since.
  const west = await until(() => ask("WEST-1", 8), (line) => line.available === 8);
  assert.equal(west.source, "snapshot");
  assert.equal((await hold([{ sku: "WEST-1", quantity: 8 }], "few")).status, 201);
  isProblem(await hold([{ sku: "WEST-1", quantity: 8 }]), 409, "insufficient_stock");

  // Two of the windshields are sold, one comes back; one quote is given up.
  const committed = await send(`/v1/quotes/${sold.id}/commit`, {});
  assert.equal(committed.status, 200, committed.text);
  await send(`/v1/quotes/${sold.id}/returns`, { lines: [{ line: 2, quantity: 1 }] });
  await send(`/v1/quotes/${part.id}/release`, {});
  const amounts = sold.lines.map(({ price }) => price.extended.amount);

  // Records: right, 1 of 10 off, and as other systems counted, each within its class but one.
  await move("HELD-04", "count", 10);
  await move("HELD-04", "count", 9);
  const counted = (expected, found, grade) => event("count", { sku: "PAD-1", location: "ATL1", expected, found, class: grade });
  const reported = await report([
    counted(100, 101, "A"), counted(100, 102, "A"), counted(100, 97, "B"), counted(100, 95, "C"),
    event("household", { household: "h1", region: "enam", vehicles: [{ powertrain: "ice", count: 2 }, { powertrain: "ev" }] }),
    event("sale", { household: "h1", location: "ATL1", lines: [
      { class: "physical", amount: usd(30_000), powertrain: "ice" },
      { class: "recurring", amount: usd(1_200), powertrain: "ev" }] }),
    event("sale", { household: "h1", quote: sold.id, lines: [{ class: "physical", amount: usd(500), powertrain: "ice" }] }),
    event("sale", { household: "h2", lines: [{ class: "digital", amount: usd(800) }] }),
    event("sale", { at: new Date(Date.now() - 8 * 86_400_000).toISOString(), lines: [{ class: "physical", amount: usd(10_000) }] }),
  ]);
  assert.deepEqual([...new Set(reported.body.results.map(({ result }) => result))], ["accepted"], reported.text);
  assert.equal((await report([event("web_phantom", { sku: "PAD-1" })], "demo-web")).status, 200);
  isProblem(await api.ask("POST", "/v1/query", { key: "shop", json: { lines: [] } }), 422, "invalid_request");

  const settled = (numbers) => (
    numbers.funnel.queries === times.length && numbers.digital_repair.returned === 1
    && numbers.inventory_accuracy.records.denominator === 7 && numbers.inventory_accuracy.reported === 1
    && numbers.revenue_mix.length === 1 && numbers.revenue_mix[0].before === 10_000
    && numbers.funnel.quotes === 4 && numbers.funnel.refused === 3
    && numbers.api_response.functions.find(({ function: name }) => name === "query").refused === 1
  );
  const { numbers, from, to } = await until(kpi, ({ numbers }) => settled(numbers));
  assert.deepEqual([from, to], [day(-6), day()]);

  const fast = times.filter((millis) => millis < 100).length;
  assert.deepEqual(numbers.api_response.share, share(fast, times.length));
  const queries = numbers.api_response.functions.find((entry) => entry.function === "query");
  const sorted = times.toSorted((one, other) => one - other);
  const exact = (part) => sorted[Math.ceil(sorted.length * part) - 1];
  assert.deepEqual([queries.count, queries.refused, queries.failed], [times.length, 1, 0]);
  for (const [name, part] of [["p50", 0.5], ["p90", 0.9], ["p99", 0.99]]) {
    assert.ok(queries[name] >= exact(part) && queries[name] <= exact(part) * 65 / 64, `${name}: ${queries[name]} of ${exact(part)}`);
  }

  assert.deepEqual(numbers.digital_repair, {
    share: share(0, 2), returned: 1, issued: 0, succeeded: 0, failed: 0, refused: 0, revoked: 0, expired: 0,
  });

  const stock = numbers.inventory_accuracy;
  assert.deepEqual(stock.phantoms, share(3, 4));
  assert.deepEqual(stock.causes, { stale_snapshot: 1, race: 1, count: 1 });
  assert.deepEqual([stock.lines, stock.reported, stock.shortfalls], [9, 1, 0]);
  assert.equal(stock.allocation.count, 4);
  // Of HELD-03's and HELD-04's counts by shards, one is right and two are off by more than a percent.
  assert.deepEqual([stock.records, stock.exact], [share(4, 7), share(1, 7)]);

  // Two cars at 116,150 a year and one at 70,150, since today.
  const ice = Math.floor((116_150 * 2) / 365);
  const ev = Math.floor(70_150 / 365);
  assert.deepEqual(numbers.household_share, {
    currency: "USD", share: share(31_700, ice + ev), unregistered: 800,
    powertrains: [
      { powertrain: "ice", vehicle_days: 2, share: share(30_500, ice) },
      { powertrain: "ev", vehicle_days: 1, share: share(1_200, ev) },
    ],
  });

  const physical = 30_000 + amounts[0] + amounts[2] - amounts[2] / 2;
  const [digital, recurring] = [800 + amounts[1], 1_200];
  const light = digital + recurring;
  assert.deepEqual(numbers.revenue_mix, [{
    currency: "USD", recurring, digital, physical, share: share(light, light + physical), before: 10_000,
    growth: share(light, light + physical - 10_000),
  }]);
  assert.deepEqual(numbers.funnel, { queries: times.length, quotes: 4, refused: 3, commits: 1, tokens: 0, calibrations: 0 });
});

test("numbers are told by region, function and day, and the groups add up to the whole", async () => {
  const whole = await kpi("by=region");
  assert.deepEqual(whole.groups.map(({ region }) => region), ["enam", "wnam", "none"]);
  const sum = (of) => whole.groups.map(({ numbers }) => of(numbers)).reduce((one, other) => one + other);
  assert.equal(sum(({ funnel }) => funnel.queries), whole.numbers.funnel.queries);
  assert.equal(sum(({ inventory_accuracy: stock }) => stock.phantoms.numerator), whole.numbers.inventory_accuracy.phantoms.numerator);

  const days = await kpi(`by=day&from=${day(-8)}&to=${day()}`);
  assert.deepEqual(days.groups.map((group) => group.day), Array.from({ length: 9 }, (_, n) => day(n - 8)));
  assert.equal(days.groups[0].numbers.revenue_mix[0].physical, 10_000);
  assert.equal(days.groups[1].numbers.revenue_mix[0].before, 10_000, "a day is compared with the day before");
  assert.deepEqual(days.groups[8].numbers.funnel, days.numbers.funnel);
  assert.equal(days.groups[8].numbers.household_share.powertrains[0].vehicle_days, 2);
  const alone = await kpi(`by=day&from=${day()}&to=${day()}`);
  assert.deepEqual(alone.groups.map(({ numbers }) => numbers), [alone.numbers]);

  const west = await kpi("region=wnam");
  assert.deepEqual(west.numbers, whole.groups[1].numbers);
  assert.deepEqual((await kpi("region=wnam&by=region")).groups.map(({ region }) => region), ["wnam"]);

  const functions = await kpi("by=function");
  assert.deepEqual(functions.groups, functions.numbers.api_response.functions);
  const later = await kpi(`from=${day(1)}&to=${day(3)}`);
  assert.deepEqual(later.numbers.household_share.powertrains[0].vehicle_days, 6, "vehicles stay known");
});

test("numbers are told by week and month, and the revenue of each is compared with the one before", async () => {
  // Fridays of three weeks, and what is left of the last one.
  const sale = (date, amount) => event("sale", {
    at: `${date}T12:00:00Z`, lines: [{ class: "recurring", amount: { amount, currency: "AUD" } }],
  });
  const sold = [["2025-12-26", 10], ["2025-12-31", 20], ["2026-01-02", 300], ["2026-01-05", 4_000], ["2026-01-09", 50_000]];
  await report(sold.map(([date, amount]) => sale(date, amount)));
  await until(() => kpi("by=day&from=2026-01-09&to=2026-01-09"), ({ numbers }) => numbers.revenue_mix[0]?.recurring === 50_000);
  const weeks = await kpi("by=week&from=2025-12-31&to=2026-01-07");
  assert.deepEqual([weeks.from, weeks.to], ["2025-12-29", "2026-01-07"], "the first week is whole");
  assert.deepEqual(weeks.groups.map(({ week, from, to, numbers: { revenue_mix: [mix] } }) => [week, from, to, mix.recurring, mix.before, mix.growth.numerator]), [
    ["2026-W01", "2025-12-29", "2026-01-04", 320, 10, 310],
    // Monday to Wednesday, compared with Monday to Wednesday.
    ["2026-W02", "2026-01-05", "2026-01-07", 4_000, 20, 3_980],
  ]);
  assert.deepEqual([weeks.numbers.revenue_mix[0].recurring, weeks.numbers.revenue_mix[0].before], [4_320, 10], "all, with the ten days before");
  const months = await kpi("by=month&from=2025-12-31&to=2026-01-08");
  assert.deepEqual(months.groups.map(({ month, from, to, numbers: { revenue_mix: [mix] } }) => [month, from, to, mix.recurring, mix.before]), [
    ["2025-12", "2025-12-01", "2025-12-31", 30, 0],
    ["2026-01", "2026-01-01", "2026-01-08", 4_300, 0],
  ]);
  assert.deepEqual((await kpi("by=week")).groups.length, new Date().getUTCDay() === 0 ? 12 : 13, "twelve weeks of days");
  assert.ok([12, 13].includes((await kpi("by=month")).groups.length));
});

test("a period has an order and a length, and the numbers are for those who may see them", async () => {
  for (const [query, pointer] of [
    [`from=${day(1)}`, "/from"], ["from=2026-02-30", "/from"], ["to=yesterday", "/to"], ["by=year", "/by"], ["region=%2F", "/region"],
    // 801 days, 101 days.
    ...["", "by=region&", "by=week&", "by=month&"].map((by) => [`${by}from=2024-01-01&to=2026-03-11`, "/from"]),
    ["by=day&from=2026-01-01&to=2026-04-11", "/from"],
  ]) namesFields(await api.ask("GET", `/v1/kpi?${query}`, { key: "numbers" }), { [pointer]: "invalid" });
  namesFields(await api.ask("GET", "/v1/kpi?region=nowhere", { key: "numbers" }), { "/region": "unknown_region" });
  for (const [query, groups] of [
    ["from=2024-01-01&to=2026-03-10", 0], ["by=day&from=2026-01-01&to=2026-04-10", 100],
    ["by=week&from=2024-01-01&to=2026-03-10", 115], ["by=month&from=2024-01-01&to=2026-03-10", 27],
  ]) assert.equal((await kpi(query)).groups.length, groups, query);
  for (const path of ["/v1/kpi", "/metrics"]) {
    isProblem(await api.ask("GET", path), 401, "unauthenticated");
    isProblem(await api.ask("GET", path, { key: "shop" }), 403, "forbidden");
    isProblem(await api.ask("GET", path, { key: "demo-web" }), 403, "forbidden");
  }
  isProblem(await api.ask("POST", "/v1/kpi", { key: "numbers" }), 405, "method_not_allowed");
});

test("an event that is reported twice counts once, and the log has it once", async () => {
  const sales = Array.from({ length: 3 }, () => event("sale", { lines: [{ class: "digital", amount: { amount: 7, currency: "CAD" } }] }));
  const cad = async () => (await kpi()).numbers.revenue_mix.find(({ currency }) => currency === "CAD")?.digital;
  await report(sales);
  await until(cad, (digital) => digital === 21);
  await Promise.all([report(sales), report([sales[2], sales[0]])]);
  const last = event("sale", { lines: [{ class: "digital", amount: { amount: 1, currency: "CAD" } }] });
  await report([...sales, last]);
  await until(cad, (digital) => digital !== 21);
  assert.equal(await cad(), 22);
  const { events } = await api.get(`/v1/admin/events?day=${day()}&limit=500`, "admin");
  const logged = events.map(({ id }) => id).filter((id) => id.startsWith("posted/admin:"));
  for (const { id } of [...sales, last]) assert.equal(logged.filter((known) => known === `posted/admin:${id}`).length, 1);
});

test("each event is taken or refused by itself, by the key that reports it", async () => {
  const sound = event("web_timing", { page: "/p/1", metric: "lcp", value: 1_200 });
  const { body } = await report([sound, event("web_timing", { metric: "lcp", value: -1 }), event("sale", {}), "no event"], "demo-web");
  assert.deepEqual(body.results.map(({ id, result, errors }) => [id, result, errors?.map(({ pointer, code }) => `${pointer} ${code}`)]), [
    [sound.id, "accepted", undefined],
    [`kpi-${count - 1}`, "rejected", ["/value invalid"]],
    [`kpi-${count}`, "rejected", ["/kind invalid"]],
    [null, "rejected", ["/kind invalid"]],
  ]);
  const refused = async (fields, pointer, key = "numbers") => {
    const { body } = await report([fields], key);
    assert.deepEqual(body.results.map(({ errors }) => errors.map((error) => error.pointer)), [[pointer]], JSON.stringify(body));
  };
  const sale = (fields) => event("sale", { lines: [{ class: "digital", amount: usd(1) }], ...fields });
  await refused(sale({ region: "nowhere" }), "/region");
  await refused(sale({ location: "NOWHERE" }), "/location");
  await refused(sale({ at: new Date(Date.now() + 600_000).toISOString() }), "/at");
  await refused(sale({ at: "2020-01-01T00:00:00Z" }), "/at");
  await refused(sale({ note: "x" }), "/note");
  await refused(event("web_timing", { metric: "lcp", value: 1, page: "x".repeat(17_000) }), "", "demo-web");
  await refused(event("web_timing", { metric: "lcp", value: 1, region: "enam" }), "/region", "demo-web");
  await until(kpi, ({ numbers }) => numbers.web.find(({ metric }) => metric === "lcp")?.count === 1);
});

test("a report has its limits, and no right to report has none", async () => {
  const timing = () => event("web_timing", { metric: "load", value: 10 });
  namesFields(await report([]), { "/events": "out_of_range" });
  namesFields(await report(Array.from({ length: 1_001 }, timing)), { "/events": "out_of_range" });
  namesFields(await api.ask("POST", "/v1/kpi/events", { key: "numbers", json: { events: [timing()], more: 1 } }), { "/more": "unknown_field" });
  isProblem(await api.ask("POST", "/v1/kpi/events", { key: "numbers", body: "{" }), 400, "invalid_json");
  isProblem(await api.ask("POST", "/v1/kpi/events", { key: "numbers", body: " ".repeat(1_048_577) }), 413, "too_large");
  isProblem(await report([timing()], "stock-only"), 403, "forbidden");
  isProblem(await api.ask("POST", "/v1/kpi/events", { json: { events: [timing()] } }), 401, "unauthenticated");
  isProblem(await api.ask("GET", "/v1/kpi/events", { key: "numbers" }), 405, "method_not_allowed");
});

test("a page may report from its own origin only", async () => {
  const preflight = await api.ask("OPTIONS", "/v1/kpi/events", { headers: { origin: "https://shop.example" } });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get("access-control-allow-methods"), /POST/);
  assert.match(preflight.headers.get("access-control-allow-headers"), /Content-Type/);
  const from = (origin) => api.ask("POST", "/v1/kpi/events", {
    key: "page", json: { events: [event("web_timing", { metric: "ttfb", value: 5 })] }, headers: { origin },
  });
  const taken = await from("https://shop.example");
  assert.deepEqual([taken.status, taken.headers.get("access-control-allow-origin")], [200, "*"]);
  isProblem(await from("https://evil.example"), 403, "forbidden");
});

test("a page that reports too much is told when to go on, and others are not held up", async () => {
  const many = () => report(Array.from({ length: 1_000 }, () => event("web_timing", { metric: "widget", value: 3 })), "demo-web");
  let refused;
  // A minute may end meanwhile, so up to twice what it allows.
  for (let n = 0; n < 14 && refused?.status !== 429; n += 1) refused = await many();
  const problem = isProblem(refused, 429, "too_many_requests");
  assert.equal(problem.retryable, true);
  const wait = Number(refused.headers.get("retry-after"));
  assert.ok(wait >= 1 && wait <= 60, String(wait));
  assert.match(refused.headers.get("ratelimit-policy"), /^"beacon";q=6000;w=60$/);
  assert.match(refused.headers.get("ratelimit"), /^"beacon";r=\d+;t=\d+$/);
  assert.equal((await report([event("web_timing", { metric: "ttfb", value: 5 })], "page")).status, 200);
  assert.equal((await report([event("count", { sku: "PAD-1", expected: 1, found: 1 })])).status, 200);
});

test("the metrics are OpenMetrics, to a published parser", async (t) => {
  const response = await fetch(`${api.url}/metrics`, { headers: { authorization: "Bearer numbers" } });
  assert.equal(response.headers.get("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  const text = await response.text();
  assert.match(text, /^holdfast_quotes_total\{region="enam",outcome="held"\} 4$/m);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-metrics-"));
  t.after(() => rmSync(folder, { recursive: true }));
  try {
    await run("python3", ["-m", "venv", join(folder, "venv")]);
    await run(join(folder, "venv/bin/pip"), ["install", "--quiet", "--disable-pip-version-check", "prometheus_client==0.23.1"]);
  } catch (error) {
    t.skip(`no prometheus_client to parse it with: ${error.message.split("\n")[0]}`);
    return;
  }
  writeFileSync(join(folder, "metrics.txt"), text);
  const script = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
for family in parse(open(sys.argv[1]).read()):
    print(family.name, family.type, len(family.samples))`;
  const { stdout } = await run(join(folder, "venv/bin/python"), ["-c", script, join(folder, "metrics.txt")]);
  assert.match(stdout, /^holdfast_request_duration_seconds histogram \d\d+$/m);
  assert.match(stdout, /^holdfast_quotes counter \d+$/m);
  assert.match(stdout, /^holdfast_revenue_minor_units gauge \d+$/m);
});

test("a household of which nothing is heard for as long as boards are kept is forgotten, and its vehicles leave", async () => {
  const vehicles = async () => (await kpi(`from=${day()}&to=${day()}&region=enam`)).numbers.household_share.powertrains;
  const before = await vehicles();
  assert.deepEqual(before.map(({ vehicle_days: days }) => days), [2, 1], "h1 has been reported above");
  const heard = (days) => {
    const board = new DatabaseSync(objectFile(api.state, "KpiBoard", "enam"));
    board.prepare("UPDATE households SET heard = ? WHERE id = 'h1'").run(Math.floor(Date.now() / 86_400_000) - days);
    board.close();
  };
  const sale = () => report([event("sale", { location: "ATL1", lines: [{ class: "digital", amount: { amount: 1, currency: "NZD" } }] })]);
  const nzd = async () => (await kpi("region=enam")).numbers.revenue_mix.find(({ currency }) => currency === "NZD")?.digital ?? 0;
  for (const [days, left, sold] of [[800, before, 1], [801, [], 2]]) {
    await api.stop();
    heard(days);
    await api.start();
    await sale();
    await until(nzd, (digital) => digital === sold);
    const known = (await vehicles()).map(({ powertrain, vehicle_days: of }) => [powertrain, of]);
    // What it has spent today stays on the board, of a share of nothing.
    assert.deepEqual(known.filter(([, of]) => of !== 0), left.map(({ powertrain, vehicle_days: of }) => [powertrain, of]), `${days} days`);
  }
});

test("a runtime that is killed while it counts loses nothing and doubles nothing", async () => {
  const sale = () => event("sale", { lines: [{ class: "digital", amount: { amount: 1, currency: "EUR" } }] });
  const counted = async () => (await kpi()).numbers.revenue_mix.find(({ currency }) => currency === "EUR")?.digital ?? 0;
  let sold = 0;
  for (const wait of [0, 15, 40, 100, 1_000]) {
    const batches = Array.from({ length: 5 }, () => Array.from({ length: 200 }, sale));
    for (const batch of batches) assert.equal((await report(batch)).status, 200);
    sold += 1_000;
    await new Promise((done) => setTimeout(done, wait));
    await api.kill();
    await api.start();
    // As somebody would who did not get the answer.
    await report(batches[4]);
  }
  await until(counted, (units) => units >= sold);
  await report([sale()]);
  await until(counted, (units) => units !== sold);
  assert.equal(await counted(), sold + 1);
});
