// Asking the API. The key goes into the header, and nowhere else.

const PATIENCE_MS = 10_000;

/**
 * Why there is no answer: `kind` is `offline`, `key`, `scope`, `refused` (something is wrong with the request, or cannot be
 * had) or `failed` (may be tried again). `problem` is what the API said, if it said something.
 */
export class Failure extends Error {
  constructor(kind, message, { status = 0, problem = null, retryAfterMs = 0 } = {}) {
    super(message);
    Object.assign(this, { kind, status, problem, retryAfterMs });
  }
}

/** The API as the caller with this key. */
export function apiFor(key) {
  const ask = async (method, path, { json, order } = {}) => {
    const headers = { authorization: `Bearer ${key()}` };
    if (json !== undefined) headers["content-type"] = "application/json";
    if (order) headers["idempotency-key"] = order;
    let response;
    try {
      response = await fetch(path, { method, headers, body: json && JSON.stringify(json), cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      throw new Failure("offline", "Holdfast cannot be reached.");
    }
    let body;
    try {
      body = await response.json();
    } catch {
      throw new Failure("failed", `The answer (${response.status}) cannot be read.`, { status: response.status });
    }
    if (response.ok) return body;
    const { status } = response;
    const kind = status === 401 ? "key" : status === 403 ? "scope" : status >= 500 || status === 429 || (status === 409 && body.retryable) ? "failed" : "refused";
    const detail = body.errors?.map((error) => error.detail).filter(Boolean).join("; ") || body.detail || `The answer was ${status}.`;
    const retryAfterMs = Number(response.headers.get("retry-after")) * 1_000 || 0;
    throw new Failure(kind, status === 401 ? "This key is not known here." : detail, { status, problem: body, retryAfterMs });
  };
  return {
    get: (path) => ask("GET", path),
    post: (path, json, order) => ask("POST", path, { json, order }),
  };
}

/** A path segment. */
export const segment = (text) => encodeURIComponent(text);
