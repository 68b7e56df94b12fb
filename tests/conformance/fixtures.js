// The conformance build: functions/glue/mcp.js with what the suite of @modelcontextprotocol/conformance calls beside the
// product's own tools. tests/conformance/run.mjs puts it in the place of that file; the wasm is the product's, byte for byte.
import * as product from "./product.js";
export { complete, prompt } from "./product.js";

const IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const SOUND = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";
const META = "io.modelcontextprotocol/clientCapabilities";
const said = (text) => ({ content: [{ type: "text", text }] });
const resource = (uri, text) => ({ type: "resource", resource: { uri, mimeType: "text/plain", text } });

/** A question to the user, with one answer of a type. */
const question = (message, name, type = "string") => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties: { [name]: { type } }, required: [name] } },
});
const sampling = (text) => ({
  method: "sampling/createMessage", params: { messages: [{ role: "user", content: { type: "text", text } }], maxTokens: 100 },
});
const roots = { method: "roots/list", params: {} };
const needs = (inputRequests, state) =>
  ({ resultType: "input_required", inputRequests, ...(state && { requestState: sealed(state) }) });

/** What the client is to send back unchanged, with a sum that says so. A fixture: the product keeps no such state. */
const sealed = (state) => `${state}.${sum(state)}`;
const sum = (text) => [..."conformance", ...text].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 16777619) >>> 0, 2166136261);
const opened = (text) => (typeof text === "string" && sealed(text.split(".")[0]) === text ? text.split(".")[0] : null);

class Refused {
  constructor(code, message, data, status = 400) { Object.assign(this, { code, message, data, status }); }
}
const answered = (responses, key) => {
  const response = responses?.[key];
  return response !== null && typeof response === "object" ? response : undefined;
};

/** A tool that asks once, in these words. */
const asks = (requests, state) => ({ inputResponses, requestState }) => {
  const all = Object.keys(requests).every((key) => answered(inputResponses, key) !== undefined);
  if (!all) return needs(requests, state);
  if (state !== undefined && opened(requestState) === null) throw new Refused(-32602, "this requestState is not ours");
  return said("state-ok: thank you");
};

const NAME = { user_name: question("What is your name?", "name") };
const TOOLS = {
  test_simple_text: () => said("This is a simple text response for testing."),
  test_image_content: () => ({ content: [{ type: "image", data: IMAGE, mimeType: "image/png" }] }),
  test_audio_content: () => ({ content: [{ type: "audio", data: SOUND, mimeType: "audio/wav" }] }),
  test_embedded_resource: () => ({ content: [resource("test://embedded-resource", "An embedded resource.")] }),
  test_multiple_content_types: () => ({
    content: [...said("Several kinds:").content, { type: "image", data: IMAGE, mimeType: "image/png" }, resource("test://mixed", "{}")],
  }),
  test_error_handling: () => ({ ...said("This tool intentionally returns an error for testing"), isError: true }),
  test_tool_with_progress: () => said("Done, without telling of progress: there are no streams."),
  test_tool_with_logging: () => said("Done, without log messages: there are no streams."),
  test_logging_tool: () => said("Nothing is logged."),
  test_streaming_elicitation: asks(NAME),
  test_missing_capability: ({ _meta }) => {
    if (_meta?.[META]?.sampling) return said("You can sample.");
    throw new Refused(-32021, "this tool needs sampling", { requiredCapabilities: { sampling: {} } });
  },
  test_input_required_result_elicitation: asks(NAME),
  test_input_required_result_sampling: asks({ capital_question: sampling("What is the capital of France?") }),
  test_input_required_result_list_roots: asks({ client_roots: roots }),
  test_input_required_result_request_state: asks({ confirm: question("Please confirm", "ok", "boolean") }, "once"),
  test_input_required_result_multiple_inputs: asks({ ...NAME, greeting: sampling("Generate a greeting"), client_roots: roots }, "many"),
  test_input_required_result_multi_round: ({ inputResponses, requestState }) => {
    const state = opened(requestState);
    if (state === "second" && answered(inputResponses, "step2")) return said("All said.");
    if (state === "first" && answered(inputResponses, "step1")) return needs({ step2: question("Step 2: What is your favorite color?", "color") }, "second");
    return needs({ step1: question("Step 1: What is your name?", "name") }, "first");
  },
  test_input_required_result_tampered_state: asks({ confirm: question("Please confirm", "ok", "boolean") }, "whole"),
  test_input_required_result_capabilities: ({ _meta }) => {
    const can = _meta?.[META] ?? {};
    return needs({ ...(can.elicitation && NAME), ...(can.sampling && { greeting: sampling("Generate a greeting") }), ...(can.roots && { client_roots: roots }) });
  },
};

