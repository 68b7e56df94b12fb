// The API's answers as an agent gets them: without what is empty, amounts as decimals, and of a query what decides. Each is
// told twice, as data that a tool's output schema describes and as text, for hosts that show their model only one of them.

const MAX_ALTERNATES = 2;
const MAX_INCOMING = 1;

/** The members of a tool's result, as JSON. `how` names one of the views below, perhaps with its parameters. */
export function show(how, body) {
  const [view, ...parameters] = how.split(" ");
  const data = VIEWS[view](tidy(JSON.parse(body)), ...parameters.map(Number));
  return members(view === "lines" ? table(data) : rows(data), `,"structuredContent":${JSON.stringify(data)},"isError":false`);
}

/** The members of a tool's result that says what was wrong and what to do next. */
export function refuse(body) {
  const { code, detail, retryable, errors = [] } = tidy(JSON.parse(body));
  let text = `${code}: ${detail}`;
  for (const { pointer, detail: why, code: _, alternates, ...more } of errors) {
    text += `\n- ${pointer}: ${why}`;
    if (alternates) more.alternates = alternates.map(alternate);
    if (Object.keys(more).length > 0) text += `. ${inline(more)}`;
  }
  const next = NEXT[code] ?? (retryable ? "Send the same call again in a second, with the same idempotency_key." : undefined);
  if (next !== undefined) text += `\nNext: ${next}`;
  return members(text, `,"isError":true`);
}

const members = (text, more) => `"content":[{"type":"text","text":${JSON.stringify(text)}}]${more}`;

