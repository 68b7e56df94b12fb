// GET /v1/search: parts by words, and how an import makes and keeps their index.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CATALOGUE, isProblem, kvSeed, namesFields, openInstance } from "./instance.mjs";

let api;
before(async () => { api = await openInstance(); });
after(() => api?.close());

const ask = (query, key = "shop") => api.ask("GET", `/v1/search?${query}`, { key });
const search = (query) => api.get(`/v1/search?${query}`);
const skus = async (query) => (await search(query)).parts.map(({ sku }) => sku);
const top = async () => (await api.ask("GET", "/v1/admin/catalog?key=search/top", { key: "admin" })).body;

test("a part is found by its words, and told without what it costs anybody", async () => {
  const found = await search("q=windshield+camera");
  assert.deepEqual([found.total, found.total_is_exact, found.matched, found.read_as, found.unknown, found.cursor], [1, true, "all", [], [], undefined]);
  const [{ score, ...part }] = found.parts;
  assert.ok(score > 0);
  assert.deepEqual(part, {
    sku: "CALIB-1", brand: "GLAS", brand_name: "Glasara", number: "60-01", description: "Windshield with a camera",
    part_type: "Windshield", life_cycle: "active",
  });
});

test("numbers are found in any spelling, former ones and those of other makers too", async () => {
  for (const text of ["10-01", "1001", "brka 10.01", "PAD-1", "pad1"]) assert.equal((await skus(`q=${encodeURIComponent(text)}`))[0], "PAD-1", text);
  assert.equal((await skus("q=old+10.01"))[0], "PAD-1");
  assert.deepEqual((await skus("q=OE+900")).slice(0, 2).sort(), ["PAD-1", "PAD-2"]);
  assert.deepEqual(await skus("q=77-310"), ["AMB-1", "AMB-2"]);
});

test("a typing error is forgiven and said, the last word may be begun only, and a number is never guessed", async () => {
  assert.deepEqual(await skus("q=alternater"), ["CORE-1"]);
  assert.deepEqual((await search("q=windsheild")).read_as, [{ word: "windsheild", read_as: ["windshield"] }]);
  assert.deepEqual(await skus("q=radar+sens"), ["RADAR-1", "RADAR-2"]);
  const nothing = await search("q=60-02");
  assert.deepEqual([nothing.total, nothing.parts, nothing.unknown], [0, [], ["6002"]]);
});

test("make, model and year are those of the parts that fit", async () => {
  const fitting = await search("q=honda+accord+2004+brake+pad");
  assert.deepEqual([fitting.matched, fitting.parts.map(({ sku }) => sku).sort()], ["all", ["NEW-3", "PAD-1", "PAD-2"]]);
  assert.deepEqual((await search("q=accord+2012+pad")).unknown, ["2012"]);
});

test("filters narrow, and the same filter twice lets either value through", async () => {
  assert.deepEqual(await skus("brand=Lampion"), ["AMB-2", "PACK-1", "PROMO-1"]);
  assert.deepEqual(await skus("part_type=radar-sensor&brand=SENS"), ["RADAR-1", "RADAR-2"]);
  assert.deepEqual(await skus("q=promotion&brand=BRKA&brand=LAMP"), ["PROMO-1"]);
  assert.deepEqual((await search("q=bulb&brand=BRKA")).parts, []);
});

test("pages are the whole list in pieces", async () => {
  const whole = await skus("q=movements&limit=100");
  assert.equal(whole.length, 30);
  const pieces = [];
  for (let cursor = ""; cursor !== undefined;) {
    const page = await search(`q=movements&limit=7${cursor && `&cursor=${cursor}`}`);
    assert.equal(page.total, 30);
    pieces.push(...page.parts.map(({ sku }) => sku));
    cursor = page.cursor;
  }
  assert.deepEqual(pieces, whole);
});

test("what was superseded comes last and names what is sold", async () => {
  const { parts } = await search("q=superseded");
  assert.deepEqual(parts.map(({ sku, superseded_by }) => [sku, superseded_by]), [["OLD-1", "NEW-3"], ["OLD-2", "NEW-3"]]);
});

