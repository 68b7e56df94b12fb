// Providers: parts whose tokens come with the credential of an external service. The service here is a real one, on this
// machine, that fails in every way we could think of.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isProblem, openInstance } from "./instance.mjs";
import { ProviderService, answer, drop, grant, hang, refuse, stall } from "./provider.mjs";

const VIN = "1HGCM82633A004352";
const CREW = { shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
// A circuit belongs to a provider: each test has providers of its own.
const NAMES = ["plain", "faulty", "late", "stalled", "down", "refusing", "broken", "sound", "committed", "twice", "killed", "kept"];

const service = new ProviderService();
const skus = {};
let api;
before(async () => {
  await service.start(NAMES);
  api = await openInstance({ providers: service.list, vars: { TOKEN_ISSUER: "https://parts.example" } });
  for (const provider of [...NAMES, "unknown", "attestation"]) {
    const calibration = { ecu: "Lidar", procedure: "lidar-aim", version: "3.1", provider };
    [skus[provider]] = await api.parts(`LIDAR-${provider}`, 1, { part_type: { name: "Lidar" }, calibration });
    await api.count(skus[provider], 100);
  }
});
after(async () => {
  await api.close();
  service.close();
  assert.deepEqual(service.faults, []);
});

let count = 0;
const newKey = () => `call-${count += 1}`;
const send = (path, json, { order = newKey() } = {}) =>
  api.ask("POST", path, { key: "shop", json, headers: { "idempotency-key": order }, faulty: true });
const hold = async (provider, quantity = 1) =>
  (await send("/v1/quotes", { lines: [{ sku: skus[provider], quantity }] })).body;
async function sold(provider, quantity = 1) {
  const quote = await hold(provider, quantity);
  const committed = await send(`/v1/quotes/${quote.id}/commit`, {});
  assert.equal(committed.status, 200, committed.text);
  return committed.body;
}
const issue = (quote, options) => send("/v1/tokens", { quote: quote.id, line: 0, vin: VIN, ...CREW }, options);
const log = async () => (await api.get("/v1/tokens/log?limit=500")).entries;

/** An answer that has token and credential. */
function complete(told) {
  assert.equal(told.status, 201, told.text);
  assert.equal(told.body.credential.state, "granted", told.text);
  return told.body;
}

/** All files of the state folder, one after the other. */
function stateBytes(folder = api.state) {
  return Buffer.concat(readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name))));
}

test("a token comes with the credential that its provider was asked for, once", async () => {
  service.will("plain", grant("open-sesame-8d1f", { expires_at: "2030-01-01T00:00:00Z" }));
  const quote = await sold("plain");
  const order = newKey();
  const told = complete(await issue(quote, { order }));
  const credential = { provider: "plain", state: "granted", value: "open-sesame-8d1f", expires_at: "2030-01-01T00:00:00.000Z" };
  assert.deepEqual(told.credential, credential);

  const [call] = service.of("plain");
  assert.equal(call.id, told.id);
  const { type, data: { jws, claims } } = JSON.parse(call.body);
  assert.deepEqual([type, jws, claims.jti, claims.vin], ["credential.requested", told.token, told.id, VIN]);
  assert.deepEqual([claims.sku, claims.brand, claims.number, claims.quote, claims.line], [skus.plain, "BRKA", skus.plain, quote.id, 0]);
  assert.deepEqual([claims.procedure, claims.procedure_version, claims.shop, claims.technician, claims.tool],
    ["lidar-aim", "3.1", "SHOP-1", "TECH-1", "TOOL-1"]);

  const again = await issue(quote, { order });
  assert.deepEqual([again.body, again.headers.get("idempotent-replayed")], [told, "true"]);
  assert.deepEqual((await api.get(`/v1/tokens/${told.id}`)).credential, credential);
  isProblem(await api.ask("GET", `/v1/tokens/${told.id}`, { key: "fleet" }), 404, "not_found");
  assert.equal(service.of("plain").length, 1, "whoever asks again gets what is there");

  const entries = (await log()).filter(({ token }) => token === told.id);
  assert.deepEqual(entries.map(({ kind, provider }) => [kind, provider]), [["token_issued", undefined], ["credential_received", "plain"]]);
  const bytes = stateBytes();
  assert.ok(bytes.includes(told.id), "the token is on disk");
  assert.ok(!bytes.includes("open-sesame"), "its credential is not, in clear text");
});

test("a credential is deleted with the end of its token", async () => {
  const { id, token } = complete(await issue(await sold("plain")));
  assert.equal((await send("/v1/tokens/redeem", { token, vin: VIN, tool: "TOOL-1", outcome: "succeeded" })).status, 200);
  assert.deepEqual((await api.get(`/v1/tokens/${id}`)).credential, { provider: "plain", state: "ended" });
});

