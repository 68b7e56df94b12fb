// The storefront package without a browser: what it says in which language, how it asks, what it does when it cannot.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, mock, test } from "node:test";
import { ROOT } from "../local/config.mjs";
import { count, day, moment, money, time, vehicleName } from "../storefront/src/formats.js";
import { events } from "../storefront/src/stream.js";
import { LANGUAGES, say } from "../storefront/src/words.js";

const PACKAGE = join(ROOT, "storefront");
const NOW = Date.parse("2026-11-21T15:00:00Z"); // Saturday, 10:00 in Atlanta
const ATLANTA = "America/New_York";

test("every language says everything, with the same things filled in", () => {
  const fills = (words) => Object.fromEntries(Object.entries(words).map(([name, text]) => [name, [...text.matchAll(/\{\w+\}/g)].map(String).sort()]));
  for (const [language, words] of Object.entries(LANGUAGES)) assert.deepEqual(fills(words), fills(LANGUAGES.en), language);
  assert.equal(say("pickup_today", "en", { count: 3, place: "Atlanta Midtown", until: "17:00" }), "3 today at Atlanta Midtown, until 17:00");
  assert.equal(say("in_stock", "de-AT"), "Auf Lager");
  assert.equal(say("in_stock", "pt-BR"), "In stock", "English where there are no words");
});

test("amounts are written as each language writes them, in the currency's own minor units", () => {
  const plain = (text) => text.replace(/\s/g, " ");
  const written = (language) => plain(money({ amount: 1_234_50, currency: "USD" }, language));
  assert.deepEqual(["en-US", "de-DE", "fr-FR"].map(written), ["$1,234.50", "1.234,50 $", "1 234,50 $US"]);
  assert.equal(plain(money({ amount: 1_500, currency: "JPY" }, "en")), "¥1,500");
});

test("days are told by the clocks of the place", () => {
  assert.equal(day("2026-11-22T04:59:00Z", "en", ATLANTA, NOW), "today");
  assert.equal(day("2026-11-22T05:00:00Z", "en", ATLANTA, NOW), "tomorrow");
  assert.equal(day("2026-11-23T13:00:00Z", "de", ATLANTA, NOW), "Montag");
  assert.equal(day("2026-12-24T13:00:00Z", "es", ATLANTA, NOW), "24 de diciembre");
  assert.equal(day("2027-12-24T13:00:00Z", "fr", ATLANTA, NOW), "24 décembre 2027");
  assert.equal(time("2026-11-21T22:00:00Z", "de", ATLANTA), "17:00");
  assert.equal(moment("2026-11-21T22:00:00Z", "en-US", ATLANTA, NOW), "5:00\u00a0PM");
  assert.equal(moment("2026-11-22T22:00:00Z", "en-US", ATLANTA, NOW), "tomorrow 5:00\u00a0PM");
  // Clocks change on 1 November 2026: the day has 25 hours, and is one day.
  assert.equal(day("2026-11-02T05:30:00Z", "en", ATLANTA, Date.parse("2026-11-01T04:30:00Z")), "tomorrow");
});

test("ten units stand for more, and a vehicle is named as the language does", () => {
  assert.deepEqual([3, 10].map((units) => count(units, "en")), ["3", "10+"]);
  const accord = { year: 2003, make: "Honda", model: "Accord" };
  assert.deepEqual([vehicleName(accord, "en"), vehicleName(accord, "fr"), vehicleName({ year: 2003, make: null, model: null }, "en")],
    ["2003 Honda Accord", "Honda Accord 2003", ""]);
});

test("events are read however the network cuts them", async () => {
  const text = ": hello\r\n\r\nevent: availability\r\ndata: {\"sku\":\r\ndata: \"É\"}\r\nid: 7\r\n\r\nretry: 5\n\ndata\n\nevent: other\ndata: x\n\ndata: never ended";
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size));
    const seen = [];
    for await (const event of events(ReadableStream.from(chunks))) seen.push(event);
    assert.deepEqual(seen, [
      { event: "availability", data: "{\"sku\":\n\"É\"}" }, { event: "message", data: "" }, { event: "other", data: "x" },
    ], `${size} bytes at a time`);
  }
});

// How it asks. Time, the network and the page are the test's.
let asked, answers, page, sourceOf, retryAfter, settled;
beforeEach(async () => {
  asked = [];
  answers = [];
  page = Object.assign(new EventTarget(), { hidden: false });
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW });
  mock.method(Math, "random", () => 1);
  globalThis.document = page;
  mock.method(globalThis, "fetch", async (url, { headers, signal }) => {
    asked.push({ url, headers });
    const answer = answers.shift() ?? (url.includes("/stream") ? { status: 404 } : { body: itemsOf(url) });
    if (answer instanceof Error) throw answer;
    const { status = 200, body, headers: told = {} } = answer;
    signal?.throwIfAborted();
    return new Response(status === 304 || body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body), { status, headers: told });
  });
  ({ sourceOf, retryAfter } = await import("../storefront/src/availability.js"));
  settled = async () => { for (let n = 0; n < 50; n++) await new Promise((done) => setImmediate(done)); };
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  delete globalThis.document;
});