const message = (content) => ({ messages: [{ role: "user", content }] });
const PROMPTS = {
  test_simple_prompt: [[], () => message({ type: "text", text: "This is a simple prompt for testing." })],
  test_prompt_with_arguments: [["arg1", "arg2"], ({ arg1, arg2 }) => message({ type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` })],
  test_prompt_with_embedded_resource: [["resourceUri"], ({ resourceUri }) => ({
    messages: [...message(resource(resourceUri, "Embedded resource content for testing.")).messages, ...message({ type: "text", text: "Please process it." }).messages],
  })],
  test_prompt_with_image: [[], () => ({
    messages: [...message({ type: "image", data: IMAGE, mimeType: "image/png" }).messages, ...message({ type: "text", text: "Please analyze it." }).messages],
  })],
  test_input_required_result_prompt: [[], (_, { inputResponses }) => (answered(inputResponses, "user_context")
    ? message({ type: "text", text: "With your context." })
    : needs({ user_context: question("What context should the prompt use?", "context") }))],
};

const RESOURCES = {
  "test://static-text": { mimeType: "text/plain", text: "This is the content of the static text resource." },
  "test://static-binary": { mimeType: "image/png", blob: IMAGE },
};
const template = /^test:\/\/template\/([^/]+)\/data$/;

function found({ method, params }) {
  if (method === "tools/call") return TOOLS[params.name]?.(params);
  if (method === "prompts/get") return PROMPTS[params.name]?.[1](params.arguments ?? {}, params);
  if (method === "completion/complete") return PROMPTS[params.ref?.name] && { completion: { values: ["test", "testing"], total: 2, hasMore: false } };
  if (method !== "resources/read") return undefined;
  const { uri } = params;
  const id = template.exec(uri)?.[1];
  const content = id === undefined ? RESOURCES[uri] : { mimeType: "application/json", text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) };
  return content && { contents: [{ uri, ...content }], ttlMs: 60_000, cacheScope: "public" };
}

/** `<status> <content type>\n<body>` for what is a fixture. */
export function beyond(text, modern) {
  const request = JSON.parse(text);
  const told = (status, body) => `${status} application/json\n${JSON.stringify({ jsonrpc: "2.0", id: request.id, ...body })}`;
  try {
    const result = found(request);
    if (result === undefined) return undefined;
    return told(200, { result: modern ? { resultType: "complete", ...result } : result });
  } catch (refused) {
    const { code, message, data, status } = refused;
    if (!(refused instanceof Refused)) throw refused;
    return told(status, { error: { code, message, data } });
  }
}

/** Every keyword of JSON Schema that the suite looks for has to come through. */
const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema", type: "object",
  $defs: { address: { $anchor: "addressDef", type: "object", properties: { street: { type: "string" }, city: { type: "string" } } } },
  properties: {
    name: { type: "string" }, address: { $ref: "#/$defs/address" }, contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" }, email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] }, then: { required: ["phone"] }, else: { required: ["email"] },
  additionalProperties: false,
};

const added = {
  tools: [{ name: "json_schema_2020_12_tool", description: "A fixture", inputSchema: SCHEMA }, ...Object.keys(TOOLS).map((name) => ({ name, description: "A fixture", inputSchema: { type: "object", properties: {} } }))],
  prompts: Object.entries(PROMPTS).map(([name, [names]]) => ({
    name, description: "A fixture", arguments: names.map((argument) => ({ name: argument, description: argument, required: true })),
  })),
  resources: Object.entries(RESOURCES).map(([uri, { mimeType }]) => ({ uri, name: uri.slice(7), mimeType })),
  resourceTemplates: [{ uriTemplate: "test://template/{id}/data", name: "template", mimeType: "application/json" }],
};

export const text = (name) => (added[name] ? JSON.stringify([...JSON.parse(product.text(name)), ...added[name]]) : product.text(name));
export const read = product.read;