test("limits are named", async () => {
  namesFields(await ask(""), { "/q": "missing" });
  namesFields(await ask("q=%20-%20"), { "/q": "missing" });
  namesFields(await ask(`q=${"a".repeat(201)}`), { "/q": "out_of_range" });
  namesFields(await ask("q=one+two+three+four+five+six+seven+eight+nine"), { "/q": "out_of_range" });
  assert.equal((await ask(`q=${"a".repeat(200)}`)).status, 200);
  assert.equal((await ask("q=one+two+three+four+five+six+seven+eight")).status, 200);
  namesFields(await ask(`q=pad${"&brand=BRKA".repeat(9)}`), { "/filters": "out_of_range" });
  for (const limit of ["0", "101", "ten", ""]) namesFields(await ask(`q=pad&limit=${limit}`), { "/limit": "invalid" });
  namesFields(await ask("q=pad&brand="), { "/brand": "invalid" });
  namesFields(await ask("q=pad&spec.=5"), { "/spec.": "invalid" });
  for (const filter of ["brand", "part_type", "spec.thread"]) {
    namesFields(await ask(`${filter}=${"x".repeat(101)}`), { [`/${filter}`]: "invalid" });
    assert.equal((await ask(`${filter}=${"x".repeat(100)}`)).status, 200);
  }
  namesFields(await ask("q=pad&cursor=abc"), { "/cursor": "invalid" });
  namesFields(await ask("q=pad&cursor=abc.1"), { "/cursor": "invalid" });
  namesFields(await ask("q=pad&price=5"), { "/price": "unknown_field" });
  assert.equal((await ask("q=%FF%00%F0%9F%9A%97&spec.%00=%00")).status, 422);
});

test("it needs a key with scope query", async () => {
  isProblem(await api.ask("GET", "/v1/search?q=pad"), 401, "unauthenticated");
  isProblem(await ask("q=pad", "page"), 403, "forbidden");
  isProblem(await api.ask("POST", "/v1/search?q=pad", { key: "shop" }), 405, "method_not_allowed");
});

/** Imports a folder into the running instance; what was said. */
const importing = (folder, ...options) =>
  kvSeed("import", folder, "--to", api.url, "--key", "admin", "--manifests", join(api.folder, "manifests"), ...options);

/** The tables of the whole instance without stock, `change` made to its parts. */
function tables(name, change) {
  const folder = join(api.folder, name);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(CATALOGUE).filter((file) => file.endsWith(".csv") && !/stock|incoming/.test(file))) {
    cpSync(join(CATALOGUE, file), join(folder, file));
  }
  if (change) writeFileSync(join(folder, "parts.csv"), change);
  return folder;
}
const HEAD = "sku,brand,brand_name,number,description,part_type,attributes\n";

test("an import of all parts writes the segments that differ, the same again none, and --prune removes the old ones", async () => {
  const before = await top();
  assert.match(await importing(tables("all")), /^search +\d+ +\d+ +0 +/m);
  assert.equal(await top(), before, "the same parts are the same index, whoever imports them");
  assert.match(await importing(tables("all")), /^search +0 +0 +0 +\d+$/m);
  const { cursor } = await search("q=movements&limit=7");

  const parts = readFileSync(join(CATALOGUE, "parts.csv"), "utf8");
  const changed = tables("changed", parts.replace("Windshield with a camera", "Windscreen with a lens"));
  const said = await importing(changed, "--prune");
  const [, added, replaced, removed, unchanged] = /^search +(\d+) +(\d+) +(\d+) +(\d+)$/m.exec(said).map(Number);
  assert.ok(added > 0 && replaced === 1 && removed === added && unchanged > 0, said);
  assert.deepEqual(await skus("q=windscreen+lens"), ["CALIB-1"]);
  assert.equal((await search("q=windshield+camera")).matched, "all_but_one");
  namesFields(await ask(`q=movements&cursor=${cursor}`), { "/cursor": "invalid" });
});

test("an import of some parts keeps the index, and says so, also where it does not know what is there", async () => {
  const before = await top();
  const folder = join(api.folder, "few");
  mkdirSync(folder);
  writeFileSync(join(folder, "parts.csv"), `${HEAD}ZZZ-1,ZZZZ,Zetta,1,Zirconium gasket,Gasket,size=5\n`);
  for (const manifests of ["manifests", "unknown"]) {
    const said = await kvSeed("import", folder, "--to", api.url, "--key", "admin", "--manifests", join(api.folder, manifests));
    assert.match(said, /search finds what it found before/);
  }
  assert.equal(await top(), before);
  assert.equal((await api.get("/v1/parts/ZZZ-1")).description, "Zirconium gasket");
  assert.deepEqual(await skus("q=zirconium"), []);
});

test("all parts with --prune renew it, with specifications as words and as filters", async () => {
  const folder = tables("pruned", `${HEAD}ZZZ-1,ZZZZ,Zetta,1,Gasket,Gasket,thread=M14x1.5;voltage=12 V\nZZZ-2,ZZZZ,Zetta,2,Gasket,Gasket,thread=M14x1.25\n`);
  await importing(folder, "--prune");
  assert.deepEqual(await skus("q=gasket+m14x1.5"), ["ZZZ-1"]);
  assert.deepEqual(await skus("spec.thread=m14X1.25"), ["ZZZ-2"]);
  assert.deepEqual(await skus("q=zetta&spec.Voltage=12V"), ["ZZZ-1"]);
  assert.deepEqual(await skus("spec.thread=M14x1.5&spec.thread=M14x1.25"), ["ZZZ-1", "ZZZ-2"]);
});
