// Queries that are sent line by line (NDJSON, CSV). Each part of a hundred lines is asked of Rust as a query of its own
// (src/bulk.rs), the next one when the caller has taken the answer to the one before: memory holds the request, which has
// a limit, and the answer to one part.
import { readBody, TOO_LARGE } from "./body.js";

const FORMS = /^\s*(?:application\/x-ndjson|(text\/csv))\s*(?:;|$)/i;
const MAX_BYTES = 4 * 1024 * 1024;
const PART = 100; // lines

/** Whether a request that is no GET is such a query. */
export function areLines(request) {
  const { url, headers } = request;
  return url.includes("/v1/query") && FORMS.test(headers.get("content-type") ?? "");
}

/**
 * The response. `ask(state, body)` promises what Rust answers to a body in this state (src/wire.rs); `read` turns that into
 * `{ status, headers, body }`; `respond` makes it a Response.
 */
export async function answerLines(request, { ask, read, respond }) {
  const body = request.body === null ? new Uint8Array(0) : await readBody(request, MAX_BYTES);
  if (body === TOO_LARGE) return respond(await ask("too_large", new Uint8Array(0)));
  const lines = new TextDecoder().decode(body).split("\n").filter((line) => line.trim() !== "");
  const head = FORMS.exec(request.headers.get("content-type"))[1] !== undefined && lines.length > 0 ? `${lines.shift()}\n` : "";
  const encoder = new TextEncoder();
  const part = (first) => {
    const text = head + lines.slice(first, first + PART).join("\n");
    return ask(`lines ${first} ${lines.length}`, encoder.encode(text));
  };
  const begun = await part(0);
  const { status, headers, body: beginning } = read(begun);
  // What is wrong with the whole is told before anything is answered.
  if (status !== 200 || lines.length <= PART) return respond(begun);

  let next = PART;
  const answer = new ReadableStream({
    start: (out) => out.enqueue(encoder.encode(beginning)),
    async pull(out) {
      const first = next;
      next += PART;
      let text;
      try {
        const { status, body } = read(await part(first));
        text = status === 200 ? body : failed(JSON.parse(body), first, Math.min(next, lines.length));
      } catch (error) {
        console.error("a part of a query failed:", error?.stack ?? error);
        text = failed(FAULT, first, Math.min(next, lines.length));
      }
      out.enqueue(encoder.encode(text));
      if (next >= lines.length) out.close();
    },
    // Whoever has gone away needs no more answers.
    cancel() { next = lines.length; },
  }, { highWaterMark: 1 });
  return respond(begun, answer);
}

const FAULT = { code: "internal", detail: "something went wrong on our side; send these lines again" };

/** The lines from `first` to before `end`, none of which could be answered. */
function failed({ code, detail }, first, end) {
  let text = "";
  for (let line = first; line < end; line++) {
    text += `${JSON.stringify({ line, errors: [{ pointer: "", code, detail }] })}\n`;
  }
  return text;
}
