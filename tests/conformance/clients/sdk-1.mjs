// @modelcontextprotocol/sdk 1.x, the generation with a handshake.
import { createRequire } from "node:module";
import { join } from "node:path";
import { story } from "./story.mjs";

const load = (name) => import(createRequire(join(process.env.PROGRAMS, "x.js")).resolve(name));
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = await load("@modelcontextprotocol/sdk/client/streamableHttp.js");

const headers = { authorization: `Bearer ${process.env.KEY}` };
const client = new Client({ name: "holdfast-conformance", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(process.env.URL), { requestInit: { headers } }));
await story({
  list: async () => (await client.listTools()).tools,
  call: (name, args) => client.callTool({ name, arguments: args }),
});
await client.close();
