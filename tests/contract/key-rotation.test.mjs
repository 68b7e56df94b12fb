// The ring of token keys changes while shops are at work, as docs/operations.md and docs/security.md tell an operator to
// change it: no good token is refused, and none is signed with a key whose time is over.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { isProblem, kvSeed, openInstance, until } from "./instance.mjs";

const VIN = "1HGCM82633A004352"; // a 2003 Honda Accord
const CREW = { shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
const ISSUER = "https://parts.example";
const SHOPS = 4;
/** How far ahead a rotation is put, in seconds: longer than a restart. */
const AHEAD = 8;
/** How long a key is published after it has stopped signing, in seconds: `PUBLISHED_AFTER` of src/token/ring.rs. */
const PUBLISHED_AFTER = 30 * 86_400 + 2 * 60;

let api;
before(async () => {
  api = await openInstance({ vars: { TOKEN_ISSUER: ISSUER } });
  await api.count("RADAR-1", 100_000);
});
after(() => api.close());

const file = () => join(api.state, "token-keys.json");
const ring = () => JSON.parse(readFileSync(file(), "utf8")).keys;
const jwks = async () => {
  const answer = await api.ask("GET", "/.well-known/jwks.json");
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const kids = ({ keys }) => keys.map(({ kid }) => kid);
const kidOf = (token) => decodeProtectedHeader(token).kid;
const offline = (token, set) =>
  jwtVerify(token, createLocalJWKSet(set), { issuer: ISSUER, audience: "calibration", typ: "calibration+jwt", algorithms: ["EdDSA"] });
const verify = (token) => api.post("/v1/tokens/verify", { token });
/** The kid that signs now, as the next token tells. */
const signs = async () => kidOf((await issued()).token);

async function sold() {
  const { body: quote } = await api.hold([{ sku: "RADAR-1", quantity: 1 }]);
  const answer = await api.act(quote.id, "commit");
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
const wanted = (quote, fields) => ({ quote: quote.id, line: 0, vin: VIN, ...CREW, ...fields });
async function issued(fields) {
  const quote = await sold();
  const answer = await api.send("/v1/tokens", wanted(quote, fields));
  assert.equal(answer.status, 201, answer.text);
  return { ...answer.body, quote };
}
const redemption = (token) => ({ token, vin: VIN, tool: CREW.tool, outcome: "succeeded" });
const redeem = (token) => api.send("/v1/tokens/redeem", redemption(token));

test("the ring is rotated while tokens are issued, checked and redeemed: none that is good is refused", async () => {
  const [{ kid: unnamed, x: first }] = ring();
  assert.equal(unnamed, undefined);
  const [old] = kids(await jwks());
  const [quote, order] = [await sold(), randomUUID()];
  const early = await api.send("/v1/tokens", wanted(quote), { order });
  let [restarts, up] = [0, Promise.resolve()];

  /** One call, sent again with its key if a restart cut it off. Its answer is a success. */
  async function call(path, json, status = 200) {
    const order = randomUUID();
    for (;;) {
      await up;
      const before = restarts;
      try {
        const answer = await api.send(path, json, { order });
        assert.equal(answer.status, status, `${path}: ${answer.text}`);
        return answer.body;
      } catch (error) {
        const cutOff = before !== restarts && (error instanceof TypeError || / 50[03] /.test(error.message));
        if (!cutOff) throw error;
      }
    }
  }

  const [all, waiting] = [[], []];
  let over = false;
  /** Sells two units, gets a token for each and checks it, redeems one and keeps the other. */
  async function shop() {
    while (!over) {
      const quote = await call("/v1/quotes", { lines: [{ sku: "RADAR-1", quantity: 2 }] }, 201);
      await call(`/v1/quotes/${quote.id}/commit`, {});
      for (const place of [0, 1]) {
        const { token } = await call("/v1/tokens", wanted(quote), 201);
        all.push(token);
        assert.deepEqual(await call("/v1/tokens/verify", { token }).then(({ valid, reason }) => [valid, reason]), [true, undefined]);
        if (place === 0) waiting.push(token);
        else assert.equal((await call("/v1/tokens/redeem", redemption(token))).state, "succeeded");
      }
    }
  }
  const work = Promise.all(Array.from({ length: SHOPS }, shop));
  work.catch(() => {}); // looked at below
  /** Waits until the shops have come so far; fails when one of them does. */
  const reached = (holds) => Promise.race([until(() => all.length, holds), work]);

  await reached(() => all.length >= 40);
  const from = Math.floor(Date.now() / 1_000) + AHEAD;
  const said = await kvSeed("keys", "rotate", file(), "--signs-from", new Date(from * 1_000).toISOString());
  const [, next] = /key (\S+) signs from/.exec(said);
  let restarted;
  up = new Promise((done) => { restarted = done; });
  restarts += 1;
  await api.restart();
  restarted();

  // What a gateway fetches from now on, before the new key signs or after, does for the tokens of both.
  const published = await jwks();
  assert.deepEqual(kids(published).sort(), [old, next].sort());
  await reached(() => all.slice(-20).every((token) => kidOf(token) === next));
  over = true;
  await work;

  const count = { [old]: 0, [next]: 0 };
  for (const token of all) {
    const { iat } = decodeJwt(token);
    assert.equal(kidOf(token), iat < from ? old : next, `issued at ${iat}, the new key signs from ${from} on`);
    assert.equal((await offline(token, published)).payload.max_uses, 1);
    count[kidOf(token)] += 1;
  }
  assert.ok(count[old] >= 40 && count[next] >= 20, JSON.stringify(count));
  // What was signed before and after, and not used yet, is good: when the new key signs, and after the server has started again.
  assert.deepEqual(new Set(waiting.map(kidOf)), new Set([old, next]));
  await api.restart();
  for (const token of waiting) {
    assert.equal((await verify(token)).valid, true);
    assert.equal((await redeem(token)).status, 200);
    isProblem(await redeem(token), 409, "already_redeemed");
  }
  assert.deepEqual(kids(await jwks()).sort(), [old, next].sort(), "the old key stays while one of its tokens may count");
  assert.equal(await signs(), next);
  const again = await api.send("/v1/tokens", wanted(quote), { order });
  assert.deepEqual([again.body, kidOf(again.body.token)], [early.body, old], "the same call gets the same token, whoever signs now");
  assert.equal((await redeem(again.body.token)).status, 200);

  // The next rotation takes the secret of the key that signs no more.
  await kvSeed("keys", "rotate", file());
  assert.deepEqual(ring().map(({ x, d }) => [x === first, d !== undefined]), [[true, false], [false, true], [false, true]]);
});

test("a key that has stopped is published until the last token that it may have signed is over, and no longer", async () => {
  const { token } = await issued({ ttl_seconds: 2_592_000 });
  const old = kidOf(token);
  // As the ring will be in 30 days: the old key stopped when the next one began.
  const gone = Math.floor(Date.now() / 1_000) + AHEAD;
  await kvSeed("keys", "rotate", file(), "--signs-from", new Date(Date.now() + 7_200_000).toISOString());
  const { kty, crv, x } = ring().find(({ kid }) => kid === old);
  const next = { ...ring().at(-1), nbf: gone - PUBLISHED_AFTER };
  writeFileSync(file(), JSON.stringify({ keys: [{ kty, crv, x }, next] }));
  await api.restart();
  assert.notEqual(await signs(), old);
  /** Whether the old key is published and its token good; and that neither ends too soon. */
  const look = async () => {
    const [set, { valid, reason }] = [kids(await jwks()), await verify(token)];
    if (Date.now() < gone * 1_000) assert.deepEqual([set.includes(old), valid], [true, true], "too soon");
    return [set.includes(old), reason];
  };
  assert.deepEqual(await until(look, ([published]) => !published), [false, "invalid_signature"]);
});

test("after a compromise a new ring makes every token of before worthless, and its units can have new ones", async () => {
  const { token, id, quote } = await issued();
  const another = await issued();
  const kept = await jwks();
  const replacement = join(api.folder, "new-ring.json");
  await kvSeed("keys", "new", "--out", replacement);
  writeFileSync(file(), readFileSync(replacement));
  rmSync(replacement);
  await api.restart();
  assert.ok(!kids(await jwks()).some((kid) => kids(kept).includes(kid)));
  assert.deepEqual(await verify(token).then(({ valid, reason }) => [valid, reason]), [false, "invalid_signature"]);
  isProblem(await redeem(token), 403, "invalid_signature");
  assert.ok((await offline(token, kept)).payload, "a gateway that keeps the old keys believes it until it fetches them anew");
  await assert.rejects(async () => offline(token, await jwks()));

  // It takes up its unit until it is revoked. The log says which were issued.
  isProblem(await api.send("/v1/tokens", wanted(quote)), 409, "entitlement_exhausted");
  const log = [];
  for (let after = 0; after !== undefined;) {
    const page = await api.get(`/v1/tokens/log?after=${after}&limit=500`);
    log.push(...page.entries);
    after = page.next;
  }
  assert.ok(log.some((entry) => entry.kind === "token_issued" && entry.token === id));
  assert.equal((await api.send(`/v1/tokens/${id}/revoke`, { reason: "the key leaked" })).body.state, "revoked");
  // An operator has no key of each account, and takes back all tokens of a shop by suspending it.
  for (const act of ["suspend", "reinstate"]) {
    const answer = await api.ask("POST", `/v1/admin/parties/shop/${CREW.shop}/${act}`, { key: "admin", json: { reason: "the key leaked" } });
    assert.deepEqual([answer.status, answer.body.accounts], [200, ["shop-1"]], answer.text);
  }
  assert.equal((await api.get(`/v1/tokens/${another.id}`)).state, "revoked");
  for (const line of [quote, another.quote]) {
    const second = await api.send("/v1/tokens", wanted(line));
    assert.equal(second.status, 201, second.text);
    assert.equal((await redeem(second.body.token)).status, 200);
  }
});
