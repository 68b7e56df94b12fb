// Calibration tokens over HTTP, checked by a library that nobody here wrote: what a shop gets, what a gateway can tell
// offline, and what an attacker is told.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inflateSync } from "node:zlib";
import { SignJWT, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { isProblem, namesFields, openInstance, until } from "./instance.mjs";

const VIN = "1HGCM82633A004352"; // a 2003 Honda Accord
const CREW = { shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
const ISSUER = "https://parts.example";

let api, jwks;
before(async () => {
  api = await openInstance({ vars: { TOKEN_ISSUER: ISSUER } });
  jwks = createRemoteJWKSet(new URL(`${api.url}/.well-known/jwks.json`));
  await api.move(["RADAR-1", "RADAR-2", "CAMERA-1", "PAD-1"].map((sku) => ({ id: `opening-${sku}`, sku, location: "ATL1", kind: "count", quantity: 500 })));
});
after(() => api.close());

let count = 0;
const newKey = () => `call-${count += 1}`;
const send = (path, json, { key = "shop", order = newKey() } = {}) =>
  api.ask("POST", path, { key, json, headers: { "idempotency-key": order } });

/** A quote that is committed. */
async function sold(sku, quantity = 1, body = {}) {
  const { body: quote } = await send("/v1/quotes", { lines: [{ sku, quantity }] });
  const answer = await send(`/v1/quotes/${quote.id}/commit`, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
const wanted = (quote, more = {}) => ({ quote: quote.id, line: 0, vin: VIN, ...CREW, ...more });
const issue = (quote, more, options) => send("/v1/tokens", wanted(quote, more), options);
async function issued(quantity = 1) {
  const quote = await sold("RADAR-1", quantity);
  const answer = await issue(quote);
  assert.equal(answer.status, 201, answer.text);
  return { ...answer.body, quote };
}
const redeem = (token, more = {}, options) =>
  send("/v1/tokens/redeem", { token, vin: VIN, tool: "TOOL-1", outcome: "succeeded", ...more }, options);
const verify = (token, more = {}) => api.post("/v1/tokens/verify", { token, ...more });
const offline = (token) => jwtVerify(token, jwks, { issuer: ISSUER, audience: "calibration", typ: "calibration+jwt", algorithms: ["EdDSA"] });
/** The instance's own key, as only its operator has it. */
const ring = () => JSON.parse(readFileSync(join(api.state, "token-keys.json"), "utf8"));

test("a commit brings the token of every unit that needs one, and anybody can check it with the published keys", async () => {
  const line = await api.line("RADAR-1");
  assert.equal(line.calibration.required, true);
  const quote = await sold("RADAR-1", 2, { tokens: { vin: VIN, ...CREW } });
  assert.equal(quote.state, "committed");
  assert.equal(quote.tokens.length, 2);
  for (const { id, token, sku } of quote.tokens) {
    const { payload, protectedHeader } = await offline(token);
    assert.deepEqual(Object.keys(protectedHeader).sort(), ["alg", "kid", "typ"]);
    assert.deepEqual([payload.jti, payload.sub, payload.sku, payload.vin], [id, "shop-1", sku, VIN]);
    assert.deepEqual([payload.shop, payload.technician, payload.tool], ["SHOP-1", "TECH-1", "TOOL-1"]);
    assert.deepEqual([payload.quote, payload.line, payload.max_uses], [quote.id, 0, 1]);
    assert.equal(payload.exp - payload.iat, 86_400);
  }
  isProblem(await issue(quote), 409, "entitlement_exhausted");
});

test("what a token refuses is said before anything is sold", async () => {
  const { body: quote } = await send("/v1/quotes", { lines: [{ sku: "RADAR-2", quantity: 1 }] });
  isProblem(await send(`/v1/quotes/${quote.id}/commit`, { tokens: { vin: VIN, ...CREW } }), 422, "vehicle_mismatch");
  const other = { tokens: { vin: VIN, ...CREW, tool: "TOOL-SUSPENDED" } };
  isProblem(await send(`/v1/quotes/${quote.id}/commit`, other), 403, "tool_not_approved");
  namesFields(await send(`/v1/quotes/${quote.id}/commit`, { tokens: { vin: VIN } }), {
    "/tokens/shop": "missing", "/tokens/technician": "missing", "/tokens/tool": "missing",
  });
  assert.equal((await api.get(`/v1/quotes/${quote.id}`)).state, "held");
});

test("a token is redeemed once: a second time, and a hundred times at once", async () => {
  const { token, id } = await issued();
  const order = newKey();
  const first = await redeem(token, {}, { order });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual([first.body.id, first.body.state], [id, "succeeded"]);
  const again = await redeem(token, {}, { order });
  assert.deepEqual([again.headers.get("idempotent-replayed"), again.body], ["true", first.body]);
  isProblem(await redeem(token), 409, "already_redeemed");

  const race = await issued();
  const answers = await Promise.all(Array.from({ length: 100 }, () => redeem(race.token)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  answers.filter(({ status }) => status !== 200).forEach((answer) => isProblem(answer, 409, "already_redeemed"));
});

test("a hundred calls at once get as many tokens as units were sold", async () => {
  const quote = await sold("RADAR-1", 3);
  const answers = await Promise.all(Array.from({ length: 100 }, () => issue(quote)));
  assert.equal(answers.filter(({ status }) => status === 201).length, 3);
  answers.filter(({ status }) => status !== 201).forEach((answer) => isProblem(answer, 409, "entitlement_exhausted"));
});

test("a failed calibration gives the unit's entitlement back, a success does not", async () => {
  const { quote, token } = await issued();
  assert.equal((await redeem(token, { outcome: "failed" })).body.state, "failed");
  const second = await issue(quote);
  assert.equal(second.status, 201, second.text);
  assert.equal((await redeem(second.body.token)).body.state, "succeeded");
  isProblem(await issue(quote), 409, "entitlement_exhausted");
});

test("a token that was revoked, and one whose unit came back, are worth nothing", async () => {
  const first = await issued();
  const revoked = await send(`/v1/tokens/${first.id}/revoke`, { reason: "wrong vehicle" });
  assert.equal(revoked.body.state, "revoked", revoked.text);
  isProblem(await redeem(first.token), 403, "token_revoked");
  assert.equal((await issue(first.quote)).status, 201, "its unit is free for another");

  const second = await issued();
  assert.equal((await send(`/v1/quotes/${second.quote.id}/returns`, {})).status, 200);
  isProblem(await redeem(second.token), 403, "token_revoked");
  isProblem(await issue(second.quote), 409, "not_committed");
});

test("the same call gets the same token", async () => {
  const quote = await sold("RADAR-1", 2);
  const order = newKey();
  const first = await issue(quote, {}, { order });
  const again = await issue(quote, {}, { order });
  assert.deepEqual([again.status, again.body], [201, first.body]);
  isProblem(await issue(quote, { part_serial: "S-1" }, { order }), 422, "idempotency_key_reused");
  isProblem(await api.ask("POST", "/v1/tokens", { key: "shop", json: wanted(quote) }), 400, "idempotency_key_required");
});

test("only the token's account and its tool get anywhere with it", async () => {
  const { token, id } = await issued();
  isProblem(await redeem(token, {}, { key: "fleet" }), 403, "scope_mismatch");
  isProblem(await redeem(token, { tool: "TOOL-1B" }), 403, "scope_mismatch");
  isProblem(await redeem(token, { vin: "5YJ3E1EA7KF000316" }), 403, "scope_mismatch");
  isProblem(await api.ask("GET", `/v1/tokens/${id}`, { key: "fleet" }), 404, "not_found");
  isProblem(await send(`/v1/tokens/${id}/revoke`, {}, { key: "fleet" }), 404, "not_found");
  isProblem(await redeem(token, {}, { key: "west" }), 403, "forbidden");
  assert.equal((await redeem(token)).status, 200);
});

test("who is not registered, approved, or of this shop gets no token", async () => {
  const quote = await sold("RADAR-1");
  for (const [change, code] of [
    [{ shop: "SHOP-9" }, "unknown_shop"], [{ shop: "SHOP-2" }, "unknown_shop"],
    [{ technician: "TECH-9" }, "unknown_technician"], [{ tool: "TOOL-9" }, "unknown_tool"],
    [{ technician: "TECH-2" }, "technician_of_another_shop"], [{ tool: "TOOL-2" }, "tool_of_another_shop"],
    [{ technician: "TECH-SUSPENDED" }, "technician_not_approved"], [{ technician: "TECH-OVER" }, "technician_not_approved"],
    [{ technician: "TECH-SOON" }, "technician_not_approved"], [{ tool: "TOOL-SUSPENDED" }, "tool_not_approved"],
    [{ tool: "TOOL-OVER" }, "tool_not_approved"],
    [{ shop: "SHOP-SUSPENDED", technician: "TECH-3", tool: "TOOL-3" }, "shop_not_approved"],
  ]) {
    isProblem(await issue(quote, change), 403, code);
  }
  assert.equal((await issue(quote)).status, 201);
});

test("no token for what is not sold, needs none, or does not fit", async () => {
  const { body: held } = await send("/v1/quotes", { lines: [{ sku: "RADAR-1", quantity: 1 }] });
  isProblem(await issue(held), 409, "not_committed");
  isProblem(await issue(await sold("PAD-1")), 422, "calibration_not_required");
  isProblem(await issue(await sold("RADAR-2")), 422, "vehicle_mismatch");
  isProblem(await issue({ id: "q_nobody" }), 404, "not_found");
  isProblem(await issue(held, { line: 7 }), 404, "not_found");
  const unknown = await issue(await sold("CAMERA-1"));
  assert.equal(unknown.status, 201, unknown.text);
  assert.equal(unknown.body.warnings[0].code, "fitment_unknown");
});

test("nothing but a token that was issued passes for one", async () => {
  const { token } = await issued();
  const [header, payload, signature] = token.split(".");
  const claims = decodeJwt(token);
  const { kid } = decodeProtectedHeader(token);
  const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  const [own] = ring().keys;
  const sign = (key, header = {}, body = claims) =>
    new SignJWT(body).setProtectedHeader({ alg: "EdDSA", typ: "calibration+jwt", kid, ...header }).sign(key);
  const mine = await importJWK({ ...own, alg: "EdDSA" });
  const foreign = generateKeyPairSync("ed25519").privateKey;
  const last = signature.at(-1);
  const attacks = {
    "no algorithm": `${encode({ alg: "none", typ: "calibration+jwt", kid })}.${payload}.`,
    "the public key as a shared secret":
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "calibration+jwt", kid }).sign(Buffer.from(own.x, "base64url")),
    "another's key": await sign(foreign),
    "another's key, in the header": await sign(foreign, { jwk: { kty: "OKP", crv: "Ed25519", x: own.x } }),
    "an unknown kid": await sign(mine, { kid: "somebody" }),
    "no kid": await sign(mine, { kid: undefined }),
    "another type": await sign(mine, { typ: "JWT" }),
    "a critical header": `${encode({ alg: "EdDSA", typ: "calibration+jwt", kid, crit: ["exp"] })}.${payload}.${signature}`,
    "altered claims": `${header}.${encode({ ...claims, vin: "5YJ3E1EA7KF000316" })}.${signature}`,
    "an altered signature": `${header}.${payload}.${signature.slice(0, 10)}${signature[10] === "A" ? "B" : "A"}${signature.slice(11)}`,
    "a signature that is not canonical": `${header}.${payload}.${signature.slice(0, -1)}${String.fromCharCode(last.charCodeAt(0) + 1)}`,
    "duplicated members": `${encode(`{"alg":"EdDSA","typ":"calibration+jwt","kid":"${kid}","kid":"${kid}"}`)}.${payload}.${signature}`,
    "truncated": token.slice(0, -10),
    "padded": `${token}=`,
    "oversized": `${header}.${payload}${"A".repeat(10_000)}.${signature}`,
    "nothing": "",
    "three dots": "...",
  };
  for (const [name, attack] of Object.entries(attacks)) {
    assert.deepEqual(await verify(attack).then(({ valid, reason }) => [valid, reason]), [false, "invalid_signature"], name);
    isProblem(await redeem(attack), 403, "invalid_signature");
  }
  // Signed with the right key, and yet not what was issued.
  const now = Math.floor(Date.now() / 1_000);
  for (const [change, reason] of [
    [{ aud: "somebody" }, "scope_mismatch"], [{ iss: "https://other.example" }, "invalid_signature"],
    [{ jti: "t_other" }, "not_found"], [{ sub: "fleet-1" }, "scope_mismatch"], [{ exp: now + 999_999 }, "scope_mismatch"],
    [{ max_uses: 2 }, "invalid_signature"], [{ vin: "5YJ3E1EA7KF000316" }, "scope_mismatch"],
  ]) {
    const told = await verify(await sign(mine, {}, { ...claims, ...change }));
    assert.deepEqual([told.valid, told.reason], [false, reason], JSON.stringify(change));
  }
  // The library's own signature of the same claims is as good as ours.
  assert.equal((await verify(await sign(mine))).valid, true);
  assert.equal((await redeem(token)).status, 200, "and none of this has used it up");
});

test("a gateway can tell offline that a token was revoked or used", async () => {
  const [kept, revoked, used] = [await issued(), await issued(), await issued()];
  await send(`/v1/tokens/${revoked.id}/revoke`, {});
  await redeem(used.token);
  const status = async (token) => {
    const { idx, uri } = decodeJwt(token).status.status_list;
    const response = await fetch(uri.replace(ISSUER, api.url));
    assert.equal(response.headers.get("content-type"), "application/statuslist+jwt");
    assert.match(response.headers.get("cache-control"), /public/);
    const { payload } = await jwtVerify(await response.text(), jwks, { typ: "statuslist+jwt", subject: uri });
    const bytes = inflateSync(Buffer.from(payload.status_list.lst, "base64url"));
    assert.equal(payload.status_list.bits, 2);
    return (bytes[idx >> 2] >> ((idx & 3) * 2)) & 3;
  };
  const told = await until(() => Promise.all([kept, revoked, used].map(({ token }) => status(token))), ([, one]) => one === 1);
  assert.deepEqual(told, [0, 1, 3]);
  assert.equal((await fetch(`${api.url}/v1/tokens/status/nobody/0`)).status, 404);
});

test("every attempt is on record, and the record shows what was changed", async () => {
  const { id, token } = await issued();
  await redeem(token, { tool: "TOOL-1B" });
  await verify(token);
  await redeem(token);
  await redeem(token);
  const { attempts, state } = await api.get(`/v1/tokens/${id}`);
  assert.equal(state, "succeeded");
  assert.deepEqual(attempts.map(({ kind, reason }) => [kind, reason]), [
    ["token_issued", undefined], ["token_refused", "scope_mismatch"], ["token_verified", undefined],
    ["token_redeemed", undefined], ["token_refused", "already_redeemed"],
  ]);
  // The chain, as docs/security.md describes it.
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  let [prev, seq] = [sha256("holdfast token log of shop-1"), 0];
  for (let after = 0; after !== undefined;) {
    const page = await api.get(`/v1/tokens/log?after=${after}&limit=50`);
    for (const { hash, ...entry } of page.entries) {
      const canonical = JSON.stringify(entry, (_, value) =>
        value !== null && typeof value === "object" && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);
      assert.deepEqual([entry.seq, entry.prev, hash], [seq + 1, prev, sha256(canonical)]);
      [prev, seq] = [hash, entry.seq];
    }
    after = page.next;
  }
  const whole = await api.get(`/v1/tokens/log?limit=${seq}`);
  assert.deepEqual([whole.entries.length, whole.next], [seq, undefined], "a full page that is the last says so");
  isProblem(await api.ask("GET", "/v1/tokens/log?account=shop-1", { key: "fleet" }), 403, "forbidden");
  assert.ok((await api.get("/v1/tokens/log?account=shop-1", "admin")).entries.length > 0);
});

test("a tool that is suspended is out at once, with the tokens that name it", async () => {
  const { quote, token } = await issued(2);
  const admin = (act) => api.ask("POST", `/v1/admin/parties/tool/TOOL-1/${act}`, { key: "admin", json: { reason: "stolen" } });
  assert.equal((await admin("suspend")).status, 200);
  isProblem(await redeem(token), 403, "token_revoked");
  isProblem(await issue(quote), 403, "tool_not_approved");
  assert.equal((await admin("reinstate")).status, 200);
  assert.equal((await issue(quote)).status, 201);
  isProblem(await api.ask("POST", "/v1/admin/parties/tool/NONE/suspend", { key: "admin" }), 404, "not_found");
  isProblem(await api.ask("POST", "/v1/admin/parties/tool/TOOL-1/suspend", { key: "shop" }), 403, "forbidden");
});

test("kill -9 between issue and answer, and between redemption and answer: the same call gets the same token, once", async () => {
  const rounds = 6;
  const quote = await sold("RADAR-1", rounds);
  for (let round = 0; round < rounds; round += 1) {
    const [order, redemption] = [newKey(), newKey()];
    const lost = issue(quote, {}, { order }).catch(() => null);
    await new Promise((done) => setTimeout(done, round * 3));
    await api.kill();
    const before = await lost;
    await api.start();
    const after = await issue(quote, {}, { order });
    assert.equal(after.status, 201, after.text);
    if (before !== null) assert.deepEqual(before.body, after.body);

    const lostRedemption = redeem(after.body.token, {}, { order: redemption }).catch(() => null);
    await new Promise((done) => setTimeout(done, round * 3));
    await api.kill();
    const told = await lostRedemption;
    await api.start();
    const receipt = await redeem(after.body.token, {}, { order: redemption });
    assert.equal(receipt.status, 200, receipt.text);
    if (told !== null) assert.deepEqual(told.body, receipt.body);
    isProblem(await redeem(after.body.token), 409, "already_redeemed");
  }
  isProblem(await issue(quote), 409, "entitlement_exhausted");
});

test("a deployment without keys says how to get some", async () => {
  api.keys = false;
  await api.restart();
  const answer = await api.ask("POST", "/v1/tokens", { key: "shop", json: {}, headers: { "idempotency-key": "x" }, faulty: true });
  assert.match(isProblem(answer, 503, "tokens_not_configured").detail, /kv-seed keys/);
  const keys = await api.ask("GET", "/.well-known/jwks.json", { faulty: true });
  isProblem(keys, 503, "tokens_not_configured");
});
