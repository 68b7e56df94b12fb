// What agents are shown of the product: lists of tools, resources and prompts, and the guide. Texts, and therefore here
// and not in the wasm. What is done with a call is in src/mcp and functions/src/mcp.rs.

const sku = { type: "string", description: "as query_parts or find_parts_for_vehicle answered it" };
const vin = { type: "string", description: "17 characters", minLength: 17, maxLength: 17 };
const quote = { type: "string", description: "the quote's id: q_…" };
const quantity = { type: "integer", minimum: 1, maximum: 1_000_000 };
const key = (what) => ({ type: "string", maxLength: 255, description: `new text for each ${what}; the same when you send the same call again: then nothing happens twice` });
const time = { type: "string", description: "RFC 3339, UTC" };
const amount = { type: "string", description: "decimal, in `currency`" };
const texts = { type: "array", items: { type: "string" } };
const units = { type: "object", additionalProperties: { type: "integer" }, description: "units by location" };
const whole = { type: "integer" };
const any = {};
const object = (properties, required) => ({ type: "object", properties, ...(required && { required }) });
const list = (items, more) => ({ type: "array", items, ...more });

const delivery = {
  type: "object", description: "where the goods go; absent: the account's home location",
  properties: { lat: { type: "number" }, lon: { type: "number" }, location: { type: "string", description: "a location id instead of lat and lon" } },
  additionalProperties: false,
};
const input = (properties, required = []) => ({ type: "object", properties, required, additionalProperties: false });

const status = { type: "string", enum: ["in_stock", "low_stock", "backorder", "special_order", "out_of_stock", "discontinued", "unknown"] };
const place = {
  sku: { type: "string" }, brand: { type: "string" }, number: { type: "string" }, description: { type: "string" },
  match: { type: "string", enum: ["exact", "normalised", "interchange", "supersession", "fitment", "ambiguous", "none"] },
  quantity: whole, status, available: { ...whole, description: "units that can be had now" },
  eta: { ...time, description: "backorder: from when" },
  from: { type: "object", description: "best source: location, available, ready_at, deliver_by" },
  elsewhere: { type: "object", description: "other sources" }, // an object of units, or with detail full nothing
  incoming: list(object({ location: { type: "string" }, quantity: whole, eta: time })),
  alternates: list({ type: "object", description: "sku, relation, status, available, unit" }),
  candidates: { type: "array", description: "ambiguous: which of these?" },
  notes: { type: "array" }, reason: { type: "object", description: "none: why" }, pack: { type: "object", description: "sold from minimum in multiples" },
  calibration: { description: "present: it must be calibrated after fitting and comes with a token" },
  max_staleness_ms: { ...whole, description: "stock is known so old" },
};
const quoteAnswer = object({
  quote, state: { type: "string", enum: ["held", "committing", "committed", "releasing", "released", "expired"] },
  created_at: time, expires_at: { ...time, description: "the hold ends then by itself, unless extended or committed" },
  reference: { type: "string" }, currency: { type: "string" }, subtotal: amount, core_total: amount, total: amount,
  lines: list(object({
    line: whole, sku: { type: "string" }, quantity: whole, held: whole, lacking: whole, committed: whole, returned: whole,
    unit: amount, core: amount, total: amount, from: units,
  }, ["line", "sku", "quantity", "held"])),
  tokens: list({ type: "object", description: "id, token (a JWS), expires_at; or code and detail of a refusal" }),
}, ["quote", "state", "expires_at", "currency", "lines", "total"]);

const reads = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
const writes = (destructiveHint) => ({ readOnlyHint: false, destructiveHint, idempotentHint: true, openWorldHint: false });
const tool = (name, title, description, inputSchema, outputSchema, annotations) =>
  ({ name, title, description, inputSchema, outputSchema, annotations: { title, ...annotations } });

const HANDSHAKE = {
  vin, shop: { type: "string", description: "id of the registered shop" }, technician: { type: "string", description: "id of its technician" },
  tool: { type: "string", description: "id of its calibration tool" },
};