const NEXT = {
  insufficient_stock: "Nothing is held. Hold an alternate, fewer units, or partial: true for what there is; else tell when more comes.",
  quote_expired: "Its stock is free again. Query, then hold_quote with a new idempotency_key; price and stock may differ.",
  already_released: "Its stock is free again. Query, then hold_quote with a new idempotency_key; price and stock may differ.",
  already_committed: "It is bought: nothing more to do. get_quote shows it.",
  exceeds_hold: "get_quote shows its lines and the units held.",
  unknown_line: "get_quote shows its lines and the units held.",
  quota_exceeded: "Nothing is held. Release quotes that nobody needs any more, then send the same call again.",
  not_committed: "commit_quote first: tokens are issued for units that are sold.",
  entitlement_exhausted: "Every unit sold has its token. Look for the earlier one; a failed calibration gives it back.",
  vehicle_mismatch: "Compare decode_vehicle with what the part fits: this part is not for that vehicle.",
  idempotency_key_reused: "Choose a new idempotency_key for this new request.",
  forbidden: "The key does not allow this. Ask the user for another key; do not try again.",
  not_found: "Check the id or sku: use those that tools answered with.",
  invalid_request: "Correct what is named above and call again.",
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Without `null` and what is empty; `{"amount":4689,"currency":"USD"}` as `46.89`; times to the second. */
function tidy(value) {
  if (typeof value === "string") return TIME.test(value) ? `${value.slice(0, 19)}Z` : value;
  if (Array.isArray(value)) return value.map(tidy);
  if (value === null || typeof value !== "object") return value;
  if (value.currency !== undefined && Number.isInteger(value.amount)) return decimal(value);
  const kept = {};
  for (const name in value) {
    const one = tidy(value[name]);
    if (one !== null && (typeof one !== "object" || Object.keys(one).length > 0)) kept[name] = one;
  }
  return kept;
}

// ISO 4217: the currencies whose minor unit is not a hundredth (src/money.rs has the same).
const DIGITS = Object.fromEntries([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ").map((code) => [code, 0]),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((code) => [code, 3]),
]);

function decimal({ amount, currency }) {
  const digits = DIGITS[currency] ?? 2;
  return (amount / 10 ** digits).toFixed(digits); // to 10^12 minor units: exact
}

/** These fields of `from`, where they are there. */
function pick(from, names) {
  const kept = {};
  if (from === undefined) return kept;
  for (const name of names) if (from[name] !== undefined) kept[name] = from[name];
  return kept;
}

const byLocation = (list, units) => Object.fromEntries(list.map((at) => [at.location, at[units]]));
const prices = (price) => price && {
  unit: price.unit, total: price.extended, core: price.core, break_next: price.break_next && pick(price.break_next, ["quantity", "unit"]),
};

const OF_LINE = [
  "line", "sku", "brand", "number", "description", "match", "quantity", "status", "available", "eta", "price_reason", "reason", "notes", "explain",
];

function line(of) {
  const [best, ...others] = of.sources ?? [];
  const shown = { ...pick(of, OF_LINE), ...prices(of.price) };
  if (best) shown.from = pick(best, ["location", "available", "ready_at", "deliver_by"]);
  if (others.length > 0) shown.elsewhere = byLocation(others, "available");
  if (of.incoming) shown.incoming = of.incoming.slice(0, MAX_INCOMING);
  if (of.alternates) shown.alternates = of.alternates.slice(0, MAX_ALTERNATES).map(alternate);
  if (of.candidates) shown.candidates = of.candidates.map((one) => pick(one, ["sku", "brand", "description"]));
  if (of.pack && (of.pack.minimum !== 1 || of.pack.multiple !== 1)) shown.pack = of.pack;
  if (of.calibration) shown.calibration = true;
  // Said only where the answer is not that of the shard that owns the stock.
  if (of.source === "snapshot") shown.max_staleness_ms = of.max_staleness_ms;
  return shown;
}

function alternate(of) {
  const shown = pick(of, ["sku", "relation", "quantity", "status", "available"]);
  if (shown.quantity === 1) delete shown.quantity;
  if (of.price?.unit) shown.unit = of.price.unit;
  return shown;
}

const VIEWS = {
  /** As it is. */
  whole: (answer) => answer,
  /** A query's answer. */
  lines: ({ as_of, currency, messages, lines }) => ({ as_of, currency, messages, lines: lines.map(line) }),
  /** Of a query's only line: where the part is. */
  places: ({ as_of, lines: [only] }) => {
    const { line: _, unit, total, core, break_next, price_reason, ...shown } = line(only);
    return { as_of, ...shown };
  },
  /** What fits a vehicle: so many from this place on. */
  fitting: ({ vehicle, part_types, parts = [] }, from, limit) => ({
    vehicle: pick(vehicle, ["vin", "year", "make", "model", "trim", "body", "warnings"]),
    part_types,
    total: parts.length,
    next_offset: from + limit < parts.length ? from + limit : undefined,
    parts: parts.slice(from, from + limit).map(({ part, ...fit }) => ({
      ...fit, ...pick(part, ["brand", "number", "description", "superseded_by"]), calibration: part.calibration && true,
    })),
  }),
  /** What words found. */
  search: ({ total, total_is_exact, matched, read_as, unknown, parts = [], cursor }) => ({
    total, total_is_exact: total_is_exact ? undefined : false, matched, read_as, unknown, cursor,
    parts: parts.map(({ life_cycle, ...part }) => ({
      ...pick(part, ["sku", "brand", "number", "description", "part_type", "superseded_by"]), life_cycle: life_cycle === "active" ? undefined : life_cycle,
    })),
  }),
  quote: ({ id, lines, ...rest }) => ({
    quote: id,
    ...rest,
    lines: lines.map(({ price, allocations = [], ...of }) => {
      const { break_next, ...amounts } = prices(price) ?? {};
      return { ...of, ...amounts, from: allocations.length > 0 ? byLocation(allocations, "quantity") : undefined };
    }),
  }),
};

/** A query's answer as text: a row for each line. */
function table({ as_of, currency, messages, lines }) {
  const row = (of) => {
    const said = [`${of.line}. ${of.sku ?? "?"} x${of.quantity} ${of.status} (${of.match}), ${of.available} available`];
    if (of.unit) said.push(`${currency} ${of.unit} each, ${of.total} in all${of.core ? `, core charge ${of.core} each` : ""}`);
    if (of.from) said.push(`${of.from.available} at ${of.from.location}${of.from.deliver_by ? `, delivered by ${of.from.deliver_by}` : ""}`);
    if (of.eta) said.push(`eta ${of.eta}`);
    if (of.alternates) said.push(`or ${of.alternates.map(({ sku, relation, status }) => `${sku} (${relation}, ${status})`).join(", ")}`);
    if (of.candidates) said.push(`which of ${of.candidates.map(({ sku, brand }) => `${sku} (${brand})`).join(", ")}?`);
    for (const why of [of.reason?.detail, of.price_reason && inline(of.price_reason), of.notes && inline(of.notes)]) if (why) said.push(why);
    if (of.calibration) said.push("must be calibrated");
    return said.join("; ");
  };
  return [...lines.map(row), ...(messages ?? []).map(inline), `as of ${as_of}`].join("\n");
}

/** Any answer as text: a row for each field, and for each item of a list of objects. */
function rows(answer) {
  const told = Object.entries(answer).filter(([, value]) => value !== undefined);
  return told.map(([name, value]) => {
    const items = Array.isArray(value) && typeof value[0] === "object" ? value : null;
    return `${name}:${items === null ? ` ${inline(value)}` : items.map((item) => `\n- ${inline(item)}`).join("")}`;
  }).join("\n");
}

/** A value on one line. */
function inline(value) {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map(inline).join("; ");
  const told = Object.entries(value).filter(([, one]) => one !== undefined);
  return told.map(([name, one]) => `${name} ${typeof one === "object" ? `(${inline(one)})` : one}`).join(", ");
}
