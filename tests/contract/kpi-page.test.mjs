// The board at /kpi in a real browser: what it shows is what the API says, to whoever looks, listens or types.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { faults, openBrowser, openPage, skip } from "./browser.mjs";
import { openInstance, until, usd } from "./instance.mjs";

let api, browser;
before(async () => {
  if (skip) return;
  browser = await openBrowser();
  api = await openInstance();
  await history();
});
after(async () => {
  await browser?.close();
  await api?.close();
});

/** Something of everything that the board shows; then waits until all of it is counted. */
async function history() {
  for (const [sku, quantity] of [["HELD-01", 40], ["HELD-02", 1]]) {
    const [{ result }] = await api.move([{ id: `first-${sku}`, sku, location: "ATL1", kind: "receipt", quantity }]);
    assert.equal(result, "applied");
  }
  for (let n = 0; n < 5; n++) await api.line({ sku: "HELD-01", quantity: 1 });
  await api.count("HELD-01", 40);
  await api.count("HELD-01", 40);
  await api.line({ sku: "HELD-01", quantity: 30 });
  const { body: quote } = await api.hold([{ sku: "HELD-01", quantity: 30 }, { sku: "DIGITAL-1", quantity: 3 }, { sku: "CALIB-1", quantity: 2 }]);
  await api.act(quote.id, "commit");
  await api.line({ sku: "HELD-02", quantity: 1 });
  await api.count("HELD-02", 0);
  await api.hold([{ sku: "HELD-02", quantity: 1 }]);
  const event = (id, kind, fields, days = 0) => (
    { id, kind, at: new Date(Date.now() - days * 86_400_000).toISOString(), ...fields }
  );
  const { results } = await api.post("/v1/kpi/events", { events: [
    event("household", "household", { household: "h", region: "enam", vehicles: [{ powertrain: "ice", count: 2 }, { powertrain: "ev" }] }, 3),
    event("sale", "sale", { household: "h", region: "enam", lines: [{ class: "recurring", amount: usd(1_999), powertrain: "ev" }] }, 1),
    event("old", "sale", { region: "wnam", lines: [{ class: "physical", amount: usd(50_000) }] }, 9),
  ] }, "admin");
  assert.ok(results.every(({ result }) => result === "accepted"), JSON.stringify(results));
  const timing = event("lcp", "web_timing", { metric: "lcp", value: 900 });
  assert.equal((await api.ask("POST", "/v1/kpi/events", { key: "demo-web", json: { events: [timing] } })).status, 200);
  await until(() => api.get("/v1/kpi", "admin"), ({ numbers: { funnel, inventory_accuracy: stock, household_share: household, revenue_mix: mix, web } }) => (
    funnel.queries === 7 && funnel.commits === 1 && funnel.refused === 1 && stock.records.denominator === 3
      && household.powertrains.length === 2 && web.length === 1 && mix[0]?.recurring > 0 && mix[0].before === 50_000
  ));
}

async function open(t, { key = "admin", query = "", ...options } = {}) {
  const page = await openPage(t, browser, options);
  await page.goto(`${api.url}/kpi${query}`);
  if (key !== null) await enter(page, key);
  return page;
}

async function enter(page, key) {
  await page.getByLabel(/^Key with the scope/).fill(key);
  await page.keyboard.press("Enter");
}

const shown = (page) => page.locator(".strip").waitFor();
const text = (page, selector) => page.locator(selector).first().innerText();
const number = (value) => value.toLocaleString("en");
const money = (minor) => (minor >= 100_000 ? `$${Math.round(minor / 100).toLocaleString("en")}` : `$${(minor / 100).toFixed(2)}`);
const percent = (value) => (value === null ? "–" : value === 0 || value === 1 ? `${value * 100} %` : `${(value * 100).toFixed(1)} %`);

test("the numbers that are shown are those of the API, with what they are the quotients of", { skip }, async (t) => {
  const page = await open(t);
  await shown(page);
  const { numbers } = await api.get("/v1/kpi", "admin");
  const mix = numbers.revenue_mix[0];
  for (const [id, { numerator, denominator, value }, amount] of [
    ["api", numbers.api_response.share, number], ["repair", numbers.digital_repair.share, number],
    ["inventory", numbers.inventory_accuracy.phantoms, number], ["household", numbers.household_share.share, money],
    ["revenue", mix.share, money],
  ]) {
    assert.equal(await text(page, `#tile-${id} .value`), percent(value), id);
    assert.equal(await text(page, `#${id} .answer .value`), percent(value), id);
    assert.equal(await text(page, `#${id}-numerator`), amount(numerator), id);
    assert.equal(await text(page, `#${id}-denominator`), amount(denominator), id);
  }
  assert.deepEqual(await page.locator("#funnel b").allInnerTexts(), [7, 1, 1, 0, 0].map(String));
  assert.deepEqual(await page.locator(".causes b").allInnerTexts(), ["1", "0", "0"]);
  const query = numbers.api_response.functions.find((one) => one.function === "query");
  await page.locator("#api-functions summary").click();
  const row = page.locator("#api-functions tr", { hasText: "query" });
  assert.deepEqual(await row.locator("td").allInnerTexts(), [number(query.count), ...["p50", "p90", "p95", "p99"].map((name) => `${query[name]} ms`), "0", "0", String(query.late)]);
  const combustion = numbers.household_share.powertrains[0];
  assert.match(await text(page, "#household table"), new RegExp(`Combustion\\s+${combustion.vehicle_days}\\s+`));
  assert.match(await text(page, "#web"), /Largest content \(LCP\)\s+1\s+/);
});

