// Asking the API. The key goes into the header, and nowhere else.

/** Why there are no numbers: `kind` is `key`, `scope`, `asked`, `offline` or `failed`. */
export class NoNumbers extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** The answer to `GET /v1/kpi`. */
export async function numbers(key, parameters, signal) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  let response, body;
  try {
    response = await fetch(`/v1/kpi?${query}`, { headers: { authorization: `Bearer ${key}` }, cache: "no-store", signal });
    body = await response.json();
  } catch (error) {
    if (signal.aborted) throw error;
    if (response === undefined) throw new NoNumbers("offline", "Holdfast cannot be reached.");
    throw new NoNumbers("failed", `The answer (${response.status}) cannot be read.`);
  }
  if (response.ok) return body;
  if (response.status === 401) throw new NoNumbers("key", "This key is not known here.");
  if (response.status === 403) throw new NoNumbers("scope", "This key is known, but may not see the numbers: it lacks the scope kpi.");
  const detail = body.errors?.[0]?.detail ?? body.detail;
  throw new NoNumbers(response.status === 422 ? "asked" : "failed", detail ?? `The answer was ${response.status}.`);
}
