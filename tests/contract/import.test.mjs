// How the catalogue of a running instance is written: PUT /v1/admin/catalog, and the importer that uses it.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CATALOGUE, isProblem, kvSeed, namesFields, openInstance, usd } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

const put = (body) => api.ask("PUT", "/v1/admin/catalog", { key: "admin", body });
const record = (key) => api.ask("GET", `/v1/admin/catalog?key=${encodeURIComponent(key)}`, { key: "admin" });
const lines = (...pairs) => pairs.map((pair) => JSON.stringify(pair)).join("\n");

/** Writes files to a folder of their own and imports it into the running instance. */
async function importing(name, files, ...options) {
  const folder = join(api.folder, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  try {
    const manifests = join(api.folder, "manifests");
    const said = await kvSeed("import", folder, "--to", api.url, "--key", "admin", "--manifests", manifests, ...options);
    return { code: 0, said };
  } catch ({ code, stdout, stderr }) {
    return { code, said: stdout + stderr };
  }
}

const PARTS = `sku,brand,number,description,part_type
NEW-100,NEWB,100,A new part,Brake Pad
NEW-101,NEWB,101,Another,Brake Pad
`;
const PRICES = "sku,sheet,price_type,price\nNEW-100,US,JBR,12.34\n";

test("a record is written, read back, replaced and deleted", async () => {
  assert.deepEqual((await put(lines({ key: "import/note", value: { a: 1 } }, { key: "import/other", value: 2 }))).body, { written: 2, deleted: 0 });
  assert.deepEqual((await record("import/note")).body, { a: 1 });
  assert.deepEqual((await put(`\n${lines({ key: "import/note", value: "b" }, { key: "import/other", value: null })}\n\n`)).body, { written: 1, deleted: 1 });
  assert.equal((await record("import/note")).body, "b");
  isProblem(await record("import/other"), 404, "not_found");
});

test("what is written is served at once by the instance that wrote it", async () => {
  assert.equal((await api.get("/v1/parts/PAD-2")).description, "Brake pad of another make");
  const { body: part } = await record("part/PAD-2");
  await put(lines({ key: "part/PAD-2", value: { ...part, description: "Described anew" } }));
  assert.equal((await api.get("/v1/parts/PAD-2")).description, "Described anew");
});

test("a record that is not what its key promises is refused, with its line, and nothing is written", async () => {
  const sound = { key: "import/sound", value: 1 };
  const answer = await put(lines(sound, { key: "part/PAD-1", value: { sku: "PAD-1" } }, { key: "nonsense", value: 1 }, { key: "promotions", value: {} }));
  namesFields(answer, { "/1": "invalid", "/2": "invalid", "/3": "invalid" });
  isProblem(await record("import/sound"), 404, "not_found");
  assert.equal((await api.get("/v1/parts/PAD-1")).sku, "PAD-1");
});

test("a record under another's key is refused", async () => {
  const { body: part } = await record("part/PAD-1");
  namesFields(await put(lines({ key: "part/PAD-2", value: part })), { "/0": "invalid" });
});

test("stock is not written this way", async () => {
  const value = { version: 9, as_of: "2026-01-01T00:00:00.000Z", locations: [] };
  assert.equal((await put(lines({ key: "stock/enam/PAD-1", value }))).status, 422);
});

test("bodies and keys that cannot be are named", async () => {
  namesFields(await put(""), { "": "out_of_range" });
  namesFields(await put("\n\n"), { "": "out_of_range" });
  namesFields(await put("not json"), { "/0": "invalid" });
  namesFields(await put(`${lines({ key: "import/a", value: 1 })}\n{"key":`), { "/1": "invalid" });
  namesFields(await put(lines({ value: 1 })), { "/0": "invalid" });
  namesFields(await put(lines({ key: "import/" + "x".repeat(506), value: 1 })), { "/0": "invalid" });
  namesFields(await put(lines({ key: "", value: null })), { "/0": "invalid" });
  namesFields(await put(lines(...Array.from({ length: 901 }, (_, n) => ({ key: `import/${n}`, value: 1 })))), { "": "out_of_range" });
  isProblem(await put(new Uint8Array([0xff, 0xfe])), 400, "invalid_json");
  isProblem(await put("[".repeat(200_000)), 422, "invalid_request");
  namesFields(await api.ask("GET", "/v1/admin/catalog", { key: "admin" }), { "/key": "invalid" });
  for (const key of ["", "x".repeat(513)]) namesFields(await record(key), { "/key": "invalid" });
});

test("an import into a running instance is served, and again changes nothing", async () => {
  const first = await importing("good", { "parts.csv": PARTS, "prices.csv": PRICES });
  assert.equal(first.code, 0, first.said);
  const line = await api.line("NEW-100");
  assert.deepEqual([line.match, line.price.unit], ["exact", usd(1234)]);
  const again = await importing("good", {});
  assert.match(again.said, /^part +0 +0 /m);
});

test("the tables of the whole instance can be imported over it", async () => {
  const said = await kvSeed("import", CATALOGUE, "--strict", "--to", api.url, "--key", "admin", "--manifests", join(api.folder, "other"));
  assert.match(said, /duplicate|unchanged/i);
  assert.equal((await api.line("PAD-1")).available, 40, "opening stock is counted once");
});

test("an unreadable row is named with file, line and reason, and costs only itself", async () => {
  const prices = `${PRICES}NEW-101,US,JBR,twelve\nNO-SUCH,US,JBR,1\n"NEW-101,US\n`;
  const { code, said } = await importing("rows", { "parts.csv": PARTS.replace("Another", "Changed"), "prices.csv": prices.slice(0, prices.lastIndexOf('"')) });
  assert.equal(code, 0, said);
  assert.match(said, /prices\.csv:3: .*price/);
  assert.match(said, /prices\.csv:4: unknown sku NO-SUCH/);
  assert.equal((await api.get("/v1/parts/NEW-101")).description, "Changed");
});

test("with --strict one bad row refuses everything", async () => {
  const { code, said } = await importing("strict", { "parts.csv": PARTS.replace("Another", "Strict"), "prices.csv": `${PRICES}NO-SUCH,US,JBR,1\n` }, "--strict");
  assert.equal(code, 1);
  assert.match(said, /nothing was written/);
  assert.notEqual((await api.get("/v1/parts/NEW-101")).description, "Strict");
});

for (const [what, xml, reason] of [
  ["a cut-off file", '<ACES version="4.2"><Header/><App action="A" id="1"><BaseVehicle id="1"/>', /cut off/],
  ["a million nested tags", `<ACES version="4.2">${"<App>".repeat(1_000_000)}`, /levels|deep/],
  ["an external entity", '<!DOCTYPE ACES [<!ENTITY x SYSTEM "file:///etc/passwd">]><ACES version="4.2"><App><Note>&x;</Note></App></ACES>', /DOCTYPE|document type/i],
  ["entities that grow", '<!DOCTYPE ACES [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><ACES version="4.2"><App><Note>&b;</Note></App></ACES>', /DOCTYPE|document type/i],
]) {
  test(`${what} in XML is refused with its place, and the sound tables beside it are not imported either`, async () => {
    const { code, said } = await importing("xml", { "parts.csv": PARTS.replace("Another", what), "bad.xml": xml });
    assert.equal(code, 1, said);
    assert.match(said, /bad\.xml:\d+: /);
    assert.match(said, reason);
    assert.ok(!said.includes("root:"), "no file of this machine is read");
    assert.notEqual((await api.get("/v1/parts/NEW-101")).description, what);
  });
}

test("the importer says what is wrong with a key", async () => {
  for (const [key, reason] of [["nobody", /401/], ["shop", /403/]]) {
    await assert.rejects(kvSeed("import", CATALOGUE, "--to", api.url, "--key", key, "--manifests", join(api.folder, "none")),
      ({ code, stderr }) => code === 1 && reason.test(stderr), key);
  }
});
