// Before quotes are measured: Holdfast and its peers hold the same units at the same prices, and keep the same promises
// about a repeated Idempotency-Key.
import { isDeepStrictEqual } from "node:util";
import { shop, SHOPS } from "./quotes-data.mjs";

/** Throws at the first difference between the servers (by name) over `skus`. */
export async function agreeOnQuotes(servers, { skus, scarce }) {
  const all = Object.entries(servers);
  for (let at = 0; at < skus.length; at += 20) {
    const lines = skus.slice(at, at + 20).map((sku, i) => ({ sku, quantity: 1 + ((i * 7) % 23) }));
    const key = shop(at % 3, (at / 20) % SHOPS);
    const answers = await Promise.all(all.map(async ([name, server]) => [name, await open(server, key, `agree-${at}`, lines)]));
    same(answers, 201, ({ id, created_at, expires_at, ...rest }) => rest);
  }
  const lines = [{ sku: skus[0], quantity: 2 }];
  for (const [name, server] of all) {
    const first = await open(server, shop(1, 1), "twice", lines);
    const again = await open(server, shop(1, 1), "twice", lines);
    if (!again.replayed || !isDeepStrictEqual(again.body, first.body)) throw new Error(`${name}: the same call did not get the same answer`);
    const other = await open(server, shop(1, 1), "twice", [{ sku: skus[0], quantity: 3 }]);
    if (other.status !== 422 || other.body.code !== "idempotency_key_reused") throw new Error(`${name}: a key was used for two calls`);
    const short = await open(server, shop(1, 1), "short", [...lines, { sku: scarce, quantity: 1_000 }]);
    if (short.status !== 409 || short.body.code !== "insufficient_stock") throw new Error(`${name}: held what there is not`);
  }
}

async function open(server, key, order, lines) {
  const headers = { authorization: `Bearer ${key}`, "idempotency-key": order };
  const response = await fetch(`${server.url}/v1/quotes`, { method: "POST", headers, body: JSON.stringify({ lines }) });
  return { status: response.status, replayed: response.headers.get("idempotent-replayed") === "true", body: await response.json() };
}

function same([[first, expected], ...others], status, what) {
  if (expected.status !== status) throw new Error(`${first}: ${expected.status} ${JSON.stringify(expected.body)}`);
  for (const [name, answer] of others) {
    if (answer.status === status && isDeepStrictEqual(what(answer.body), what(expected.body))) continue;
    throw new Error(`${first} and ${name} differ: ${JSON.stringify(expected.body)} and ${JSON.stringify(answer.body)}`);
  }
}