test("each number is told day by day and by region, and adds up", { skip }, async (t) => {
  const page = await open(t);
  await shown(page);
  const { groups } = await api.get("/v1/kpi?by=day", "admin");
  await page.locator("#revenue-times summary").click();
  const cells = (selector) => page.locator(`${selector} tbody tr`).evaluateAll((rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.innerText)));
  const shares = groups.map(({ numbers: { revenue_mix: [mix] } }) => mix?.share ?? { numerator: 0, denominator: 0, value: null });
  assert.deepEqual(await cells("#revenue-times"), shares.map(({ numerator, denominator, value }) => [money(numerator), money(denominator), percent(value)]).reverse());
  await page.locator("#household-regions summary").click();
  assert.deepEqual((await cells("#household-regions")).map(([spent]) => spent), ["$19.99", "$0.00", "$0.00"]);
  const label = await page.getByRole("img", { name: /^Revenue, day by day\./ }).getAttribute("aria-label");
  assert.match(label, /recurring: .* from \$0\.00 to \$19\.99/);
});

test("periods and regions are chosen, by keyboard too, and the address tells which", { skip }, async (t) => {
  const page = await open(t, { expected: /status of 422/ });
  await shown(page);
  await page.getByRole("radio", { name: "7 days" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("#period", { hasText: "days in UTC" }).waitFor();
  await page.waitForURL(/range=30d/);
  await page.waitForFunction(() => document.querySelectorAll("#api-times tbody tr").length === 30);
  await page.getByText("13 weeks").click();
  await page.waitForFunction(() => document.querySelectorAll("#api-times tbody tr").length === 13);
  await page.getByText("12 months").click();
  await page.waitForFunction(() => document.querySelectorAll("#api-times tbody tr").length === 12);

  await page.getByRole("button", { name: "Western North America" }).click();
  await page.waitForURL(/region=wnam/);
  await page.waitForFunction(() => document.querySelector("#revenue-denominator").innerText === "$500.00");
  assert.match(await text(page, "#period"), /Western North America/);
  assert.equal(await page.getByRole("combobox", { name: "Region" }).inputValue(), "wnam");
  await page.reload();
  await shown(page);
  assert.equal(await page.getByRole("combobox", { name: "Region" }).inputValue(), "wnam", "the address keeps the choice, the session the key");

  await page.getByText("Other", { exact: true }).click();
  await page.locator("[name=from]").fill("2020-01-01");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const refused = page.getByRole("alert").filter({ hasText: "a period has 1 to 800 days" });
  await refused.waitFor();
  assert.match(await refused.innerText(), /What is shown below is from before/);
  await page.locator("[name=from]").fill(new Date().toISOString().slice(0, 10));
  await page.locator("[name=to]").fill(new Date().toISOString().slice(0, 10));
  await page.locator("[name=by]").selectOption("week");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await refused.waitFor({ state: "detached" });
  await page.waitForFunction(() => document.querySelectorAll("#api-times tbody tr").length === 1);
});

test("what is open and where one is stays so when the numbers are renewed", { skip }, async (t) => {
  const page = await open(t);
  await shown(page);
  await page.locator("#repair-times summary").focus();
  await page.keyboard.press("Enter");
  await api.line({ sku: "HELD-03", quantity: 1 });
  await page.evaluate(() => {
    const status = document.querySelector("#status");
    // The time that it says may be the same.
    const renewed = new Promise((done) => {
      new MutationObserver(() => { if (status.innerText.startsWith("As of")) done(); }).observe(status, { childList: true, characterData: true, subtree: true });
    });
    dispatchEvent(new Event("online"));
    return renewed;
  });
  assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), "repair-times");
  assert.ok(await page.locator("#repair-times[open]").isVisible());
});