const skusOf = (url) => new URL(url).searchParams.getAll("sku");
const itemsOf = (url, status = "in_stock") => ({ items: skusOf(url).map((sku) => ({ sku, status })) });
const lists = () => asked.filter(({ url }) => !url.includes("/stream"));
const body = (skus, status) => ({ items: skus.map((sku) => ({ sku, status })) });
let shops = 0;
/** A source that nobody else has. */
const shop = (settings = {}) => sourceOf({ endpoint: `https://shop-${++shops}.example/`, key: "public", place: null, vin: null, refresh: 15, ...settings });
const pass = async (ms) => { mock.timers.tick(ms); await settled(); };

test("all parts of a page are asked about in one request, with the key in a header alone", async () => {
  const source = shop({ place: { lat: 33.75, lon: -84.39 }, vin: "1HGCM82633A004352" });
  const told = [];
  for (const sku of ["B", "A", "B"]) source.watch([sku], ({ item }) => told.push(item.sku));
  await pass(0);
  assert.equal(lists().length, 1);
  const { url, headers } = asked[0];
  assert.match(url, /^https:\/\/shop-\d+\.example\/v1\/availability\?sku=A&sku=B&lat=33\.75&lon=-84\.39&vin=1HGCM82633A004352$/);
  assert.equal(headers.authorization, "Bearer public");
  assert.ok(asked.every(({ url }) => !url.includes("public")));
  assert.deepEqual(told.sort(), ["A", "B", "B"]);
});

test("fifty parts are one request, fifty-one are two", async () => {
  const names = (count) => Array.from({ length: count }, (_, n) => `P-${n}`);
  shop().watch(names(50), () => {});
  await pass(0);
  assert.deepEqual(lists().map(({ url }) => skusOf(url).length), [50]);
  asked = [];
  shop().watch(names(51), () => {});
  await pass(0);
  assert.deepEqual(lists().map(({ url }) => skusOf(url).length), [50, 1]);
});

test("what is known is asked about with its tag, and told again only when it has changed", async () => {
  const source = shop();
  const told = [];
  answers = [{ body: body(["A"], "in_stock"), headers: { etag: '"1"' } }, { status: 404 }, { status: 304 }, { body: body(["A"], "low_stock"), headers: { etag: '"2"' } }];
  source.watch(["A"], ({ item }) => told.push(item.status));
  await pass(0);
  await pass(15_000);
  assert.equal(lists()[1].headers["if-none-match"], '"1"');
  await pass(15_000);
  assert.deepEqual(told, ["in_stock", "low_stock"]);
  await pass(15_000);
  assert.equal(lists()[3].headers["if-none-match"], '"2"');
  assert.equal(asked.filter(({ url }) => url.includes("/stream")).length, 1, "a stream that is not there is not asked for again");
});

test("a server that asks for a pause gets it, and what was known is shown as stale meanwhile", async () => {
  for (const status of [429, 503]) {
    asked = [];
    const told = [];
    answers = [{ body: body(["A"], "in_stock") }, { status: 404 }, { status, headers: { "retry-after": "7" } }];
    const stop = shop().watch(["A"], ({ item, stale, at }) => told.push([item.status, stale, at]));
    await pass(0);
    await pass(15_000);
    assert.deepEqual(told, [["in_stock", false, undefined], ["in_stock", true, Date.now() - 15_000]]);
    await pass(6_999);
    assert.equal(lists().length, 2);
    await pass(1);
    assert.equal(lists().length, 3);
    assert.deepEqual(told.at(-1), ["in_stock", false, undefined]);
    stop();
  }
});

test("a part that comes onto the page during a pause waits for its end", async () => {
  const source = shop();
  answers = [{ status: 429, headers: { "retry-after": "30" } }];
  source.watch(["A"], () => {});
  await pass(0);
  source.watch(["B"], () => {});
  await pass(29_999);
  assert.equal(lists().length, 1);
  await pass(1);
  assert.deepEqual(skusOf(lists()[1].url), ["A", "B"]);
});

test("without a network the pauses grow, up to a minute", async () => {
  answers = Array.from({ length: 8 }, () => new TypeError("no network"));
  const errors = [];
  shop().watch(["A"], ({ error }) => errors.push(error?.message));
  await pass(0);
  for (const seconds of [1, 2, 4, 8, 16, 32, 60]) {
    const before = lists().length;
    await pass(seconds * 1_000 - 1);
    assert.equal(lists().length, before, `${seconds} s`);
    await pass(1);
    assert.equal(lists().length, before + 1);
  }
});