test("a token that is revoked while its provider is asked gets no credential", async () => {
  const quote = await sold("plain");
  service.will("plain", (response) => {
    send(`/v1/tokens/${service.of("plain").at(-1).id}/revoke`, {}).then(({ status }) => {
      assert.equal(status, 200);
      grant()(response);
    }).catch((error) => service.faults.push(error));
  });
  const told = await issue(quote);
  assert.deepEqual([told.status, told.body.credential], [201, { provider: "plain", state: "ended" }]);
  assert.equal((await api.get(`/v1/tokens/${told.body.id}`)).state, "revoked");
  service.will("plain", grant());
  complete(await issue(quote));
});

test("a part without a provider asks nobody", async () => {
  const told = await issue(await sold("attestation"));
  assert.deepEqual([told.status, told.body.credential], [201, undefined]);
});

test("a provider that fails once is asked again, with the same id and the same bytes", async () => {
  const quote = await sold("faulty", 10);
  const garbage = ["", "<html>", "[]", '{"credential":""}', '{"credential":7}', JSON.stringify({ credential: "x".repeat(16_385) }),
    " ".repeat(200_000)];
  for (const fault of [answer(500), answer(408), answer(429), answer(301), drop, ...garbage.map((body) => answer(200, body))]) {
    service.will("faulty", fault, grant());
    const before = service.of("faulty").length;
    const told = complete(await issue(quote));
    const [first, second, ...more] = service.of("faulty").slice(before);
    assert.deepEqual([first, more.length], [second, 0]);
    assert.equal(first.id, told.id);
    assert.equal((await send(`/v1/tokens/${told.id}/revoke`, {})).status, 200);
  }
});

test("a provider that is late, or stops in the middle of its answer, is asked again", async () => {
  await Promise.all([["late", hang], ["stalled", stall]].map(async ([name, fault]) => {
    service.will(name, fault, grant("in the end"));
    const told = complete(await issue(await sold(name)));
    assert.equal(told.credential.value, "in the end");
    assert.deepEqual(service.of(name).map(({ id }) => id), [told.id, told.id]);
  }));
});

test("while a provider is down its token waits, and the same call meets it again", async () => {
  service.will("down", answer(503));
  const [quote, order] = [await sold("down"), newKey()];
  const told = await issue(quote, { order });
  assert.equal(isProblem(told, 503, "provider_unavailable").retryable, true);
  assert.ok(Number(told.headers.get("retry-after")) > 0);
  const [{ id }] = service.of("down");
  assert.deepEqual(service.of("down").map((call) => call.id), [id, id, id]);
  isProblem(await issue(quote), 409, "entitlement_exhausted");
  const waiting = await api.get(`/v1/tokens/${id}`);
  assert.deepEqual([waiting.state, waiting.credential.state], ["active", "awaited"]);

  service.will("down", grant("at last"));
  const there = complete(await issue(quote, { order }));
  assert.deepEqual([there.id, there.credential.value], [id, "at last"]);
  assert.equal(service.of("down").length, 4);
});

test("a provider that refuses is told to the caller, and the unit is free again", async () => {
  service.will("refusing", refuse("this tool\nis not subscribed"));
  const [quote, order] = [await sold("refusing"), newKey()];
  for (let time = 0; time < 2; time += 1) {
    const problem = isProblem(await issue(quote, { order }), 422, "provider_refused");
    assert.match(problem.detail, /this tool is not subscribed/);
  }
  assert.equal(service.of("refusing").length, 1, "a refusal stands");
  const [{ id }] = service.of("refusing");
  const refused = await api.get(`/v1/tokens/${id}`);
  assert.deepEqual([refused.state, refused.credential.state], ["revoked", "refused"]);
  assert.equal(refused.attempts.at(-1).reason, "provider_refused");
  service.will("refusing", grant());
  assert.notEqual(complete(await issue(quote)).id, id);
});

test("a provider that keeps failing is left alone, and others are not", async () => {
  service.will("broken", drop);
  const quote = await sold("broken", 4);
  for (const calls of [3, 5, 5]) {
    isProblem(await issue(quote), 503, "provider_unavailable");
    assert.equal(service.of("broken").length, calls);
  }
  const told = await issue(quote);
  const wait = Number(told.headers.get("retry-after"));
  assert.ok(wait > 20 && wait <= 30, told.text);
  complete(await issue(await sold("sound")));
});

