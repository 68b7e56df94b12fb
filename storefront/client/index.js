// The Holdfast API for programs, typed by its own description.
import createFetchClient from "openapi-fetch";

/** A client of the instance at `endpoint`; the key goes into the Authorization header. */
export function createClient({ endpoint, key, fetch }) {
  return createFetchClient({ baseUrl: endpoint.replace(/\/+$/, ""), headers: { Authorization: `Bearer ${key}` }, ...(fetch ? { fetch } : {}) });
}
