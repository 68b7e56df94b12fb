// The Worker's front door: the only JavaScript that every request meets. It hands a request to Rust as one string plus
// the body's bytes and makes the Response from the one string that comes back, because each crossing of the border and
// each wrapped web object costs more than the work itself (docs/decisions/0010). The two formats are in src/wire.rs.
import { revive, wasm, settle } from "./glue/instance.js";
import { durableObject } from "./glue/object.js";
import { collect } from "./glue/garbage.js";
import { readBody, NO_BODY, TOO_LARGE } from "./glue/body.js";
import { answerLines, linesOf } from "./glue/lines.js";
import { answerLive, isLive } from "./glue/live.js";
import { requestId } from "./glue/request-id.js";
import * as answers from "./glue/answers.js";
import { trace } from "./glue/analytics.js";
import { isPage, page } from "./glue/pages.js";

// Durable Objects. Each wraps the Rust struct of the same name.
export const StockShard = durableObject("StockShard", { watched: (_, command) => command });
export const QuoteDesk = durableObject("QuoteDesk", { waits: true, delivers: true });
export const Depot = durableObject("Depot", { steps: true, delivers: true, watched: (shard, command) => `${shard}\n${command}` });
export const TokenDesk = durableObject("TokenDesk");
export const EventLog = durableObject("EventLog");
export const KpiBoard = durableObject("KpiBoard");
export const WebhookDesk = durableObject("WebhookDesk");

// The request headers Rust gets to see, in the order that src/wire.rs reads them. A test there compares the two lists.
const HEADERS = [
  "authorization", "x-api-key", "idempotency-key", "origin", "if-none-match", "content-type", "accept", "traceparent",
  "cf-connecting-ip",
];
// Those it gets to see in addition at /mcp, and these with others at /ucp.
const MCP_HEADERS = ["mcp-protocol-version", "mcp-method", "mcp-name"];
const UCP_HEADERS = ["ucp-agent", "request-id"];

export default {
  fetch(request, env, ctx) {
    collect();
    const path = pathOf(request.url);
    if (isPage(path) && env.ASSETS !== undefined) return page(request, path, env);
    const id = requestId(request);
    if (isLive(path, request)) return respondInParts(request, id, env, ctx, (answering) => answerLive(request, env, answering));
    const key = request.method === "GET" ? answers.keyOf(request) : null;
    if (key !== null) {
      const known = answers.find(key, request, id);
      if (known !== null) return known;
    }
    // No `await` where there is nothing to wait for: a promise costs a tenth of the whole request.
    if (request.body === null) return respond(request, id, key, NO_BODY, env, ctx);
    const lines = linesOf(path, request);
    if (lines !== undefined) return respondInParts(request, id, env, ctx, (answering) => answerLines(request, lines, answering));
    return readBody(request).then((body) => respond(request, id, key, body, env, ctx));
  },

  /** Takes events. All of a batch is stored, or all of it comes again, later each time: the log knows what it has. */
  async queue(batch, env) {
    const { messages } = batch;
    try {
      const texts = messages.map(({ id, body }) => [id, typeof body === "string" ? body : String(JSON.stringify(body))]);
      for (const some of parts(texts)) {
        revive();
        await settle(wasm.consume(some.map(([id]) => id), some.map(([, text]) => text), env));
        await scheduler.wait(1); // lets others have the thread, on one machine
      }
      trace(env.ANALYTICS, texts.map(([, text]) => text));
    } catch (error) {
      revive();
      console.error(`${messages.length} messages were not stored:`, error?.stack ?? error);
      const attempts = Math.max(...messages.map((message) => message.attempts));
      batch.retryAll({ delaySeconds: Math.min(2 ** (attempts - 1), MAX_RETRY_SECONDS) });
    }
  },
};

