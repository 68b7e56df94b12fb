// Bodies are read here, with a limit, before Rust sees them: a body of any size must not reach memory first.
export const NO_BODY = new Uint8Array(0);
export const TOO_LARGE = Symbol("too large");
const MAX_BODY = 1024 * 1024;
// What is too large is read a little further and thrown away: a caller that is still sending when the connection closes
// sees a broken pipe, and not the answer.
const MAX_READ = 16 * MAX_BODY;

/** The body's bytes, or TOO_LARGE where they are more than `most`. */
export async function readBody(request, most = MAX_BODY) {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) <= most) return request.bytes();
  const chunks = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > MAX_READ) return TOO_LARGE; // leaving the loop cancels the stream
    if (size <= most) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > most) return TOO_LARGE;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
