// Quotes in Redis: one script a quote, on one connection, on which commands are sent without waiting for each other.
import { createClient, defineScript } from "@redis/client";
import script from "./hold.lua";
import type { Draft, Opened, Store } from "./types";

const hold = defineScript({
  SCRIPT: script,
  NUMBER_OF_KEYS: 1,
  parseCommand(parser, key: string, parameters: string[]) {
    parser.pushKey(key);
    parser.push(...parameters);
  },
  transformReply: (reply: unknown) => reply as [string, string?, string?, string?],
});

export async function redis(socket: string): Promise<Store> {
  const client = await createClient({ socket: { path: socket }, scripts: { hold } }).connect();
  return {
    records: async (keys) => (await client.mGet(keys.map((key) => `catalogue/${key}`))) as (string | null)[],
    async open(draft) {
      const { id, fingerprint, created_at, expires_at, currency, lines, locations } = draft;
      const text = JSON.stringify({ id, created_at, expires_at, currency, lines });
      const wanted = lines.flatMap(({ sku, quantity }) => [sku, String(quantity)]);
      const [kind, news, quote, taken] = await client.hold(`quote/${id}`, [fingerprint, text, String(expires_at), String(locations.length), ...locations, ...wanted]);
      return opened(kind, news === "replayed", news === "replayed" && quote ? JSON.parse(quote) : draft, taken ?? "");
    },
  };
}

function opened(kind: string, replayed: boolean, quote: Draft, taken: string): Opened {
  if (kind === "key_reused") return { kind };
  if (kind === "short") return { kind, replayed };
  const allocations = taken.split("\n").map((text) => {
    const [line, location, quantity] = text.split(" ");
    return { line: Number(line), location: location!, quantity: Number(quantity) };
  });
  return { kind: "held", replayed, quote: { ...quote, allocations } };
}
