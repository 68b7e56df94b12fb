// Before anything is measured: Holdfast and the peer give the same answers to the same questions.
import { isDeepStrictEqual } from "node:util";

/** Throws at the first difference in queries of all three demonstration buyers and in public answers, over `skus`. */
export async function agree(holdfast, peer, skus) {
  for (const key of ["demo-shop", "demo-fleet", "demo-agent"]) {
    for (let at = 0; at < skus.length; at += 100) {
      const lines = skus.slice(at, at + 100).map((sku, i) => ({ sku, quantity: 1 + ((i * 7) % 23) }));
      // A generous budget: this is about what is answered, not how fast.
      const ask = (server) => answer(server, "/v1/query", key, { lines, budget_ms: 1_000 });
      same(await Promise.all([holdfast, peer].map(ask)), `a query of ${key}`);
    }
  }
  for (const sku of skus.slice(0, 100)) {
    const ask = (server) => answer(server, `/v1/availability/${sku}`, "demo-web");
    same(await Promise.all([holdfast, peer].map(ask)), `the availability of ${sku}`);
  }
}

async function answer(server, path, key, body) {
  const response = await fetch(server.url + path, {
    method: body ? "POST" : "GET", headers: { authorization: `Bearer ${key}` }, body: body && JSON.stringify(body),
  });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function same([ours, theirs], what) {
  const at = difference(ours, theirs, "");
  if (at !== null) throw new Error(`Holdfast and the peer differ in ${what}, at ${at}: what follows would not compare like with like`);
}

/** Where two answers differ; times that follow from the moment of asking may be two seconds apart. */
function difference(a, b, path) {
  if (isDeepStrictEqual(a, b)) return null;
  if (/\/(as_of|ready_at)$/.test(path) && Math.abs(Date.parse(a) - Date.parse(b)) < 2_000) return null;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return `${path} (${JSON.stringify(a)}, ${JSON.stringify(b)})`;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = difference(a[key], b[key], `${path}/${key}`);
    if (found !== null) return found;
  }
  return null;
}
