const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

// A random name for the isolate and a count: unique, and several times cheaper than a random name for each request.
let isolate = null;
let count = 0;

/** The caller's X-Request-Id if it is safe to repeat in headers and logs, else a new one. */
export function requestId(request) {
  const given = request.headers.get("x-request-id");
  if (given !== null && SANE.test(given)) return given;
  isolate ??= crypto.randomUUID(); // here, because there is no randomness outside a request
  count += 1;
  return `${isolate}-${count.toString(36)}`;
}
