// docs/examples/verify-token.mjs, as docs/calibration.md shows it to makers of tools, on a live server's tokens, keys and
// status lists: it says what the API says, and what it cannot know is what the document says it cannot.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SignJWT, decodeJwt, decodeProtectedHeader, importJWK } from "jose";
import { Refused, verifier } from "../../docs/examples/verify-token.mjs";
import { ROOT } from "../../local/config.mjs";
import { openInstance, until } from "./instance.mjs";

const VIN = "1HGCM82633A004352"; // a 2003 Honda Accord
const CREW = { shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
const HERE = { vin: VIN, tool: CREW.tool };
const ISSUER = "https://parts.example";

let api;
before(async () => {
  api = await openInstance({ vars: { TOKEN_ISSUER: ISSUER } });
  await api.count("RADAR-1", 500);
});
after(() => api.close());

/** The network as a gateway sees it: the issuer's name leads to this server, what is asked is noted, the line may be cut. */
function network() {
  const line = { asked: [], cut: false };
  line.fetch = (url) => {
    line.asked.push(url);
    return line.cut ? Promise.reject(new TypeError("no line")) : fetch(url.replace(ISSUER, api.url));
  };
  return line;
}
const gateway = (line = network()) => verifier({ issuer: ISSUER, fetch: line.fetch });

async function issued(fields = {}) {
  const { body: quote } = await api.hold([{ sku: "RADAR-1", quantity: 1 }]);
  const answer = await api.act(quote.id, "commit", { tokens: { vin: VIN, ...CREW, ...fields } });
  assert.equal(answer.status, 200, answer.text);
  return answer.body.tokens[0];
}
const redeem = (token) => api.send("/v1/tokens/redeem", { token, ...HERE, outcome: "succeeded" });
const revoke = (id) => api.send(`/v1/tokens/${id}/revoke`, {});

/** The token's claims, or the code of the refusal; any other error is one. */
const told = (check, token, shown = HERE) =>
  check(token, shown).catch((error) => {
    if (error instanceof Refused) return error.code;
    throw error;
  });
/** What the API says of a token: "valid" or the code of the refusal. */
const online = async (token, shown = HERE) => {
  const { valid, reason } = await api.post("/v1/tokens/verify", { token, ...shown });
  return valid ? "valid" : reason;
};

test("a good token is good, and says for what", async () => {
  const { id, token } = await issued();
  const claims = await gateway()(token, HERE);
  assert.deepEqual([claims.jti, claims.sku, claims.ecu, claims.procedure], [id, "RADAR-1", "ACC radar", "radar-static-aim"]);
  assert.equal(await online(token), "valid");
});

test("what the example refuses, the API refuses for the same reason", async () => {
  const { id, token } = await issued();
  const [header, payload, signature] = token.split(".");
  const claims = decodeJwt(token);
  const { kid } = decodeProtectedHeader(token);
  const [own] = JSON.parse(readFileSync(join(api.state, "token-keys.json"), "utf8")).keys;
  const key = await importJWK({ ...own, alg: "EdDSA" });
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const sign = (body, head = {}) =>
    new SignJWT({ ...claims, ...body }).setProtectedHeader({ alg: "EdDSA", typ: "calibration+jwt", kid, ...head }).sign(key);
  const now = Math.floor(Date.now() / 1_000);
  const cases = {
    "no token": ["nothing"],
    "altered": [`${header}.${encode({ ...claims, vin: "5YJ3E1EA7KF000316" })}.${signature}`],
    "no algorithm": [`${encode({ alg: "none", typ: "calibration+jwt", kid })}.${payload}.`],
    "another type": [await sign({}, { typ: "JWT" })],
    "no kid": [await sign({}, { kid: undefined })],
    "a key in the header": [await sign({}, { jwk: { kty: "OKP", crv: "Ed25519", x: own.x } })],
    "an unknown kid": [await sign({}, { kid: "somebody" })],
    "another issuer": [await sign({ iss: "https://other.example" })],
    "another audience": [await sign({ aud: "somebody" })],
    "two uses": [await sign({ max_uses: 2 })],
    "too long": [await sign({ part_serial: "S".repeat(4_096) })],
    "another vehicle": [token, { ...HERE, vin: "5YJ3E1EA7KF000316" }],
    "another tool": [token, { ...HERE, tool: "TOOL-1B" }],
  };
  const check = gateway();
  for (const [name, [attack, shown]] of Object.entries(cases)) {
    const [offline, known] = [await told(check, attack, shown), await online(attack, shown)];
    assert.match(known, /^(invalid_signature|scope_mismatch)$/, name);
    assert.equal(offline, known, name);
  }
  await revoke(id);
  const used = (await issued()).token;
  await redeem(used);
  for (const [ended, code] of [[token, "token_revoked"], [used, "already_redeemed"]]) {
    assert.equal(await online(ended), code);
    // The server may repeat a list for a second.
    await until(() => told(gateway(), ended), (verdict) => verdict === code);
  }
  // A minute either side is forgiven, more is not. (The API compares with what it issued first, so it is not asked.)
  for (const [life, code] of [
    [{ nbf: now + 50, exp: now + 900 }, undefined], [{ nbf: now + 90, exp: now + 900 }, "token_not_yet_valid"],
    [{ exp: now - 30 }, undefined], [{ exp: now - 61 }, "token_expired"],
  ]) {
    const { status } = decodeJwt((await issued()).token);
    const verdict = await told(gateway(), await sign({ ...life, status }));
    assert.equal(typeof verdict === "string" ? verdict : undefined, code, JSON.stringify(life));
  }
});

test("keys and lists are asked for once, and do without a line", async () => {
  const line = network();
  const check = gateway(line);
  const { token } = await issued();
  await check(token, HERE);
  await check(token, HERE);
  assert.deepEqual(line.asked, [`${ISSUER}/.well-known/jwks.json`, `${ISSUER}/v1/tokens/status/shop-1/0`]);
  line.cut = true;
  await check((await issued()).token, HERE);
  await assert.rejects(gateway(line)(token, HERE), /no line/, "without a copy there is no telling");
  // The server's word on how long a copy is fresh is the one the example goes by.
  for (const url of line.asked.slice(0, 2)) {
    const answer = await fetch(url.replace(ISSUER, api.url));
    assert.equal(answer.headers.get("cache-control"), "public, max-age=300");
    if (!url.endsWith("json")) {
      const { ttl, iat, exp } = decodeJwt(await answer.text());
      assert.deepEqual([ttl, exp - iat], [300, 86_400]);
    }
  }
});

test("what it cannot know: a use or a revocation since its copy, and who is suspended", async () => {
  const check = gateway();
  const tokens = [await issued(), await issued(), await issued()];
  for (const { token } of tokens) await check(token, HERE);
  await revoke(tokens[0].id);
  await redeem(tokens[1].token);
  assert.deepEqual([await online(tokens[0].token), await online(tokens[1].token)], ["token_revoked", "already_redeemed"]);
  for (const { token, id } of tokens) assert.equal((await check(token, HERE)).jti, id, "its copy is still fresh");
  // An approval that ends in the register revokes nothing: only the API looks there.
  const record = await api.get("/v1/admin/catalog?key=technician/TECH-1", "admin");
  const put = (value) => api.ask("PUT", "/v1/admin/catalog", { key: "admin", body: JSON.stringify({ key: "technician/TECH-1", value }) });
  await put({ ...record, approval: { standing: "approved", until: "2026-01-01T00:00:00.000Z" } });
  assert.equal(await online(tokens[2].token), "technician_not_approved");
  assert.equal((await gateway()(tokens[2].token, HERE)).jti, tokens[2].id);
  await put(record);
  assert.equal(await online(tokens[2].token), "valid");
});

test("two texts can be one token: its name is its jti", async () => {
  const { token, id } = await issued();
  const other = token.slice(0, -1) + String.fromCharCode(token.at(-1).charCodeAt(0) + 1);
  assert.notEqual(other, token);
  assert.equal((await gateway()(other, HERE)).jti, id, "a lenient library takes the bits that a signature does not use");
  assert.equal(await online(other), "invalid_signature");
});

test("the document shows this example's use, and tells of every refusal", async () => {
  const document = readFileSync(join(ROOT, "docs/calibration.md"), "utf8");
  const reasons = readFileSync(join(ROOT, "src/token/reason.rs"), "utf8");
  const enumerated = reasons.slice(reasons.indexOf("pub enum Reason"));
  const codes = [...enumerated.slice(0, enumerated.indexOf("\n}")).matchAll(/^ {4}([A-Z]\w+),$/gm)]
    .map(([, name]) => name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase());
  assert.ok(codes.length > 15, String(codes));
  for (const code of codes) assert.ok(document.includes(`\`${code}\``), `${code} is not in docs/calibration.md`);
  const shown = readFileSync(join(ROOT, "docs/examples/verify-token.mjs"), "utf8");
  const steps = [...document.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
  assert.ok(steps.length > 0);
  for (const [, name] of steps.join("").matchAll(/import \{ (\w+(?:, \w+)*) \} from "\.\/examples\/verify-token\.mjs"/g)) {
    for (const one of name.split(", ")) assert.match(shown, new RegExp(`export (class|function) ${one}\\b`));
  }
});