test("the key is nowhere but in the session, and is forgotten on demand", { skip }, async (t) => {
  const page = await open(t);
  await shown(page);
  const kept = await page.evaluate(() => [{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href, document.body.innerHTML.includes("admin")]);
  assert.deepEqual(kept, [{ "holdfast-key": "admin" }, {}, "", `${api.url}/kpi`, false]);
  const other = await page.context().newPage();
  await other.goto(`${api.url}/kpi`);
  await other.getByLabel(/^Key with the scope/).waitFor();
  await page.getByRole("button", { name: "Forget the key" }).click();
  await page.getByLabel(/^Key with the scope/).waitFor();
  assert.deepEqual(await page.evaluate(() => [{ ...sessionStorage }, document.querySelector("#board").childElementCount]), [{}, 0]);
});

test("a key that is wrong or may not see the numbers is told so, and another may be tried", { skip }, async (t) => {
  const page = await open(t, { key: "nonsense", expected: /status of 40[13]/ });
  const alert = page.locator("#key-error");
  await alert.filter({ hasText: "This key is not known here." }).waitFor();
  assert.equal(await page.evaluate(() => [document.activeElement.id, sessionStorage.length].join()), "key,0");
  assert.deepEqual(await faults(page), []);
  await enter(page, "shop");
  await alert.filter({ hasText: "lacks the scope kpi" }).waitFor();
  await enter(page, "admin");
  await shown(page);
});

test("a machine that cannot be reached, or fails, is told of, and asked again on demand", { skip }, async (t) => {
  const page = await open(t, { expected: /ERR_INTERNET_DISCONNECTED|ERR_FAILED|status of 503/ });
  await shown(page);
  await page.context().setOffline(true);
  await page.getByText("30 days").click();
  await page.getByRole("alert").filter({ hasText: "Holdfast cannot be reached." }).waitFor();
  assert.ok(await page.locator(".strip").isVisible(), "what was known is still there");
  await page.context().setOffline(false);
  await page.getByRole("alert").filter({ hasText: "reached" }).waitFor({ state: "detached" });

  const problem = { code: "unavailable", detail: "a KPI board could not be reached" };
  await page.route("**/v1/kpi?*", (route) => route.fulfill({ status: 503, json: problem }));
  await page.getByText("7 days").click();
  await page.getByRole("alert").filter({ hasText: problem.detail }).waitFor();
  await page.unroute("**/v1/kpi?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").filter({ hasText: problem.detail }).waitFor({ state: "detached" });
});

test("while it waits it says so, and a period in which nothing happened is no error", { skip }, async (t) => {
  const page = await open(t, { key: null, query: "?range=own&from=2026-01-05&to=2026-01-06&by=day" });
  let go;
  const held = new Promise((done) => { go = done; });
  await page.route("**/v1/kpi?*", async (route) => { await held; await route.continue(); });
  await enter(page, "admin");
  await page.getByRole("status").filter({ hasText: "Asking for the numbers" }).waitFor();
  assert.equal(await page.locator("#board").getAttribute("aria-busy"), "true");
  go();
  await page.getByRole("heading", { name: "Nothing happened in this period" }).waitFor();
  assert.equal(await text(page, "#tile-api .value"), "–");
  assert.equal(await page.locator("#board").getAttribute("aria-busy"), "false");
  assert.deepEqual(await faults(page), []);
});

test("it is used by keyboard alone", { skip }, async (t) => {
  const page = await open(t, { key: null });
  await page.locator("#key").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "key", "one may type at once");
  await page.keyboard.type("admin");
  await page.keyboard.press("Enter");
  await shown(page);
  await page.evaluate(() => { document.activeElement.blur(); getSelection().removeAllRanges(); });
  const reached = new Set();
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab");
    const { id, outlined } = await page.evaluate(() => {
      const element = document.activeElement;
      const seen = element.matches("input[type=radio]") ? element.nextElementSibling : element;
      return { id: element.id || element.parentElement?.id || element.name || element.className, outlined: getComputedStyle(seen).outlineStyle !== "none" };
    });
    if (id !== "") assert.ok(outlined, `${id} shows that it has the focus`);
    reached.add(id);
  }
  for (const id of ["forget", "range", "region", "tile-api", "tile-revenue", "edge", "api-times", "inventory-regions", "revenue-kinds", "region-enam"]) {
    assert.ok(reached.has(id), `${id} is reached: ${[...reached].join(" ")}`);
  }
});

for (const [size, width, height] of [["phone", 360, 740], ["tablet", 820, 1_180], ["desktop", 1_440, 900]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is cut off or hard to read: ${size}, ${colorScheme}`, { skip }, async (t) => {
      const page = await open(t, { viewport: { width, height }, colorScheme });
      await shown(page);
      for (const summary of await page.locator("details > summary").all()) await summary.click();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page does not scroll sideways");
      assert.deepEqual(await faults(page), []);
      assert.ok(await page.locator("canvas").count() >= 7);
    });
  }
}