const TOOLS = [
  tool("query_parts", "Price and availability",
    "What parts cost this account, how many there are, where, and when they can be had. 1 to 100 lines. A line names a part by sku, " +
    "or by number (any spelling, with brand if known; other makers' numbers find equivalents), or by vin and part_type. " +
    "Nothing is reserved: hold_quote does that. A line that cannot be resolved is answered in place.",
    input({
      lines: list({
        ...input({
          sku, number: { type: "string", description: "a maker's part number" }, brand: { type: "string", description: "code or name" },
          vin, part_type: { type: "string", description: "such as brake pad" }, position: { type: "string", description: "such as front left" },
          quantity: { ...quantity, default: 1 },
        }),
      }, { minItems: 1, maxItems: 100 }),
      deliver_to: delivery, fulfilment: { type: "string", enum: ["delivery", "pickup"], default: "delivery" },
      needed_by: { ...time, format: "date-time" },
      explain: { type: "boolean", description: "say which rule made each price" },
      budget_ms: { type: "integer", minimum: 1, maximum: 5000, description: "wait so long for live stock; default 60" },
      detail: { type: "string", enum: ["compact", "full"], default: "compact", description: "full: all that POST /v1/query answers" },
    }, ["lines"]),
    object({
      as_of: time, currency: { type: "string" }, messages: { type: "array" },
      lines: list(object({
        line: whole, ...place, unit: { ...amount, description: "price of one, without core charge" }, total: amount,
        core: { ...amount, description: "refundable deposit on the old part, each" }, break_next: { type: "object", description: "cheaper from this quantity" },
        price_reason: { description: "why there is no price" }, explain: { type: "array" },
      }, ["line", "match", "quantity", "status", "available"])),
    }, ["as_of", "currency", "lines"]),
    reads),
  tool("search_parts", "Find parts by words",
    "When there is no sku, number or VIN: description, brand, part type, make, model and year, specifications, also part numbers. " +
    "Typing errors are forgiven; the last word may be begun only. Then ask query_parts for price and stock.",
    input({
      query: { type: "string", maxLength: 200, description: "up to 8 words, such as: brake pad honda accord 2005" },
      brand: { type: "string", description: "code or name" }, part_type: { type: "string", description: "such as brake pad" },
      specs: { type: "object", additionalProperties: { type: "string" }, description: "specifications that must be so, such as {\"thread\":\"M8x1.25\"}" },
      limit: { type: "integer", minimum: 1, maximum: 100, default: 10 }, cursor: { type: "string", description: "that of the last answer, for the next parts" },
    }),
    object({
      total: whole, matched: { type: "string", enum: ["all", "all_but_one"], description: "of the words" },
      read_as: { type: "array", description: "words that were read as others" }, unknown: { ...texts, description: "words that no part has" }, cursor: { type: "string" },
      parts: list(object({
        sku: { type: "string" }, brand: { type: "string" }, number: { type: "string" }, description: { type: "string" }, part_type: { type: "string" },
        life_cycle: { type: "string", description: "present unless active" }, superseded_by: any,
      }, ["sku"])),
    }, ["total", "parts"]),
    reads),
  tool("decode_vehicle", "Decode a VIN",
    "Year, make, model, body, engine, powertrain and driver assistance of a vehicle. Look at warnings: a wrong check digit is a typing error.",
    input({ vin }, ["vin"]),
    object({ vin: { type: "string" }, year: any, make: any, model: any, powertrain: any, driver_assistance: { type: "array" }, warnings: { type: "array" } }, ["vin"]),
    reads),
  tool("find_parts_for_vehicle", "What fits a vehicle",
    "Without part_type: the part types known for this vehicle. With it: the parts that fit, with position, quantity per vehicle and " +
    "qualifiers that must hold. Then ask query_parts for price and stock.",
    input({
      vin, part_type: { type: "string", description: "one of part_types, any case" }, position: { type: "string", description: "front also finds front left" },
      offset: { type: "integer", minimum: 0, default: 0 }, limit: { type: "integer", minimum: 1, maximum: 100, default: 20 },
    }, ["vin"]),
    object({
      vehicle: object({ vin: { type: "string" }, year: any, make: any, model: any }), part_types: texts, total: whole,
      next_offset: { ...whole, description: "present: ask again with this offset" },
      parts: list(object({
        sku: { type: "string" }, brand: { type: "string" }, number: { type: "string" }, description: { type: "string" },
        position: any, quantity: any, qualifiers: any, superseded_by: any, calibration: { type: "boolean" },
      }, ["sku"])),
    }, ["vehicle", "total", "parts"]),
    reads),
  tool("check_stock", "Where a part is",
    "Where one part is and what is on its way, without prices. counters: true shows every counter of every location, for keys with scope stock.",
    input({ sku, quantity: { ...quantity, default: 1 }, deliver_to: delivery, counters: { type: "boolean", default: false } }, ["sku"]),
    object({ ...place, as_of: time, positions: { type: "array", description: "counters: on_hand, committed, held, available, … by location" } }),
    reads),
  tool("hold_quote", "Hold at this price",
    "Sets stock aside at today's price until expires_at (ttl_seconds, default 15 minutes, at most a day). All or nothing unless partial is true. " +
    "Answers a quote id: pass it to commit_quote (buy), extend_quote or release_quote. If there is too little, nothing is held and the answer " +
    "names alternates and what is on its way. At most 200 open quotes an account.",
    input({
      lines: list(input({ sku, quantity, location: { type: "string", description: "only from here" } }, ["sku", "quantity"]), { minItems: 1, maxItems: 100 }),
      idempotency_key: key("order"), ttl_seconds: { type: "integer", minimum: 30, maximum: 86400, default: 900 },
      partial: { type: "boolean", default: false, description: "hold what there is" },
      replace: { type: "string", description: "an earlier held quote that this one takes the place of, as one act" },
      deliver_to: delivery, reference: { type: "string", maxLength: 200, description: "the user's own name for it, such as a PO number" },
    }, ["lines", "idempotency_key"]),
    quoteAnswer, writes(false)),
  tool("get_quote", "Look at a quote", "State, lines, prices and expiry of a quote of this account.", input({ quote }, ["quote"]), quoteAnswer, reads),
  tool("extend_quote", "Hold longer", "Holds a quote for ttl_seconds from now, if that is longer. Not possible once it has expired.",
    input({ quote, ttl_seconds: { type: "integer", minimum: 30, maximum: 86400 }, idempotency_key: key("extension") }, ["quote", "ttl_seconds"]), quoteAnswer, writes(false)),
  tool("commit_quote", "Buy",
    "Buys what a quote holds: binding, so ask the user first. lines: only these units, the rest is released. tokens: for every unit that must be " +
    "calibrated, the signed authorisation with it. The same call again is answered the same (without idempotency_key, one follows from the arguments).",
    input({
      quote, lines: list(input({ line: whole, quantity }, ["line", "quantity"]), { minItems: 1, maxItems: 100 }),
      tokens: input(HANDSHAKE, ["vin", "shop", "technician", "tool"]), idempotency_key: key("purchase"),
    }, ["quote"]),
    quoteAnswer, writes(true)),
  tool("release_quote", "Give back", "Gives back all that a quote holds. Do it when the user decides against it: others wait for the stock.",
    input({ quote, idempotency_key: key("release") }, ["quote"]), quoteAnswer, writes(true)),
  tool("issue_calibration_token", "Authorise a calibration",
    "For one unit of a committed line whose part must be calibrated: a signed, single-use authorisation for this vehicle, technician and tool. " +
    "The ids of shop, technician and tool are those of the distributor's registers: ask the user. Needs scope token.",
    input({
      quote, line: { ...whole, minimum: 0 }, ...HANDSHAKE, sku: { type: "string", description: "of a kit: which component" },
      part_serial: { type: "string" }, idempotency_key: key("token"),
    }, ["quote", "line", "vin", "shop", "technician", "tool", "idempotency_key"]),
    object({ id: { type: "string" }, token: { type: "string", description: "JWS for the calibration tool" }, expires_at: time, quote, line: whole, sku: { type: "string" } },
      ["id", "token", "expires_at"]),
    writes(false)),
];