test("a refusal is told and not asked again", async () => {
  answers = [{ status: 403, body: { code: "forbidden", detail: "not from here" } }];
  const errors = [];
  shop().watch(["A"], ({ error }) => errors.push([error.status, error.code, error.message]));
  await pass(0);
  await pass(600_000);
  assert.deepEqual([errors, asked.length], [[[403, "forbidden", "not from here"]], 1]);
});

test("nobody is asked while nobody looks", async () => {
  const stop = shop().watch(["A"], () => {});
  await pass(0);
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  await pass(600_000);
  assert.equal(lists().length, 1);
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await pass(0);
  assert.equal(lists().length, 2);
  stop();
  await pass(600_000);
  assert.equal(lists().length, 2, "nor when no element is left");
  page.hidden = true;
  shop().watch(["A"], () => {});
  await pass(0);
  await pass(600_000);
  assert.equal(lists().length, 3, "a page that was opened behind another asks once");
});

test("a stream brings the news, keeps what it does not know, and when it ends the looks go on", async () => {
  const item = { sku: "A", status: "low_stock" };
  answers = [
    { body: { items: [{ sku: "A", status: "in_stock", fits: "yes", fit_quantity: 2 }], vehicle: { model: "Accord" } } },
    { body: `event: availability\ndata: ${JSON.stringify(item)}\n\n`, headers: { "content-type": "text/event-stream" } },
  ];
  const told = [];
  shop({ vin: "1HGCM82633A004352" }).watch(["A"], ({ item, vehicle }) => told.push([item.status, item.fits, vehicle?.model]));
  await pass(0);
  assert.deepEqual(told, [["in_stock", "yes", "Accord"], ["low_stock", "yes", "Accord"]]);
  assert.match(asked[1].url, /\/v1\/availability\/stream\?sku=A$/);
  assert.deepEqual([asked[1].headers.accept, asked[1].headers.authorization], ["text/event-stream", "Bearer public"]);
  await pass(15_000);
  assert.equal(lists().length, 2);
  assert.ok(asked.at(-1).url.includes("/stream"), "and it is opened again");
});

test("a pause is read in seconds or as a date", () => {
  assert.deepEqual(["3", "Sat, 21 Nov 2026 15:00:05 GMT", "Sat, 21 Nov 2026 14:00:00 GMT", "soon", null].map((header) => retryAfter(header, NOW)),
    [3_000, 5_000, 0, null, null]);
});

test("the typed client is that of the API's description", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-client-"));
  try {
    execFileSync(process.execPath, [join(ROOT, "node_modules/openapi-typescript/bin/cli.js"), join(ROOT, "web/openapi.json"), "-o", join(folder, "schema.d.ts")], { stdio: "ignore" });
    assert.ok(readFileSync(join(folder, "schema.d.ts"), "utf8") === readFileSync(join(PACKAGE, "client/schema.d.ts"), "utf8"),
      "storefront/client/schema.d.ts is stale: npm run client");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the types hold: what the API does not take or answer does not compile", () => {
  const folder = mkdtempSync(join(PACKAGE, "types-"));
  try {
    writeFileSync(join(folder, "shop.ts"), `
      import { createClient, type Schemas } from "../client/index.js";
      import { configure } from "../src/index.js";
      const client = createClient({ endpoint: "https://parts.example", key: "k" });
      const { data, error } = await client.GET("/v1/availability", { params: { query: { sku: ["A"], vin: "1HGCM82633A004352" } } });
      const status: Schemas["PublicAnswer"]["status"] | undefined = data?.items[0]?.status;
      const code: string | undefined = error?.code;
      // @ts-expect-error: there is no such path
      await client.GET("/v1/nothing");
      // @ts-expect-error: a status is not a number
      const wrong: number = data!.items[0]!.status;
      configure({ place: { lat: 33.75, lon: -84.39 } });
      // @ts-expect-error: a place has a longitude
      configure({ place: { lat: 33.75 } });
      const element = document.createElement("holdfast-availability");
      element.sku = "A";
      element.addEventListener("holdfast-availability", ({ detail }) => detail.item.pickup?.until);
      export { code, status, wrong };
    `);
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--lib", "es2023,dom,dom.iterable"];
    execFileSync(process.execPath, [tsc, ...options, join(folder, "shop.ts")], { encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout || String(error));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the package holds what it exports, and depends on what it imports", () => {
  const { exports, files, dependencies, private: kept } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  assert.equal(kept, undefined);
  for (const target of Object.values(exports).flatMap((one) => (typeof one === "string" ? [] : Object.values(one)))) {
    assert.ok(existsSync(join(PACKAGE, target)), target);
    assert.ok(files.includes(target.split("/")[1]), target);
  }
  const installed = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).devDependencies;
  for (const [name, version] of Object.entries(dependencies)) assert.equal(installed[name], version, name);
});
