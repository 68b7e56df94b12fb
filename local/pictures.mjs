// The command behind `make pictures`: takes the pictures of the documentation from an instance with the demonstration
// catalogue (`make run`), in Chromium. From the environment come URL (http://localhost and PORT, 8787), OUT (docs/pictures)
// and CHROMIUM, where it is not on PATH. An argument is a part of the names of those to take.
import { execFileSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "./config.mjs";

const url = (process.env.URL || `http://localhost:${process.env.PORT || 8787}`).replace(/\/+$/, "");
const out = process.env.OUT || join(ROOT, "docs/pictures");
const MOST_BYTES = 150_000;
const ACCORD = "1HGCM82633A004352";

/** The shop, when every part of it has been answered. */
const shop = async (page) => {
  await page.waitForFunction(() => [...document.querySelectorAll("holdfast-availability")].every((one) => one.shadowRoot?.querySelector(".status")));
};

/** The console of the demonstration branch. Its lists have something to show after `make demo`, which plays a day. */
const branch = async (page, then = async () => {}) => {
  await page.getByLabel(/^Key of the branch/).fill("demo-branch");
  await page.keyboard.press("Enter");
  await page.locator("#today").waitFor();
  await then();
};
const tab = (page, name) => page.getByRole("navigation", { name: "Views" }).getByRole("button", { name }).click();
const look = async (page, text) => {
  await page.locator("#code").fill(text);
  await page.keyboard.press("Enter");
};

// Each picture: its name, its page, how large a window, and what is done before it is taken.
const PICTURES = [
  { name: "shop", path: "/demo", width: 1280, height: 860, ready: shop },
  {
    name: "shop-phone", path: "/demo", width: 390, height: 844, colorScheme: "dark",
    ready: async (page) => {
      await shop(page);
      await page.locator("#shelf").scrollIntoViewIfNeeded();
      await page.evaluate(() => document.getElementById("shelf").scrollIntoView());
    },
  },
  {
    name: "shop-vehicle", path: "/demo", width: 1280, height: 860, locale: "de-DE",
    ready: async (page) => {
      await shop(page);
      await page.getByRole("textbox").fill(ACCORD);
      await page.getByRole("textbox").press("Enter");
      await page.locator("holdfast-fitment li").first().waitFor();
      await page.locator("holdfast-availability .fits").first().waitFor();
    },
  },
  {
    name: "branch", path: "/branch", width: 1180, height: 820,
    ready: (page) => branch(page, async () => {
      // Two orders have been picked, and wait.
      for (let picked = 0; picked < 2; picked++) {
        await page.locator("#pick button.primary").first().click();
        await page.locator("#hand_over li").nth(picked).waitFor();
      }
      await page.waitForFunction(() => !document.querySelector("#pick .done"));
    }),
  },
  {
    name: "branch-count", path: "/branch", width: 820, height: 1000,
    ready: (page) => branch(page, async () => {
      await look(page, "BRKX-4410");
      const books = page.locator("[data-counter=on_hand]");
      await books.waitFor();
      await page.getByRole("button", { name: "Count", exact: true }).click();
      await page.getByLabel("Units on the shelf").fill(String(Number(await books.innerText()) - 1));
      await page.locator("#variance.off").waitFor();
    }),
  },
  {
    name: "branch-counter", path: "/branch", width: 820, height: 700,
    ready: (page) => branch(page, async () => {
      await tab(page, /^Counter/);
      await look(page, "2*BRKX-4410");
      await page.locator(".lines .money").filter({ hasText: "$" }).waitFor();
    }),
  },
  {
    name: "branch-offline", path: "/branch", width: 390, height: 844, colorScheme: "dark",
    ready: (page) => branch(page, async () => {
      await look(page, "BRKX-4410");
      await page.locator("[data-counter=on_hand]").waitFor();
      await page.context().setOffline(true);
      await page.getByRole("button", { name: "Receive", exact: true }).click();
      await page.getByLabel("Units").fill("4");
      await page.getByRole("form", { name: "Receive" }).getByRole("button", { name: "Receive" }).click();
      await tab(page, "Not sent 1");
    }),
  },
];

function path(command) {
  try {
    return execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

const executablePath = process.env.CHROMIUM || ["chromium", "chromium-browser", "google-chrome"].map(path).find(Boolean);
if (!executablePath) throw new Error("no Chromium on PATH (Debian: apt-get install chromium; CHROMIUM=… names another)");
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  for (const { name, path, width, height, ready, colorScheme = "light", locale = "en-US" } of PICTURES) {
    if (!name.includes(process.argv[2] ?? "")) continue;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale, timezoneId: "America/New_York", reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(url + path);
    await ready(page);
    const file = join(out, `${name}.png`);
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    console.log(`${file}: ${Math.ceil(size / 1_000)} kB`);
    if (size > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES / 1_000} kB`);
    await context.close();
  }
} finally {
  await browser.close();
}