// The Universal Commerce Protocol's tools (src/ucp). Their schemas say what is looked at. They name what else the protocol has,
// since its clients send nothing that is not named.
const ucpMeta = (keyed) => object({
  "ucp-agent": object({ profile: { type: "string", description: "https address of your platform's profile" } }, ["profile"]),
  ...(keyed && { "idempotency-key": key("change") }),
}, ["ucp-agent", ...(keyed ? ["idempotency-key"] : [])]);
const unread = { signals: any, attribution: any };
const context = { type: "object", description: "location: deliver to this location's id" };
const ucpItem = object({ id: any, item: object({ id: sku, quantity_unit: any }, ["id"]), quantity }, ["item", "quantity"]);
const ucpCart = object({
  line_items: list(ucpItem, { minItems: 1, maxItems: 100 }), context, buyer: any, ...unread,
  "holdfast.hold": object({ ttl_seconds: { type: "integer", minimum: 30, maximum: 86400, default: 900 }, reference: { type: "string", maxLength: 200 } }),
}, ["line_items"]);
const ucpTool = (name, title, description, properties, annotations) =>
  tool(name, title, `UCP. ${description}`, object({ meta: ucpMeta(!annotations.readOnlyHint), ...properties }, ["meta", ...Object.keys(properties)]),
    object({ ucp: { type: "object" }, messages: { type: "array" } }, ["ucp"]), annotations);
const filters = { type: "object", description: "price: min and max in minor units" };
const cartId = { type: "string", description: "the cart's id" };