test("a commit stands whatever becomes of the credentials, and brings them when it is repeated", async () => {
  const tokens = { tokens: { vin: VIN, ...CREW } };
  const [quote, order] = [await hold("committed", 2), newKey()];
  service.will("committed", grant(), answer(422, "no"), grant());
  const first = await send(`/v1/quotes/${quote.id}/commit`, tokens, { order });
  assert.deepEqual([first.status, first.body.state], [200, "committed"]);
  assert.equal(first.body.tokens.filter(({ credential }) => credential?.state === "granted").length, 1);
  assert.deepEqual(first.body.tokens.filter(({ code }) => code === "provider_refused").length, 1);

  const [other, key] = [await hold("committed"), newKey()];
  service.will("committed", answer(500));
  const waiting = (await send(`/v1/quotes/${other.id}/commit`, tokens, { order: key })).body;
  assert.equal(waiting.state, "committed");
  const [{ id, token, credential }] = waiting.tokens;
  assert.deepEqual([credential.state, credential.code], ["awaited", "provider_unavailable"]);
  service.will("committed", grant("for the commit"));
  const [again] = (await send(`/v1/quotes/${other.id}/commit`, tokens, { order: key })).body.tokens;
  assert.deepEqual([again.id, again.token, again.credential.value], [id, token, "for the commit"]);
});

test("a provider that this deployment cannot ask is told before anything is sold or issued", async () => {
  const [quote, entries] = [await sold("unknown"), (await log()).length];
  const problem = isProblem(await issue(quote), 503, "provider_not_configured");
  assert.match(problem.detail, /`unknown`.*TOKEN_PROVIDERS/);
  assert.equal((await log()).length, entries);
  const held = await hold("unknown");
  const commit = await send(`/v1/quotes/${held.id}/commit`, { tokens: { vin: VIN, ...CREW } });
  isProblem(commit, 503, "provider_not_configured");
  assert.equal((await api.get(`/v1/quotes/${held.id}`)).state, "held");
});

test("a provider that is asked by several at once, and answers each differently, has given one credential", async () => {
  service.will("twice", ...Array.from({ length: 20 }, (_, n) => grant(`number ${n}`)));
  const [quote, order] = [await sold("twice"), newKey()];
  const told = (await Promise.all(Array.from({ length: 10 }, () => issue(quote, { order })))).map(complete);
  assert.equal(new Set(told.map(({ id, credential }) => `${id} ${credential.value}`)).size, 1);
  assert.equal(new Set(service.of("twice").map(({ id }) => id)).size, 1);
});

test("kill -9 between the provider's answer and ours: the same call gets the same token and one credential", async (t) => {
  const rounds = 6;
  let kept = 0;
  const quote = await sold("killed", rounds);
  for (let round = 0; round < rounds; round += 1) {
    const order = newKey();
    let answered;
    const finished = new Promise((done) => { answered = done; });
    service.will("killed", (response) => {
      response.on("finish", answered);
      grant(`before the kill ${round}`)(response);
    }, grant(`after the kill ${round}`));
    const lost = issue(quote, { order }).catch(() => null);
    await finished;
    // At once, or a little later each time: before the desk has the credential, and after.
    if (round > 1) await new Promise((done) => setTimeout(done, round));
    await api.kill();
    const before = await lost;
    await api.start();
    const told = complete(await issue(quote, { order }));
    if (before !== null) assert.deepEqual(before.body, told);
    assert.deepEqual(complete(await issue(quote, { order })), told);
    const calls = service.of("killed").filter(({ id }) => id === told.id);
    assert.ok(calls.length === 1 || calls.length === 2, `${calls.length} calls`);
    kept += calls.length === 1 ? 1 : 0;
    const word = calls.length === 1 ? "before" : "after";
    assert.equal(told.credential.value, `${word} the kill ${round}`);
  }
  t.diagnostic(`${kept} of ${rounds} credentials had been kept when the kill came`);
  assert.equal(new Set(service.of("killed").map(({ id }) => id)).size, rounds);
  isProblem(await issue(quote), 409, "entitlement_exhausted");
});

test("the key can be changed while credentials sealed with the old one are about", async () => {
  service.will("kept", grant("sealed with the old key"), grant("sealed with the new key"));
  const path = join(api.state, "credential-key");
  const [old, key] = [readFileSync(path, "utf8").trim(), randomBytes(32).toString("base64url")];
  const quote = await sold("kept", 2);
  const ids = [complete(await issue(quote)).id];
  const told = () => Promise.all(ids.map(async (id) => {
    const { state, value } = (await api.get(`/v1/tokens/${id}`)).credential;
    return value ?? state;
  }));

  writeFileSync(path, `${key},${old}\n`);
  await api.restart();
  ids.push(complete(await issue(quote)).id);
  assert.deepEqual(await told(), ["sealed with the old key", "sealed with the new key"]);
  writeFileSync(path, `${key}\n`);
  await api.restart();
  assert.deepEqual(await told(), ["unreadable", "sealed with the new key"]);
  writeFileSync(path, `${old},${key}\n`);
});

test("providers without a key to keep credentials with are not asked", async () => {
  const { providers, vars } = api;
  api.providers = undefined;
  await api.restart({ vars: { ...vars, TOKEN_PROVIDERS: JSON.stringify(providers) } });
  isProblem(await issue(await sold("plain")), 503, "provider_not_configured");
});
