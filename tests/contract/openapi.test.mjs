// /openapi.json against the running product: what is served, who may ask what, and that each request body is read as the
// document describes it, field by field and at both ends of each bound. (Answers: every contract test, see document.mjs.)
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../local/config.mjs";
import { check, document, escaped } from "./document.mjs";
import { isProblem, openInstance } from "./instance.mjs";

const SCOPES = ["query", "quote", "stock", "token", "kpi", "web"];
const OPERATIONS = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));

let api;
before(async () => {
  api = await openInstance({ vars: { TOKEN_ISSUER: "https://parts.example" } });
  const hash = (key) => createHash("sha256").update(key).digest("hex");
  const keys = SCOPES.map((scope) => {
    const record = { account: "shop-1", scopes: [scope], ...(scope === "web" ? { origins: ["*"] } : {}) };
    return JSON.stringify({ key: `key/${hash(`only-${scope}`)}`, value: record });
  });
  const { status } = await api.ask("PUT", "/v1/admin/catalog", { key: "admin", body: keys.join("\n") });
  assert.equal(status, 200);
});
after(() => api?.close());

/** A URL of a path, with something sound in place of its parameters. */
function urlOf(path, id = "NONE") {
  const known = { sku: "PAD-1", vin: "1HGCM82633A004352", register: "shop", id, account: "shop-1", list: "0", delivery: "NONE" };
  return path.replaceAll(/\{([^}]+)\}/g, (_, name) => known[name] ?? assert.fail(`no ${name}`));
}

test("the document is served to programs of any origin, as it is committed", async () => {
  const response = await fetch(`${api.url}/openapi.json`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  const same = (await response.text()) === readFileSync(join(ROOT, "web/openapi.json"), "utf8");
  assert.ok(same, "another one is served than is committed: scripts/build.sh");
});

test("a method that a path does not have in the document is refused, and the others are named", async () => {
  for (const [path, operations] of Object.entries(document.paths)) {
    const known = Object.keys(operations).map((method) => method.toUpperCase()).sort();
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"].filter((method) => !known.includes(method))) {
      const answer = await api.ask(method, urlOf(path), { key: "admin" });
      isProblem(answer, 405, "method_not_allowed");
      const allowed = answer.headers.get("allow").split(", ").filter((method) => method !== "OPTIONS").sort();
      assert.deepEqual(allowed, known, `${method} ${path}`);
    }
  }
});

test("each operation is for the scopes that it names, and for no others", async () => {
  for (const { path, method, operation } of OPERATIONS) {
    const scopes = operation["x-scopes"] ?? [];
    const ask = (key) => api.ask(method, urlOf(path), { key });
    assert.equal((await ask(undefined)).status === 401, scopes.length > 0, `${method} ${path} without a key`);
    for (const scope of SCOPES.filter(() => scopes.length > 0)) {
      const { status } = await ask(`only-${scope}`);
      assert.equal(status === 403, !scopes.includes(scope), `${method} ${path} with ${scope}: ${status}`);
    }
  }
});

/** The schema behind references, and what of it may be `null`. */
const resolved = (schema) => {
  if (schema.$ref !== undefined) return { ...resolved(document.components.schemas[schema.$ref.split("/").at(-1)]), ...schema, $ref: undefined };
  if (schema.anyOf?.some(({ type }) => type === "null") && schema.anyOf.length === 2) return resolved(schema.anyOf.find(({ type }) => type !== "null"));
  return schema;
};

/** What a schema allows and just does not allow, of one field. */
function* edges(schema) {
  const { type, minimum, maximum, minLength, maxLength, enum: names } = schema;
  const is = (name) => [type].flat().includes(name);
  if (names) yield* [...names.map((name) => [name, true]), ["no such name", false], [1, false]];
  else if (is("integer")) {
    if (minimum !== undefined) yield* [[minimum, true], [minimum - 1, false]];
    if (maximum !== undefined) yield* [[maximum, true], [maximum + 1, false]];
    yield* [[1_000.5, false], ["1000", false], [true, false]];
  } else if (is("number")) yield* [[minimum, true], [maximum, true], [minimum - 0.1, false], [maximum + 0.1, false], ["0", false]];
  else if (is("boolean")) yield* [[true, true], [false, true], ["true", false], [0, false]];
  else if (schema.format === "date-time") yield* [["2026-11-22T15:00:00+01:00", true], ["2026-11-22", false], [0, false]];
  else if (is("string") && schema.pattern?.startsWith("^[") && schema.pattern.endsWith("+$")) {
    yield* [["A".repeat(maxLength), /A/.test(schema.pattern)], ["0".repeat(maxLength), true], ["0".repeat(maxLength + 1), false], ["", false], ["a b", false], ["ä", false], [0, false]];
  } else if (is("string") && schema.pattern === "\\S") {
    yield* [["x".repeat(minLength), true], ["ä".repeat(maxLength), true], ["x".repeat(maxLength + 1), false], [" ", false], ["", false], [7, false]];
  }
}

