// Quotes in PostgreSQL, over a pool of 32 on a Unix socket, with prepared statements: in one round trip through the
// function of schema.sql, or statement by statement in a transaction.
import connect, { type Sql } from "postgres";
import type { Allocation, Draft, Opened, Store } from "./types";

const POOL = 32;

export async function postgres(socket: string, inOneTrip: boolean): Promise<Store> {
  const sql = connect({ host: socket, database: "postgres", username: "postgres", max: POOL, types: { bigint: int8 } });
  await sql`SELECT 1`;
  return {
    async records(keys) {
      const rows = await sql`SELECT key, record FROM catalogue WHERE key = ANY (${keys})`;
      const found = new Map(rows.map(({ key, record }) => [key, record]));
      return keys.map((key) => found.get(key) ?? null);
    },
    open: (draft) => (inOneTrip ? openByFunction(sql, draft) : openByStatements(sql, draft)),
  };
}

/** The type `json`, which keeps a text as it is; `jsonb` would be taken apart and put together again. */
const JSON_TEXT = 114;

// Counts and milliseconds are far below 2^53.
const int8 = { to: 20, from: [20], serialize: String, parse: Number };

/** The lines in the order of their skus, with their places in the request. */
const inOrder = ({ lines }: Draft) =>
  lines.map(({ sku, quantity }, line) => ({ line, sku, quantity })).sort((a, b) => (a.sku < b.sku ? -1 : 1));

async function openByFunction(sql: Sql<any>, draft: Draft): Promise<Opened> {
  const { id, account, fingerprint, created_at, expires_at, currency, lines, locations } = draft;
  const ordered = inOrder(draft);
  const [row] = await sql`SELECT open_quote(${id}, ${account}, ${fingerprint}, ${created_at}, ${expires_at}, ${currency},
    ${sql.typed(lines as any, JSON_TEXT)}, ${ordered.map(({ line }) => line)}, ${ordered.map(({ sku }) => sku)},
    ${ordered.map(({ quantity }) => quantity)}, ${locations}) AS opened`;
  const { opened } = row!;
  if (opened.kind !== "held") return opened;
  return { kind: "held", replayed: opened.replayed, quote: { ...draft, ...opened } };
}

function openByStatements(sql: Sql<any>, draft: Draft): Promise<Opened> {
  const { id, account, fingerprint, created_at, expires_at, currency, lines, locations } = draft;
  const preferred = new Map(locations.map((location, place) => [location, place]));
  const ordered = inOrder(draft);
  return sql.begin(async (sql): Promise<Opened> => {
    // Sent one after the other without waiting in between.
    const [inserted, positions] = await Promise.all([
      sql`INSERT INTO quotes VALUES (${id}, ${account}, ${fingerprint}, 'held', ${created_at}, ${expires_at}, ${currency},
        ${sql.typed(lines as any, JSON_TEXT)}) ON CONFLICT (id) DO NOTHING`,
      sql`SELECT sku, location, on_hand - committed - held - quarantined - safety AS units FROM positions
        WHERE sku = ANY (${ordered.map(({ sku }) => sku)}) ORDER BY sku, location FOR UPDATE`,
    ]);
    if (inserted.count === 0) return known(sql, draft);
    const taken: (Allocation & { sku: string })[] = [];
    for (const { line, sku, quantity } of ordered) {
      const here = positions.filter((at) => at.sku === sku && at.units > 0).sort((a, b) => preferred.get(a.location)! - preferred.get(b.location)!);
      const whole = here.find(({ units }) => units >= quantity);
      let lacking = quantity;
      for (const { location, units } of whole ? [whole] : here) {
        const some = Math.min(lacking, units);
        if (some > 0) taken.push({ line, sku, location, quantity: some });
        lacking -= some;
      }
      if (lacking > 0) {
        await sql`UPDATE quotes SET state = 'refused' WHERE id = ${id}`;
        return { kind: "short", replayed: false };
      }
    }
    const [skus, at, units] = [taken.map(({ sku }) => sku), taken.map(({ location }) => location), taken.map(({ quantity }) => quantity)];
    await Promise.all([
      sql`UPDATE positions SET held = held + t.quantity, version = version + 1
        FROM unnest(${skus}::text[], ${at}::text[], ${units}::integer[]) AS t (sku, location, quantity)
        WHERE positions.sku = t.sku AND positions.location = t.location`,
      sql`INSERT INTO holds SELECT ${id}, t.line, t.sku, t.location, t.quantity, ${expires_at}
        FROM unnest(${taken.map(({ line }) => line)}::integer[], ${skus}::text[], ${at}::text[], ${units}::integer[]) AS t (line, sku, location, quantity)`,
    ]);
    return { kind: "held", replayed: false, quote: { ...draft, allocations: taken } };
  }) as Promise<Opened>;
}

async function known(sql: Sql<any>, { id, fingerprint }: Draft): Promise<Opened> {
  const [row] = await sql`SELECT * FROM quotes WHERE id = ${id}`;
  if (row!.fingerprint !== fingerprint) return { kind: "key_reused" };
  if (row!.state === "refused") return { kind: "short", replayed: true };
  const allocations = await sql<Allocation[]>`SELECT line, location, quantity FROM holds WHERE quote = ${id} ORDER BY line`;
  return { kind: "held", replayed: true, quote: { ...(row as any), allocations } };
}
