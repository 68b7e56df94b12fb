import type { Client, ClientOptions } from "openapi-fetch";
import type { components, paths } from "./schema.js";

/** Everything that the API is sent and answers, by name: `Schemas["PublicAnswer"]`. */
export type Schemas = components["schemas"];

/** A client of the instance at `endpoint`; the key goes into the Authorization header. */
export function createClient(options: { endpoint: string; key: string; fetch?: ClientOptions["fetch"] }): Client<paths>;

export type { components, paths };
