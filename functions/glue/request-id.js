const SANE = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's X-Request-Id if it is safe to repeat in headers and logs, else a new one. */
export function requestId(request) {
  const given = request.headers.get("x-request-id");
  return given !== null && SANE.test(given) ? given : crypto.randomUUID();
}
