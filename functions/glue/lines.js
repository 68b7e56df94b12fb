// Requests that are sent line by line (NDJSON, CSV). Each part is asked of Rust as a request of its own (src/bulk.rs,
// src/sync.rs), the next one when the caller has taken the answer to the one before: memory holds the request, which has
// a limit, and the answer to one part. Nothing is asked before the whole body is there.
import { NO_BODY, readBody, TOO_LARGE } from "./body.js";
import { Snapshot } from "./snapshot.js";

const FORMS = /^\s*(?:application\/x-ndjson|(text\/csv))\s*(?:;|$)/i;
const MIB = 1024 * 1024;
const QUERY = { bytes: 4 * MIB, part: 100, whole: () => null };
const SYNC = { bytes: 8 * MIB, part: 1_000, whole: (url) => new Snapshot(url) };
const PATHS = new Map([["/v1/query", QUERY], ["/v1/stock/sync", SYNC]]);

/** How a request with a body is taken line by line; nothing if it is not. */
export const linesOf = (path, { headers }) => (FORMS.test(headers.get("content-type") ?? "") ? PATHS.get(path) : undefined);

/**
 * The response. `ask(state, body)` promises what Rust answers to a body in this state (src/wire.rs); `read` turns that into
 * `{ status, headers, body }`; `respond` makes it a Response.
 */
export async function answerLines(request, kind, { ask, read, respond }) {
  const body = await readBody(request, kind.bytes);
  if (body === TOO_LARGE) return respond(await ask("too_large", NO_BODY));
  const lines = new TextDecoder().decode(body).split("\n").filter((line) => line.trim() !== "");
  const head = FORMS.exec(request.headers.get("content-type"))[1] !== undefined && lines.length > 0 ? `${lines.shift()}\n` : "";
  const encoder = new TextEncoder();
  const part = (first) => {
    const text = head + lines.slice(first, first + kind.part).join("\n");
    return ask(`lines ${first} ${lines.length}`, encoder.encode(text));
  };
  const begun = await part(0);
  const { status, headers, body: beginning } = read(begun);
  const whole = kind.whole(request.url);
  // What is wrong with the whole is told before anything is answered.
  if (status !== 200 || (whole === null && lines.length <= kind.part)) return respond(begun);

  /** The text of each part, and of what follows the last one. */
  async function* parts() {
    whole?.see(beginning);
    yield beginning;
    for (let first = kind.part; first < lines.length; first += kind.part) {
      const end = Math.min(first + kind.part, lines.length);
      const text = await attempt(part(first), (problem) => failed(problem, first, end));
      whole?.see(text);
      yield text;
    }
    if (whole !== null) yield* whole.rest((place, text) => attempt(ask(`unnamed ${place}`, encoder.encode(text))));
  }

  /** The body of an answer; what `otherwise` makes of the problem where it is none, or nothing. */
  async function attempt(answer, otherwise = () => null) {
    try {
      const { status, body } = read(await answer);
      return status === 200 ? body : otherwise(JSON.parse(body));
    } catch (error) {
      console.error("a part of a request failed:", error?.stack ?? error);
      return otherwise(FAULT);
    }
  }

  const texts = parts();
  const answer = new ReadableStream({
    async pull(out) {
      const { value, done } = await texts.next();
      if (done) out.close();
      else out.enqueue(encoder.encode(value));
    },
    // Whoever has gone away needs no more answers.
    cancel: () => texts.return(),
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
