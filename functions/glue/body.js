// Bodies are read here, with a limit, before Rust sees them: a body of any size must not reach memory first.
export const NO_BODY = new Uint8Array(0);
export const TOO_LARGE = Symbol("too large");
const MAX_BODY = 1024 * 1024;

/** The body's bytes, or TOO_LARGE as soon as it is known to be. */
export async function readBody(request) {
  const length = request.headers.get("content-length");
  if (length !== null) return Number(length) > MAX_BODY ? TOO_LARGE : request.bytes();
  const chunks = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > MAX_BODY) return TOO_LARGE; // leaving the loop cancels the stream
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
