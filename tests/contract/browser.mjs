// A real Chromium for tests of pages.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** What a page takes longer for is not coming; machines that build are slow. */
const WAIT_MS = 15_000;
const chromium = process.env.CHROMIUM || ["chromium", "chromium-browser", "google-chrome"].map(path).find(Boolean);

/** Why there is no browser to test with; false if there is one. */
export const skip = chromium ? false : "no Chromium on PATH (Debian: apt-get install chromium; CHROMIUM=… names another)";

function path(command) {
  try {
    return execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

export async function openBrowser() {
  const { chromium: type } = await import("playwright-core");
  return type.launch({ executablePath: chromium, headless: true, args: FLAGS });
}

/** A page that fails the test, when it ends, if anything was wrong in it that was not to be: `expected`, a pattern. */
export async function openPage(t, browser, { expected = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) wrong.push(message.text()); });
  page.on("pageerror", (error) => wrong.push(String(error)));
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong.filter((text) => expected === null || !expected.test(text)), []);
  });
  return page;
}

/** Every serious fault that axe finds. */
export async function faults(page) {
  // As the content policy wants it: through the debugger, not as a script of the page.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
}
