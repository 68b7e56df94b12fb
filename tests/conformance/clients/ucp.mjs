// @shopify/ucp-cli: finds out what is spoken, finds parts and looks them up, holds them as a cart, changes and cancels it. Strict: it sends
// nothing that the tools' schemas do not name.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { UCP_PROGRAMS, ORIGIN, KEY } = process.env;
const PROGRAM = join(UCP_PROGRAMS, "node_modules/@shopify/ucp-cli/dist/bin.js");
const home = mkdtempSync(join(tmpdir(), "holdfast-ucp-"));
const env = { ...process.env, UCP_HOME: home, UCP_STRICT_SCHEMA: "1", UCP_TEST_ALLOW_INSECURE_LOCALHOST: "true", NO_PROXY: "127.0.0.1" };

/** What a command prints, as data; it is no failure. */
function ucp(...command) {
  const args = [PROGRAM, ...command, "--business", ORIGIN, "--header", `Authorization: Bearer ${KEY}`, "--format", "json"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`ucp ${command.join(" ")}: ${stdout}${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}
const input = (value) => ["--input", JSON.stringify(value)];
const cart = (quantity, more) => input({
  line_items: [{ item: { id: "CORE-1" }, quantity }], context: { address_country: "US", postal_code: "30303" }, ...more,
});

try {
  const { result: found } = await ucp("discover");
  assert.deepEqual([found.protocol.version, found.protocol.source], ["2026-08-25", "well-known"]);
  assert.deepEqual(found.expectedCapabilities, ["dev.ucp.shopping.cart", "dev.ucp.shopping.catalog.lookup", "dev.ucp.shopping.catalog.search"]);

  const { result: words } = await ucp("catalog", "search", ...input({ query: "windsheild camera", pagination: { limit: 5 } }));
  assert.deepEqual(words.products.map(({ id }) => id), ["CALIB-1"]);
  const { result: { products, messages } } = await ucp("catalog", "lookup", ...input({ ids: ["CORE-1", "NOPE"] }));
  assert.deepEqual([products.map(({ id }) => id), messages.map(({ code }) => code)], [["CORE-1"], ["not_found"]]);
  const { result: { product } } = await ucp("catalog", "get_product", "CORE-1");
  assert.equal(product.variants[0].price.amount, products[0].variants[0].price.amount);

  const { result: created } = await ucp("cart", "create", ...cart(1, { "holdfast.hold": { ttl_seconds: 120 } }));
  assert.ok(Date.parse(created.expires_at) > Date.now());
  const [{ id: line }] = created.line_items;
  const { result: updated } = await ucp("cart", "update", created.id, ...input({ line_items: [{ id: line, item: { id: "PAD-1" }, quantity: 2 }] }));
  assert.deepEqual([updated.id, updated.line_items[0].item.id], [created.id, "PAD-1"]);
  assert.deepEqual((await ucp("cart", "get", created.id)).result.totals, updated.totals);
  const { result: canceled } = await ucp("cart", "cancel", created.id);
  assert.deepEqual([canceled.id, canceled.expires_at], [created.id, undefined]);
  const gone = await ucp("cart", "get", created.id);
  assert.deepEqual([gone.ucp.status, gone.result.messages[0].code], ["error", "not_found"]);
  const short = await ucp("cart", "create", ...cart(2_000));
  assert.deepEqual([short.ucp.status, short.result.messages[0].code], ["error", "out_of_stock"]);
  console.log("discovered, looked up, held, changed, canceled");
} finally {
  rmSync(home, { recursive: true });
}
