// The OpenAPI document as a judge: what it says about a request and its answer. Answers may gain fields for callers, but not
// behind the document's back: here every object is closed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import { ROOT } from "../../local/config.mjs";

export const document = JSON.parse(readFileSync(join(ROOT, "web/openapi.json"), "utf8"));

const NAMES = new Map(Object.entries(document.components.schemas).map(([name, schema]) => [schema, name]));

const TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const ajv = new Ajv({
  strict: false, allErrors: true, validateFormats: true, allowUnionTypes: true,
  formats: { "date-time": TIME, date: DAY, int64: Number.isSafeInteger },
});
ajv.addSchema({ $id: "https://holdfast.invalid/openapi.json", ...closed(document) });

/** The schema with no room for members that it does not name. Parts of `allOf` add to each other and stay open. */
function closed(schema, open = false) {
  if (Array.isArray(schema)) return schema.map((one) => closed(one));
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).map(([name, value]) => {
    if (["example", "examples", "enum", "const", "default"].includes(name)) return [name, value];
    if (name === "allOf") return [name, value.map((one) => closed(one, true))];
    return [name, closed(value)];
  });
  const copy = Object.fromEntries(members);
  const describes = schema.type === "object" && schema.properties !== undefined && schema.additionalProperties === undefined;
  // A problem's entries may tell more than a fault does, and a problem is part of an `allOf`.
  if (describes && !open && !["Fault", "Problem"].includes(NAMES.get(schema))) copy.additionalProperties = false;
  return copy;
}

/** A check of values against the schema at a JSON Pointer of the document. */
const checks = new Map();
export function check(pointer) {
  let known = checks.get(pointer);
  if (known === undefined) checks.set(pointer, known = ajv.compile({ $ref: `https://holdfast.invalid/openapi.json#${pointer}` }));
  return known;
}

export const escaped = (name) => encodeURI(name.replaceAll("~", "~0").replaceAll("/", "~1"));

const patterns = Object.keys(document.paths).map((path) => {
  const regex = new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`);
  return { path, regex, fixed: (path.match(/\{/g) ?? []).length };
}).sort((one, other) => one.fixed - other.fixed);

/** The path of the document that a URL's path is an instance of, if there is one. */
export const pathOf = (path) => patterns.find(({ regex }) => regex.test(path))?.path;

// Protocols with documents of their own.
const ELSEWHERE = /^\/(mcp$|ucp\/|\.well-known\/ucp$)/;

/** Fails unless the document says that this request can be answered like this. */
export function judge(method, url, answer) {
  const [asked] = url.split("?");
  if (ELSEWHERE.test(asked)) return;
  const path = pathOf(asked);
  if (path === undefined) return assert.equal(answer.status, 404, `${method} ${url} is not in the document`);
  if (method === "OPTIONS" || answer.status === 405) return;
  const operation = document.paths[path][method === "HEAD" ? "get" : method.toLowerCase()];
  assert.ok(operation, `${method} ${path} is not in the document`);
  const at = `/paths/${escaped(path)}/${method === "HEAD" ? "get" : method.toLowerCase()}/responses/${answer.status}`;
  let response = operation.responses[answer.status];
  assert.ok(response, `${method} ${path} answers ${answer.status} ${answer.text.slice(0, 300)}, which is not in the document`);
  let pointer = at;
  if (response.$ref) {
    pointer = response.$ref.slice(1);
    response = document.components.responses[pointer.split("/").at(-1)];
  }
  for (const name of answer.headers.keys()) {
    const known = Object.keys(response.headers).some((header) => header.toLowerCase() === name);
    assert.ok(known || PLAIN.has(name), `${method} ${path} ${answer.status}: the header ${name} is not in the document`);
  }
  for (const [name, { $ref }] of Object.entries(response.headers)) {
    const value = answer.headers.get(name);
    const header = document.components.headers[$ref.split("/").at(-1)];
    if (value === null) {
      assert.ok(SOMETIMES.has(name), `${method} ${path} ${answer.status}: no header ${name}`);
    } else if (header.schema.pattern) {
      assert.match(value, new RegExp(header.schema.pattern), `${method} ${path} ${answer.status}: ${name}`);
    }
  }
  if (response.content === undefined || method === "HEAD") return;
  const type = answer.headers.get("content-type").split(";")[0];
  assert.ok(response.content[type], `${method} ${path} ${answer.status}: ${type} is not in the document`);
  if (!type.endsWith("json") || type.endsWith("ndjson")) return;
  const holds = check(`${pointer}/content/${escaped(type)}/schema`);
  if (!holds(answer.body)) assert.fail(`${method} ${path} ${answer.status}: ${explain(holds.errors)}\n${answer.text.slice(0, 2000)}`);
}

/** Headers that say nothing of the API's own. */
const PLAIN = new Set(["content-length", "content-type", "date", "connection", "keep-alive", "transfer-encoding", "content-encoding"]);
/** Headers that an answer may lack. */
const SOMETIMES = new Set(["Idempotent-Replayed", "Retry-After", "RateLimit", "RateLimit-Policy", "Location", "Server-Timing"]);

const explain = (errors) => errors.slice(0, 5).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`).join("; ");
