// What each client does: looks at the tools, asks, holds, and gives back.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

/** `list()` answers the tools, `call(name, arguments)` a tool's result. */
export async function story({ list, call }) {
  const names = (await list()).map(({ name }) => name);
  for (const name of ["query_parts", "hold_quote", "release_quote"]) assert.ok(names.includes(name), names.join());
  const query = data(await call("query_parts", { lines: [{ sku: "PAD-1", quantity: 2 }] }));
  assert.deepEqual([query.lines[0].sku, query.lines[0].total], ["PAD-1", "20.01"]);
  const held = data(await call("hold_quote", { lines: [{ sku: "PAD-1", quantity: 2 }], idempotency_key: randomUUID() }));
  assert.equal(held.state, "held");
  assert.equal(data(await call("release_quote", { quote: held.quote })).state, "released");
  const short = await call("hold_quote", { lines: [{ sku: "PAD-1", quantity: 1_000 }], idempotency_key: randomUUID() });
  assert.equal(short.isError, true);
  assert.match(short.content[0].text, /^insufficient_stock/);
  console.log(`${names.length} tools listed; queried, held, released, refused`);
}

function data(result) {
  assert.ok(!result.isError, JSON.stringify(result));
  assert.equal(result.content[0].type, "text");
  return result.structuredContent;
}