/** Each place of a value that its schema describes as an object: what it is, and how to write it anew. */
function* objects(schema, value, write, at = "") {
  const described = resolved(schema);
  if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) yield* objects(described.items, item, (one) => write(value.with(place, one)), `${at}/${place}`);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const variants = (described.anyOf ?? described.oneOf ?? [described]).map(resolved);
  const variant = variants.filter(({ type }) => type === "object").map((one) => ({ properties: {}, required: [], ...one }))
    .find(({ properties, required }) => required.every((name) => name in value) && Object.keys(value).every((name) => name in properties));
  assert.ok(variant, `${at}: ${JSON.stringify(value)} is none of the variants`);
  yield { at, variant, value, write };
  for (const [name, member] of Object.entries(value)) {
    yield* objects(variant.properties[name], member, (one) => write({ ...value, [name]: one }), `${at}/${name}`);
  }
}

// Bodies that show every object of a request; the examples of the document leave some out.
const CREW = { vin: "1HGCM82633A004352", shop: "SHOP-1", technician: "TECH-1", tool: "TOOL-1" };
const MORE = {
  query: [{ lines: [{ sku: "PAD-1" }, { number: "10-01" }, { vin: CREW.vin, part_type: "pad" }], deliver_to: { location: "ATL1" } }],
  openQuote: [{ lines: [{ sku: "PAD-1", quantity: 1 }], deliver_to: { lat: 1, lon: 1 } }],
  reorderQuote: [{ deliver_to: { location: "ATL1" } }],
  commitQuote: [{ lines: [{ line: 0, quantity: 1 }], tokens: CREW }],
  returnQuote: [{ lines: [{ line: 0, quantity: 1 }] }],
  moveShard: [{ sku: "PAD-1", region: "enam" }],
  putWebhook: [{ url: "https://erp.example/in", events: ["stock.low"] }],
};
// Sound by themselves, and refused for what they mean.
const FORM = new Set(["missing", "unknown_field", "invalid", "out_of_range", "invalid_json", "too_long"]);

test("each request body is read as it is described", async () => {
  let probes = 0;
  // A body that is to repeat an order is read with that order at hand.
  const { id } = (await api.hold([{ sku: "PAD-1", quantity: 1 }], { key: "admin" })).body;
  for (const { path, method, operation } of OPERATIONS) {
    const content = operation.requestBody?.content["application/json"];
    // Events are refused in their places, each for the fields of its kind: src/kpi/posted.rs, kpi.test.mjs.
    if (content === undefined || operation.operationId === "reportEvents") continue;
    const at = `/paths/${escaped(path)}/${method.toLowerCase()}/requestBody/content/${escaped("application/json")}/schema`;
    const allowed = check(at);
    /** The faults of form that the product finds in a body. */
    const faults = async (json) => {
      const answer = await api.ask(method, urlOf(path, path.endsWith("/reorder") ? id : undefined), { key: "admin", json, headers: { "idempotency-key": randomUUID() } });
      probes += 1;
      return answer.status === 422 && answer.body.code === "invalid_request" ? answer.body.errors.filter(({ code }) => FORM.has(code)) : [];
    };
    const agree = async (body, place, name) => {
      const pointer = `${place}/${name}`;
      const found = (await faults(body)).filter((fault) => fault.pointer.startsWith(place) || place.startsWith(fault.pointer));
      // A rejected item of a call of many is answered in its place.
      if (found.length === 0 && RANGES_IN_PLACE.has(pointer.replace(/\d+/, "0"))) return;
      assert.equal(found.length === 0, allowed(body), `${method} ${path} ${pointer}: ${JSON.stringify(body)}\nfound ${JSON.stringify(found)}`);
    };
    const examples = Object.values(content.examples ?? {}).map(({ value }) => value);
    for (const body of [...examples, ...(MORE[operation.operationId] ?? [])]) {
      for (const { at: place, variant, value, write } of objects(content.schema, body, (all) => all)) {
        const unknown = (await faults(write({ ...value, "no such field": 1 }))).find(({ code }) => code === "unknown_field");
        assert.ok(unknown, `${method} ${path} ${place}: an unknown field is taken`);
        const known = unknown.detail.split("known are: ")[1].split(", ").filter((name) => name !== "")
          .filter((name) => name !== "lines" || !path.endsWith("/reorder")); // which are those of the order
        assert.deepEqual(known.sort(), Object.keys(variant.properties).sort(), `${method} ${path} ${place}`);
        for (const [name, field] of Object.entries(variant.properties)) {
          const { [name]: _, ...without } = value;
          await agree(write(without), place, name);
          for (const [probe] of edges(resolved(field))) await agree(write({ ...value, [name]: probe }), place, name);
          if (!variant.required.includes(name)) await agree(write({ ...value, [name]: null }), place, name);
        }
      }
    }
  }
  assert.ok(probes > 500, `${probes} probes`);
});
const RANGES_IN_PLACE = new Set(["/movements/0/quantity", "/movements/0/safety"]);
