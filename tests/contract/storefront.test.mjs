// The storefront elements in a real browser: in the demonstration shop, and in a shop of another origin whose pages are strict.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../local/config.mjs";
import { openInstance } from "./instance.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const chromium = process.env.CHROMIUM || ["chromium", "chromium-browser", "google-chrome"].map(path).find(Boolean);
const skip = chromium ? false : "no Chromium on PATH (Debian: apt-get install chromium; CHROMIUM=… names another)";
const STOCKED = ["BRKX-4410", "HALT-77310", "ECNV-100006", "RTNQ-R3005", "HALT-70917", "VLTM-8001", "RMNX-1882R", "VLTM-8608", "HALT-70003",
  "BRKX-5004", "ECNV-100007", "VLTM-8458", "FLTQ-F1456", "SPKW-4001"];
const ACCORD = "1HGCM82633A004352";
const MIDTOWN = { lat: 33.7838, lon: -84.383 };
const KEY = "a-key-of-the-shop";
const SIZES = [["phone", 390, 844], ["tablet", 820, 1180], ["desktop", 1280, 900]];
// An instance without a stream says 404, which Chromium notes on its own.
const NO_STREAM = /status of 404/;

function path(command) {
  try {
    return execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

let api, browser, tables, shop;
before(async () => {
  if (skip) return;
  const { chromium: type } = await import("playwright-core");
  browser = await type.launch({ executablePath: chromium, headless: true, args: FLAGS });
  tables = mkdtempSync(join(tmpdir(), "holdfast-storefront-"));
  for (const file of ["stock.csv", "incoming.csv"]) {
    const [header, ...rows] = readFileSync(join(ROOT, "kv-seed/demo", file), "utf8").split("\n");
    writeFileSync(join(tables, file), [header, ...rows.filter((row) => STOCKED.some((sku) => row.includes(`,${sku},`))), ""].join("\n"));
  }
  api = await openInstance({ catalogue: join(ROOT, "kv-seed/demo"), stock: tables, admin: "demo-admin" });
  shop = await openShop();
  // The shop's key, as an operator would make it: its origin and no other.
  const key = `key/${createHash("sha256").update(KEY).digest("hex")}`;
  const record = JSON.stringify({ key, value: { account: "web", scopes: ["web"], origins: [shop.url] } });
  assert.equal((await api.ask("PUT", "/v1/admin/catalog", { key: "demo-admin", body: record })).status, 200);
});
after(async () => {
  await browser?.close();
  await shop?.close();
  await api?.close();
  if (tables) rmSync(tables, { recursive: true });
});

/** A shop of another origin, whose pages allow no more than docs/webstores.md says. */
async function openShop() {
  const pages = new Map();
  const server = createServer((request, response) => {
    response.setHeader("content-security-policy", `default-src 'none'; script-src ${api.url}; connect-src ${api.url}; style-src 'self'; require-trusted-types-for 'script'; trusted-types lit-html`);
    response.setHeader("content-type", request.url.endsWith(".css") ? "text/css" : "text/html; charset=utf-8");
    response.statusCode = pages.has(request.url) ? 200 : 404;
    response.end(pages.get(request.url) ?? "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    show(body, { key = KEY, lang = "en-US", script = "", style = "" } = {}) {
      const name = `/${pages.size}`;
      pages.set(`${name}.css`, style);
      pages.set(name, `<!doctype html><html lang="${lang}"><title>A shop</title><link rel="stylesheet" href="${name}.css">
        <script type="module" src="${api.url}/holdfast.js" data-key="${key}" data-place="${MIDTOWN.lat},${MIDTOWN.lon}" data-refresh="1" ${script}></script>
        <main><h1>A shop</h1>${body}</main></html>`);
      return url + name;
    },
    close: () => new Promise((done) => server.close(done)),
  };
}

/** A page that fails the test, when it ends, if anything was wrong in it that was not to be: `expected`, a pattern. */
async function open(t, url, { expected = NO_STREAM, route, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", locale: "en-US", timezoneId: "America/New_York", ...options });
  const page = await context.newPage();
  const wrong = [];
  const requests = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) wrong.push(`${message.text()} ${message.location().url}`); });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => requests.push(request));
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong.filter((text) => !expected.test(text)), []);
  });
  await page.addInitScript(() => {
    globalThis.seen = [];
    for (const name of ["availability", "part", "vehicle", "error"]) {
      addEventListener(`holdfast-${name}`, ({ detail }) => globalThis.seen.push([name, detail]));
    }
    globalThis.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  if (route) await route(page);
  await page.goto(url);
  return Object.assign(page, { requests });
}

const answered = (page) => page.waitForFunction(() => (
  [...document.querySelectorAll("holdfast-availability")].every((one) => one.shadowRoot?.querySelector(".status"))));
const textOf = (page, selector) => page.locator(selector).first().innerText();
const has = (page, selector, words) => page.locator(selector).filter({ hasText: words }).first().waitFor();
const seen = (page, kind) => page.evaluate((wanted) => globalThis.seen.filter(([name]) => name === wanted).map(([, detail]) => detail), kind);
const looks = (page) => page.requests.filter((request) => /\/v1\/availability\?/.test(request.url()) && request.method() === "GET");

/** Every serious fault that axe finds. */
async function faults(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}

test("a page of another origin shows status, price, core, pickup and delivery, from one request for all its parts", { skip }, async (t) => {
  const page = await open(t, shop.show('<holdfast-availability sku="RTNQ-R3005"></holdfast-availability><holdfast-availability sku="VLTM-8001"></holdfast-availability>'));
  await answered(page);
  assert.equal(looks(page).length, 1);
  assert.ok(page.requests.every((request) => !request.url().includes(KEY)), "the key is in no address");
  const { items } = await api.get(`/v1/availability?sku=RTNQ-R3005&sku=VLTM-8001&lat=${MIDTOWN.lat}&lon=${MIDTOWN.lon}`, "demo-web");
  const battery = page.locator('[sku="VLTM-8001"]');
  const shown = (part) => battery.locator(`[part="${part}"]`).innerText();
  assert.equal(await shown("status"), "In stock");
  assert.match(await shown("price"), /^\$149\.36 \+ \$22\.00 core deposit$/);
  const clock = (at) => new Date(at).toLocaleTimeString("en-US", { timeStyle: "short", timeZone: "America/New_York" }).replace(/\s/g, " ");
  const { pickup, delivery } = items[1];
  assert.match((await shown("pickup")).replace(/\s/g, " "), new RegExp(`^4 .*at Atlanta Midtown, .*${clock(pickup.until)}$|^4 at Atlanta Midtown, .* from ${clock(pickup.ready_at)}$`));
  assert.match((await shown("delivery")).replace(/\s/g, " "), new RegExp(`^Delivered .* by ${clock(delivery.deliver_by)} if ordered by .*${clock(delivery.cutoff)}$`));
  const [told] = (await seen(page, "availability")).filter(({ sku }) => sku === "VLTM-8001");
  assert.deepEqual([told.item.status, told.item.price.core.amount, told.stale], ["in_stock", 2_200, false]);
});

test("with its key, a page of another origin reads public availability and nothing else", { skip }, async (t) => {
  const page = await open(t, shop.show('<holdfast-availability sku="BRKX-4410"></holdfast-availability>'), { expected: /CORS policy|net::ERR_FAILED|status of 40[34]/ });
  await answered(page);
  const reach = (path, method = "GET") => page.evaluate(async ([url, key, method]) => (
    fetch(url, { method, headers: { authorization: `Bearer ${key}` }, body: method === "POST" ? "{}" : undefined }).then(({ status }) => status, () => "hidden")
  ), [api.url + path, KEY, method]);
  assert.equal(await reach("/v1/availability?sku=BRKX-4410"), 200);
  for (const path of [`/v1/vehicles/${ACCORD}`, "/v1/parts/BRKX-4410", "/v1/stock/BRKX-4410", "/v1/quotes", "/v1/kpi", "/v1/admin/catalog?key=x"]) {
    assert.equal(await reach(path), "hidden", path);
    assert.equal((await api.ask("GET", path, { key: KEY })).status, 403, path);
  }
  for (const path of ["/v1/query", "/v1/quotes", "/v1/stock/movements"]) assert.equal(await reach(path, "POST"), "hidden", path);
});

test("with the key of another shop there is no answer: the page's own link stands, and the page is told why", { skip }, async (t) => {
  const url = shop.show('<holdfast-availability sku="BRKX-4410"><a href="/brake-pads">Ask us</a></holdfast-availability>', { key: KEY });
  const page = await open(t, url.replace("127.0.0.1", "localhost"), { expected: /status of 40[34]|CORS|ERR_FAILED/ });
  await has(page, "[part=failed]", "cannot be shown");
  await page.getByRole("link", { name: "Ask us" }).waitFor();
  const [error] = await seen(page, "error");
  assert.deepEqual([error.sku, error.status, error.code], ["BRKX-4410", 403, "forbidden"]);
});

test("without scripts there is a link", { skip }, async (t) => {
  const url = shop.show('<holdfast-availability sku="BRKX-4410"><a href="/brake-pads">Ask us</a></holdfast-availability>');
  const page = await open(t, url, { javaScriptEnabled: false });
  assert.ok(await page.getByRole("link", { name: "Ask us" }).isVisible());
});

test("what changes at the counter changes on the page, and is said aloud", { skip }, async (t) => {
  const page = await open(t, shop.show('<holdfast-availability sku="HALT-70917"></holdfast-availability>'));
  await answered(page);
  const said = page.locator('holdfast-availability [role="status"]');
  assert.equal(await said.innerText(), "", "the first answer is not news");
  const { positions } = await api.get("/v1/stock/HALT-70917", "demo-admin");
  await api.move(positions.map(({ location }) => ({ id: `gone-${location}`, sku: "HALT-70917", location, kind: "count", quantity: 0 })), "demo-admin");
  await page.waitForFunction(() => !document.querySelector("holdfast-availability").shadowRoot.querySelector(".status").matches(".in_stock, .low_stock"));
  assert.match(await said.textContent(), /^Haltrino 709-17: (On its way|Out of stock)$/);
  assert.match(await textOf(page, "[part=alternate]"), /^Instead: Rotanquil R3005 \$71\.96$/);
});

test("when the network goes, the last answer stays and says how old it is; when it is back, so is the present", { skip }, async (t) => {
  const page = await open(t, shop.show('<holdfast-availability sku="FLTQ-F1456"></holdfast-availability>'), { expected: /ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_NETWORK|status of 404/ });
  await answered(page);
  await page.context().setOffline(true);
  await page.waitForFunction(() => /as of \d/.test(document.querySelector("holdfast-availability").shadowRoot.querySelector(".status").textContent));
  assert.match(await textOf(page, "[part=status]"), /^In stock as of \d+:\d\d.[AP]M$/);
  assert.ok(await page.locator("[part=price]").isVisible());
  await page.context().setOffline(false);
  await page.waitForFunction(() => document.querySelector("holdfast-availability").shadowRoot.querySelector(".status").innerText === "In stock");
});

test("where the server has a stream, its news are shown as they come", { skip }, async (t) => {
  const item = { sku: "BRKX-4410", brand_name: "Brakvex", number: "44-10", description: "Brake pad", status: "low_stock", price: null, pickup: null, delivery: null, source: "shard", max_staleness_ms: 0 };
  const streamed = [];
  const route = (page) => page.route("**/v1/availability/stream?*", async (route) => {
    streamed.push(route.request());
    const headers = { "content-type": "text/event-stream", "access-control-allow-origin": "*" };
    if (streamed.length > 1) return route.fulfill({ status: 429, headers: { ...headers, "retry-after": "60" } });
    return route.fulfill({ status: 200, headers, body: `: hello\n\nevent: availability\ndata: ${JSON.stringify(item)}\n\n` });
  });
  // With news that contradict it, so that a look would show.
  const page = await open(t, shop.show('<holdfast-availability sku="BRKX-4410"></holdfast-availability>', { script: 'data-refresh="60"' }), { route, expected: /status of 4(04|29)/ });
  await page.waitForFunction(() => globalThis.seen.some(([name, { item }]) => name === "availability" && item.status === "low_stock"));
  assert.deepEqual((await seen(page, "availability")).map(({ item }) => item.status).slice(0, 2), ["in_stock", "low_stock"]);
  const headers = await streamed[0].allHeaders();
  assert.deepEqual([headers.accept, headers.authorization], ["text/event-stream", `Bearer ${KEY}`]);
});

test("a page has its own colours, and its own things in the element", { skip }, async (t) => {
  const page = await open(t, shop.show(`
    <holdfast-availability sku="BRKX-4410"><button slot="action">Add to basket</button></holdfast-availability>
    <holdfast-availability sku="ECNV-101730" part-href="/p/{sku}"><a slot="unavailable" href="/notify">Tell me when it is back</a></holdfast-availability>`,
  { style: "holdfast-availability { --holdfast-good: rgb(1, 2, 3); --holdfast-accent: rgb(4, 5, 6); --holdfast-font: serif; --holdfast-height: 15em; }" }));
  await answered(page);
  const style = (selector, name) => page.locator(selector).first().evaluate((element, name) => getComputedStyle(element)[name], name);
  assert.equal(await style('[sku="BRKX-4410"] .status span', "color"), "rgb(1, 2, 3)");
  assert.equal(await style('[sku="BRKX-4410"] .status', "fontFamily"), "serif");
  assert.equal(await style('[sku="BRKX-4410"] .box', "minHeight"), "240px");
  assert.ok(await page.getByRole("button", { name: "Add to basket" }).isVisible());
  assert.ok(await page.getByRole("link", { name: "Tell me when it is back" }).isVisible());
  const link = page.getByRole("link", { name: "Instead: Voltumar 8458" });
  assert.equal(await link.getAttribute("href"), "/p/VLTM-8458");
  assert.equal(await style('[sku="ECNV-101730"] a[part=link]', "color"), "rgb(4, 5, 6)");
  // The page may keep the shopper where they are.
  await page.evaluate(() => addEventListener("holdfast-part", (event) => event.preventDefault()));
  const before = page.url();
  await link.focus();
  await page.keyboard.press("Enter");
  assert.deepEqual((await seen(page, "part")).map(({ sku }) => sku), ["VLTM-8458"]);
  assert.equal(page.url(), before);
});

test("it speaks the page's language, and changes with it", { skip }, async (t) => {
  const page = await open(t, shop.show('<holdfast-availability sku="VLTM-8001"></holdfast-availability><holdfast-availability sku="BRKX-4410" lang="es"></holdfast-availability>', { lang: "de" }));
  await answered(page);
  assert.equal(await textOf(page, "[part=status]"), "Auf Lager");
  assert.match((await textOf(page, "[part=price]")).replace(/\s/g, " "), /^149,36 \$ zzgl\. 22,00 \$ Altteilpfand$/);
  assert.equal(await textOf(page, '[sku="BRKX-4410"] [part=status]'), "En existencia", "an element may have its own");
  await page.evaluate(() => { document.documentElement.lang = "fr"; });
  await has(page, '[sku="VLTM-8001"] [part=status]', "En stock");
  await page.evaluate(() => { document.documentElement.lang = "pt"; });
  await has(page, '[sku="VLTM-8001"] [part=status]', "In stock");
});

test("a VIN that is typed says which vehicle it is and what fits, and every part of the page says whether it does", { skip }, async (t) => {
  const page = await open(t, shop.show(`<holdfast-fitment sku="BRKX-4410" part-type="brake pad" share></holdfast-fitment>
    <holdfast-availability sku="RTNQ-R3005"></holdfast-availability><holdfast-availability sku="HALT-70003"></holdfast-availability>`));
  await answered(page);
  await page.getByLabel("Your vehicle’s VIN").focus();
  await page.keyboard.type("1HGCM82633AO04352");
  await page.keyboard.press("Enter");
  await has(page, "holdfast-fitment [role=status]", "without I, O and Q");
  assert.equal(looks(page).some((request) => request.url().includes("vin=")), false, "a text that is no VIN is not sent");
  await page.getByLabel("Your vehicle’s VIN").fill(` ${ACCORD.toLowerCase()} `);
  await page.keyboard.press("Enter");
  await has(page, "holdfast-fitment [role=status]", "Fits your 2003 Honda Accord");
  assert.deepEqual((await page.locator("holdfast-fitment li button").allInnerTexts()).slice(0, 3).sort(), ["Brakvex 44-10", "Econavo 100006", "Haltrino 773-10"]);
  await has(page, '[sku="RTNQ-R3005"] [part=fits]', "Fits your 2003 Honda Accord: takes 2");
  await has(page, '[sku="HALT-70003"] [part=fits]', "Does not fit your 2003 Honda Accord");
  const [told] = await seen(page, "vehicle");
  assert.deepEqual([told.vin, told.vehicle.model, told.item.fits], [ACCORD, "Accord", "yes"]);
});

test("an element that is given its VIN needs nobody to type it", { skip }, async (t) => {
  const page = await open(t, shop.show(`<holdfast-fitment sku="HALT-70003" vin="${ACCORD}"></holdfast-fitment>`));
  await has(page, "holdfast-fitment [role=status]", "Does not fit your 2003 Honda Accord");
});

for (const [name, width, height] of SIZES) {
  test(`the demonstration shop stands still while it fills, on a ${name}`, { skip }, async (t) => {
    // So late that what would jump, jumps.
    const route = (page) => page.route("**/v1/availability?*", async (route) => {
      await new Promise((done) => setTimeout(done, 700));
      await route.continue();
    });
    const page = await open(t, `${api.url}/demo`, { viewport: { width, height }, route });
    await answered(page);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await page.evaluate(() => globalThis.shift), 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing is wider than the window");
  });
}

test("with the style of the documentation, a shop's page stands still too", { skip }, async (t) => {
  const [, style] = /<style>(.*)<\/style>/.exec(readFileSync(join(ROOT, "docs/webstores.md"), "utf8"));
  const route = (page) => page.route(/holdfast\.js|availability\?/, async (route) => {
    await new Promise((done) => setTimeout(done, 300));
    await route.continue();
  });
  const part = (sku) => `<h2>${sku}</h2><holdfast-availability sku="${sku}"><a href="/ask">Ask us</a></holdfast-availability>`;
  const url = shop.show(["BRKX-4410", "VLTM-8001", "ECNV-101730", "NOPE"].map(part).join(""), { style });
  for (const [name, width, height] of SIZES) {
    const page = await open(t, url, { viewport: { width, height }, route });
    await answered(page);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await page.evaluate(() => globalThis.shift), 0, name);
  }
});