/** The path of a URL, as it was sent. */
function pathOf(url) {
  const start = url.indexOf("/", 8);
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

const MAX_RETRY_SECONDS = 300;
const MAX_PART = 100_000;

/** A batch in parts: a message of 100 kB or several small ones. On one machine nobody else is served meanwhile. */
function* parts(texts) {
  for (let start = 0, end = 0; start < texts.length; start = end) {
    for (let size = 0; end < texts.length && size < MAX_PART; end++) size += texts[end][1].length;
    yield texts.slice(start, end);
  }
}

function respond(request, id, key, body, env, ctx) {
  try {
    revive();
    const tooLarge = body === TOO_LARGE;
    const answer = wasm.respond(head(request, id, tooLarge ? "too_large" : ""), tooLarge ? NO_BODY : body, env, ctx);
    if (typeof answer === "string") return toResponse(answer, request, id, key);
    return settle(answer).then((text) => toResponse(text, request, id, key), (error) => failed(error, id));
  } catch (error) {
    return failed(error, id);
  }
}

/** A response that Rust is asked for several times, as `answer` has it. */
async function respondInParts(request, id, env, ctx, answer) {
  const ask = async (state, body) => {
    revive();
    const answer = wasm.respond(head(request, id, state), body, env, ctx);
    return typeof answer === "string" ? answer : settle(answer);
  };
  try {
    return await answer({ ask, read, respond: (text, body) => toResponse(text, request, id, null, body) });
  } catch (error) {
    return failed(error, id);
  }
}

function head(request, id, state) {
  // A HEAD is a GET whose body is dropped on the way out.
  const method = request.method === "HEAD" ? "GET" : request.method;
  const { cf, headers, url } = request;
  const place = cf?.latitude === undefined ? "" : `${cf.latitude},${cf.longitude}`;
  let text = `${method}\n${url}\n${id}\n${Date.now()}\n${state}\n${place}`;
  for (let i = 0; i < HEADERS.length; i++) text += `\n${headers.get(HEADERS[i]) ?? ""}`;
  const start = url.indexOf("/", 8);
  const isUcp = url.startsWith("/ucp", start);
  if (isUcp || url.startsWith("/mcp", start)) {
    for (const name of MCP_HEADERS) text += `\n${headers.get(name) ?? ""}`;
  }
  if (isUcp) for (const name of UCP_HEADERS) text += `\n${headers.get(name) ?? ""}`;
  return text;
}

/** `answer` is "<status> <cache ms>\n", "<name>: <value>\n" for each header, "\n", then the body to its end. */
function read(answer) {
  const end = answer.indexOf("\n\n");
  const lines = answer.slice(0, end).split("\n");
  const status = +lines[0].slice(0, 3);
  const lifetime = +lines[0].slice(4);
  const headers = {};
  for (let i = 1; i < lines.length; i++) {
    const colon = lines[i].indexOf(": ");
    headers[lines[i].slice(0, colon)] = lines[i].slice(colon + 2);
  }
  return { status, lifetime, headers, body: answer.slice(end + 2) };
}

/** The response to `request` that Rust's `answer` says, perhaps with another body. */
function toResponse(answer, request, id, key, stream) {
  const { status, lifetime, headers, body } = read(answer);
  if (lifetime > 0 && key !== null && status === 200) answers.keep(key, headers, body, lifetime);
  headers["x-request-id"] = id;
  const bodyless = status === 204 || status === 304 || request.method === "HEAD";
  return new Response(bodyless ? null : (stream ?? body), { status, headers });
}

/** A fault of ours. The log gets the cause, the caller does not. */
function failed(error, id) {
  revive();
  console.error(`request ${id} failed:`, error?.stack ?? error);
  const body = JSON.stringify({
    type: "urn:holdfast:problem:internal",
    title: "Internal error",
    status: 500,
    code: "internal",
    detail: "Something went wrong on our side. Nothing was lost: send the same request again.",
    retryable: true,
    errors: [],
  });
  return new Response(body, {
    status: 500,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "access-control-allow-origin": "*",
      "x-request-id": id,
    },
  });
}