TOOLS.push(
  ucpTool("search_catalog", "Products by words", "Parts by words, with price and stock; typing errors are forgiven.", {
    catalog: object({
      query: { type: "string", maxLength: 200 }, context, filters: { type: "object", description: "categories: part types; price: min and max in minor units" },
      pagination: { type: "object", description: "limit (1 to 100, 10 if not said), cursor" }, ...unread,
    }),
  }, reads),
  ucpTool("lookup_catalog", "Products by id", "Price and stock of parts by sku.", { catalog: object({ ids: { ...texts, minItems: 1, maxItems: 100 }, context, filters, ...unread }, ["ids"]) }, reads),
  ucpTool("get_product", "A product", "One part in full.", { catalog: object({ id: sku, context, filters, selected: any, preferences: any, ...unread }, ["id"]) }, reads),
  ucpTool("create_cart", "Hold as a cart", "Holds stock until expires_at, all or nothing; as hold_quote.", { cart: ucpCart }, writes(false)),
  ucpTool("get_cart", "A cart", "What a cart holds.", { id: cartId }, reads),
  ucpTool("update_cart", "Change a cart", "Holds this in place of what the cart held, or changes nothing.", { id: cartId, cart: ucpCart }, writes(true)),
  ucpTool("cancel_cart", "Cancel a cart", "Gives back what it holds.", { id: cartId }, writes(true)),
);

const RESOURCES = [
  { uri: "holdfast://guide", name: "guide", title: "How to use Holdfast", description: "From question to held stock, statuses, errors, limits", mimeType: "text/markdown" },
  { uri: "holdfast://catalogue", name: "catalogue", title: "Brands and part types", description: "Those of this distributor's catalogue, with how many parts each has", mimeType: "application/json" },
  { uri: "holdfast://locations", name: "locations", title: "Branches and warehouses", description: "Ids, names, places and time zones", mimeType: "application/json" },
];

const TEMPLATES = [
  { uriTemplate: "holdfast://parts/{sku}", name: "part", title: "A part", description: "What a part is: attributes, interchange, components", mimeType: "application/json" },
  { uriTemplate: "holdfast://vehicles/{vin}", name: "vehicle", title: "A vehicle", description: "What its VIN says", mimeType: "application/json" },
];

const PROMPTS = [
  {
    name: "repair_job", title: "Parts for a repair", description: "From a VIN and a job to held parts",
    arguments: [
      { name: "vin", description: "the vehicle", required: true }, { name: "job", description: "what is to be done, in words", required: true },
      { name: "part_type", description: "if it is known: one of the catalogue's" },
    ],
  },
  {
    name: "quote_list", title: "Quote a list", description: "Price and hold a list of part numbers",
    arguments: [{ name: "list", description: "part numbers and quantities, one a line", required: true }],
  },
];

const MESSAGES = {
  repair_job:
    "Find parts for vehicle {{vin}}. The job: {{job}}. Part type: {{part_type}}. Decode the VIN and tell me the vehicle; stop if there are warnings. " +
    "Find the part types that the job needs and the parts that fit, minding position and qualifiers. Query price and stock in one call. " +
    "Show me at most three choices for each part with price, availability and when it can be here. After I have chosen, hold them and tell me the " +
    "quote's id, its total and when it expires. Buy only when I say so. If a part needs calibration, ask me for shop, technician and tool before buying.",
  quote_list:
    "Query price and availability of this list in one call:\n{{list}}\nShow what is ambiguous, superseded or short and what else would do, and ask me " +
    "where you cannot decide. Then hold all that I agree to as one quote and tell me its id, its total and when it expires.",
};

const INSTRUCTIONS =
  "Automotive parts of one distributor: price, stock and binding holds. Way: decode_vehicle or find_parts_for_vehicle (VIN to parts) or search_parts (words), query_parts " +
  "(price, stock), hold_quote (reserve), commit_quote (buy; ask the user first), issue_calibration_token. Prices are those of the account of the key that is sent " +
  "as Authorization: Bearer. A refusal says what to do next. Read holdfast://guide for statuses, errors and limits.";

