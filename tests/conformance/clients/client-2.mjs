// @modelcontextprotocol/client 2.x, which speaks both generations: `legacy` or `auto`.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { story } from "./story.mjs";

const load = (name) => import(createRequire(join(process.env.PROGRAMS, "x.js")).resolve(name));
const { Client, StreamableHTTPClientTransport } = await load("@modelcontextprotocol/client");

const [mode] = process.argv.slice(2);
const headers = { authorization: `Bearer ${process.env.KEY}` };
const client = new Client({ name: "holdfast-conformance", version: "1.0.0" }, { versionNegotiation: { mode } });
await client.connect(new StreamableHTTPClientTransport(new URL(process.env.URL), { requestInit: { headers } }));
assert.equal(client.getNegotiatedProtocolVersion(), mode === "auto" ? "2026-07-28" : "2025-11-25");
await story({
  list: async () => (await client.listTools()).tools,
  call: (name, args) => client.callTool({ name, arguments: args }),
});
await client.close();