test("the demonstration shop is filled by one request after it has loaded, with the public key", { skip }, async (t) => {
  const page = await open(t, `${api.url}/demo`);
  await answered(page);
  assert.equal(looks(page).length, 1);
  assert.equal((await looks(page)[0].allHeaders()).authorization, "Bearer demo-web");
  assert.ok(page.requests.every((request) => !request.url().includes("demo-web") && new URL(request.url()).origin === api.url));
  const statuses = await page.locator("holdfast-availability [part=status]").allInnerTexts();
  assert.equal(statuses.length, 9);
  assert.ok(["In stock", "No longer made", "Made to order"].every((status) => statuses.includes(status)), String(statuses));
});

test("no serious fault for those who look or listen otherwise, in any language or theme, on a phone and on a desktop", { skip }, async (t) => {
  for (const [width, colorScheme] of [[390, "dark"], [1280, "light"]]) {
    const page = await open(t, `${api.url}/demo`, { viewport: { width, height: 900 }, colorScheme });
    await answered(page);
    assert.deepEqual(await faults(page), [], `${width} ${colorScheme}`);
    for (const language of ["de", "es", "fr"]) {
      await page.getByRole("combobox").nth(1).selectOption(language);
      await page.locator(`html[lang=${language}]`).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, language);
      assert.deepEqual(await faults(page), [], language);
    }
    await page.getByRole("textbox").fill(ACCORD);
    await page.keyboard.press("Enter");
    await page.locator("holdfast-fitment li").first().waitFor();
    await page.locator("[part=fits]").first().waitFor();
    assert.deepEqual(await faults(page), [], "with a vehicle");
    await page.getByRole("textbox").fill("no vin");
    await page.keyboard.press("Enter");
    await page.locator("holdfast-fitment .wrong").waitFor();
    assert.deepEqual(await faults(page), [], "with a fault");
    await page.locator("#theme").click();
    assert.deepEqual(await faults(page), [], "in the other theme");
  }
});

test("in the demonstration shop a part that is chosen comes to the shelf, and another place has other counters", { skip }, async (t) => {
  const page = await open(t, `${api.url}/demo`);
  await answered(page);
  await page.getByRole("button", { name: "Instead: Voltumar 8458" }).click();
  const card = page.locator('[data-sku="VLTM-8458"]');
  await card.locator("[part=status]").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.sku), "VLTM-8458");
  await page.getByLabel("Near").selectOption("New York");
  await page.waitForFunction(() => [...document.querySelectorAll("holdfast-availability")].some((one) => /New York|Newark|Queens|Brooklyn/.test(one.shadowRoot.textContent)));
});
