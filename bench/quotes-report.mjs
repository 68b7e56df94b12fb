// The tables and the verdicts of the quotes.
import { LIVE, SHOPS } from "./quotes-data.mjs";
import { POSTGRES, REDIS } from "./quotes-peers.mjs";
import { count, median, ms, table, target, times, whole } from "./table.mjs";

const NAMES = {
  holdfast: "Holdfast", function: "PostgreSQL, one function", statements: "PostgreSQL, statements", redis: "Redis, one script",
};
const HEAD = ["", "quotes/s", "p50 ms", "p99 ms", "CPU µs/quote"];

/** The section as text. */
export function report({ results, resident, disk, peers, lines, rounds, seconds, connections, pacedRounds, pacedSeconds, versions }) {
  const of = (name, server, figure) => median(results.get(name)[server].map((one) => one[figure]));
  const row = (label, name, server) =>
    [label, whole(of(name, server, "rate")), ms(of(name, server, "p50")), ms(of(name, server, "p99")), whole(of(name, server, "cpu"))];
  const rows = (name) => ["holdfast", ...peers].map((server) => row(NAMES[server], name, server));
  const pacedRows = (name) => ["holdfast", ...peers].map((server) =>
    [NAMES[server], whole(of(name, server, "rate")), ms(of(name, server, "p50")), ms(of(name, server, "p99"))]);
  const ours = (name, figure) => of(name, "holdfast", figure);
  const relational = peers.filter((server) => server !== "redis");
  const against = (name) => ours(name, "rate") / Math.max(...relational.map((server) => of(name, server, "rate")));
  const by = (server, at) => of(`${lines} lines, ${at}`, server, "p50") / of(`1 line, ${at}`, server, "p50");
  const live = (at) => of(`live holds, ${at}`, "full", "p50") / of(`live holds, ${at}`, "empty", "p50");
  const busiest = (kind) => Math.max(...[...results.values()].flatMap(Object.values).flat().filter(kind).map((one) => one.busy));
  const at = (limit) => `${count(limit)}/s`;
  const rate = (what, name, limit) => target(what, at(Math.round(ours(name, "rate"))), `≥ ${at(limit)}`, ours(name, "rate") >= limit);
  const ratio = (what, name, limit) => (relational.length === 0 ? [what, `≥ ${times(limit)}`, "", "not measured"]
    : target(what, times(against(name)), `≥ ${times(limit)}`, against(name) >= limit));
  const p99 = (what, name) => target(what, `${ms(ours(name, "p99"))} ms`, "≤ 60 ms", ours(name, "p99") <= 60_000);
  const most = (what, value, limit) => target(what, times(value), `≤ ${limit} ×`, value <= limit);

  return `# Quotes

Medians of ${rounds} rounds of ${seconds} s for each case, the servers in turns, after a warm-up. ${versions.join("; ")}.
An \`fdatasync\` of 4 KiB took ${disk.map((one) => one.toFixed(2)).join(" ms before and ")} ms after.

## Targets

${table(["", "target", "reached", ""], [
    rate(`one hot sku, ${connections} connections`, "hot", 1_500),
    rate(`10,000 skus, ${SHOPS} accounts, ${connections} connections`, "spread", 1_600),
    p99("p99 at half of that, one hot sku", "hot, half"),
    p99("p99 at half of that, 10,000 skus", "spread, half"),
    ratio("one hot sku, against PostgreSQL (the better one)", "hot", 1.4),
    ratio("10,000 skus, against PostgreSQL (the better one)", "spread", 0.5),
    most(`${lines} lines against 1, p50, 1 connection`, by("holdfast", 1), 4),
    most(`${lines} lines against 1, p50, ${connections} connections`, by("holdfast", connections), 4),
    most(`${count(LIVE)} live holds in the shard against none, p50, 1 connection`, live(1), 1.3),
    most(`${count(LIVE)} live holds in the shard against none, p50, ${connections} connections`, live(connections), 1.3),
  ])}

## One hot sku, ${SHOPS} accounts, ${connections} connections

${table(HEAD, rows("hot"))}

## 10,000 skus, ${SHOPS} accounts, ${connections} connections

${table(HEAD, rows("spread"))}

## At half of Holdfast's load

Sent at random moments at that average rate to every server; ${pacedRounds} rounds of ${pacedSeconds} s. Times count from the moment a request was due.

${table(HEAD.slice(0, 4), [["**one hot sku**", "", "", ""], ...pacedRows("hot, half"), ["**10,000 skus**", "", "", ""], ...pacedRows("spread, half")])}

## By lines

${table(HEAD, [1, connections].flatMap((some) => ["1 line", `${lines} lines`].flatMap((size) => ["holdfast", ...peers].map((server) =>
    row(`${size}, ${some} ${some === 1 ? "connection" : "connections"}: ${NAMES[server]}`, `${size}, ${some}`, server)))))}

${lines} lines take ${peers.map((server) => `${NAMES[server]} ${times(by(server, 1))} (1 connection) and ${times(by(server, connections))} (${connections})`).join(", ")} as long as 1 line, p50.

## By live holds in the shard

${table(HEAD, [1, connections].flatMap((some) => ["empty", "full"].map((server) =>
    row(`${server === "full" ? count(LIVE) : "none"}, ${some} ${some === 1 ? "connection" : "connections"}`, `live holds, ${some}`, server))))}

## How the peers are set, and what they leave out

- PostgreSQL: ${settings(POSTGRES)}; a pool of 32 on a Unix socket, prepared statements, \`SELECT … FOR UPDATE\`.
- Redis: ${settings(REDIS)}; one script a quote, pipelined on a Unix socket. It keeps everything in the memory of one process.
- Load generators: wrk used at most ${busiest((one) => one.cpu !== undefined).toFixed(2)} of a core, the paced one ${busiest((one) => one.cpu === undefined).toFixed(2)}.
- Holdfast was at ${whole(resident)} MB resident after these loads.

${table(["", "Holdfast", "PostgreSQL", "Redis"], LEFT_OUT)}
`;
}

const settings = (all) => Object.entries(all).map(([name, value]) => `\`${name} = ${value === "" ? '""' : value}\``).join(", ");

const LEFT_OUT = [
  ["prices, answers, all or nothing over several lines", "yes", "yes", "yes"],
  ["the same key and body: the same answer; another body: refused", "yes", "yes", "yes"],
  ["on disk before the answer", "yes", "yes", "yes"],
  ["a record of each hold, with its expiry", "yes", "yes", "yes"],
  ["stock freed when the clock says so", "yes", "no", "no"],
  ["limit of open quotes", "yes", "no", "no"],
  ["kits, partial quotes, replacing a quote", "yes", "no", "no"],
  ["commit, release, extend, return", "yes", "no", "no"],
  ["events of every change, delivered and kept", "yes", "no", "no"],
  ["stock of several regions owned near it, snapshots for the others", "yes", "no, one database", "no, one process"],
  ["more stock than memory", "yes", "yes", "no"],
];