const GUIDE = `# Holdfast for agents

1. Vehicle to parts: decode_vehicle, then find_parts_for_vehicle (first without part_type to see the types). Check position and qualifiers.
   Without a VIN: search_parts. That a part is found does not say that it fits: check with the vehicle.
2. query_parts: up to 100 lines in one call. \`unit\` and \`total\` are this account's prices as decimals; \`core\` is a deposit on top, refunded.
   \`available\` counts units that can be promised now. \`from\` is the best source. Nothing is reserved yet.
3. hold_quote: reserves at that price until \`expires_at\`. Use a new idempotency_key for each order and the same one to send it again.
4. commit_quote buys and is binding. release_quote gives back. extend_quote holds longer. A quote that has expired holds nothing.
5. Parts with \`calibration\` need a signed authorisation for each unit: pass \`tokens\` to commit_quote, or issue_calibration_token later.

## Status of a line
in_stock (at least twice the quantity), low_stock (the quantity), backorder (\`eta\` says when), special_order (the maker supplies it to order),
out_of_stock, discontinued, unknown (the line names no part). \`match\` ambiguous: ask the user which of \`candidates\`. supersession: the
replacement is in \`alternates\`.

## Refusals
A tool result with isError begins with a code. insufficient_stock (nothing is held; alternates and incoming are named), quote_expired,
already_committed, already_released, exceeds_hold, quota_exceeded, not_found, forbidden (the key lacks the scope), invalid_request (fields are named),
idempotency_key_reused, not_committed, entitlement_exhausted, vehicle_mismatch, unknown_shop, unknown_technician, unknown_tool, unavailable (send
the same call again). An HTTP 401 means that no key, or an unknown one, was sent.

## Limits
100 lines a query and a quote; holds of 30 s to 24 h; 200 open quotes an account; quantities 1 to 1,000,000; a message of 1 MiB;
find_parts_for_vehicle answers at most 100 parts a call, 20 unless asked for more, and 200 in all: narrow by position. Lists have one page.

## Over HTTP
The same as JSON: POST /v1/query, POST /v1/quotes, …; see /openapi.json.
`;

const TEXTS = {
  tools: () => JSON.stringify(TOOLS), resources: () => JSON.stringify(RESOURCES), resourceTemplates: () => JSON.stringify(TEMPLATES),
  prompts: () => JSON.stringify(PROMPTS), instructions: () => INSTRUCTIONS,
};
const made = new Map();

/** The text of this name. */
export function text(name) {
  if (!made.has(name)) made.set(name, TEXTS[name]());
  return made.get(name);
}

/** The members of a prompt's result, or `!` and what is wrong with the arguments; nothing if there is no such prompt. */
export function prompt(name, given) {
  const known = PROMPTS.find((prompt) => prompt.name === name);
  if (known === undefined) return undefined;
  const values = JSON.parse(given);
  for (const argument of known.arguments) {
    const value = values[argument.name] ??= argument.required ? undefined : "(not said)";
    if (value === undefined) return `!\`${argument.name}\` is required`;
    if (typeof value !== "string") return `!\`${argument.name}\` must be a text`;
  }
  const unknown = Object.keys(values).find((name) => !known.arguments.some((argument) => argument.name === name));
  if (unknown !== undefined) return `!this prompt has no argument \`${unknown}\``;
  const filled = MESSAGES[name].replace(/\{\{(\w+)\}\}/g, (_, argument) => values[argument]);
  return `"messages":${JSON.stringify([{ role: "user", content: { type: "text", text: filled } }])}`;
}

/** The members of the result of reading a resource; `json` is what the API or the catalogue says of it. */
export function read(uri, json) {
  const guide = uri === RESOURCES[0].uri;
  const text = guide ? GUIDE : uri === RESOURCES[2].uri ? JSON.stringify((JSON.parse(json) ?? []).map(location)) : json;
  return `"contents":${JSON.stringify([{ uri, mimeType: guide ? "text/markdown" : "application/json", text }])}`;
}

const location = ({ id, name, kind, region, lat, lon, time_zone }) => ({ id, name, kind, region, lat, lon, time_zone });

const MAX_VALUES = 50;

/** The members of a completion's result: part types are those of the catalogue. Nothing if there is no such argument. */
export function complete(params, directory) {
  const { ref, argument } = JSON.parse(params);
  const { name, value: begun } = argument ?? {};
  const prompt = PROMPTS.find((one) => one.name === ref?.name)?.arguments.some((one) => one.name === name);
  const template = TEMPLATES.some(({ uriTemplate }) => uriTemplate === ref?.uri && uriTemplate.includes(`{${name}}`));
  if (!(prompt || template) || typeof begun !== "string") return undefined;
  const types = name === "part_type" ? Object.keys(JSON.parse(directory)?.part_types ?? {}) : [];
  const fitting = types.filter((type) => type.toLowerCase().startsWith(begun.toLowerCase()));
  const completion = { values: fitting.slice(0, MAX_VALUES), total: fitting.length, hasMore: fitting.length > MAX_VALUES };
  return `"completion":${JSON.stringify(completion)}`;
}

/** The conformance build (tests/conformance) answers its suite's own tools here. The product has none. */
export function beyond() {
  return undefined;
}
