// The tables and the verdicts of the reads.
import { count, median, ms, table, target, times, whole } from "./table.mjs";

/** The section as text. */
export function report({ results, resident, startup, wasm, sizes, rounds, seconds }) {
  const hot = "availability, one sku";
  const spread = "availability, 10,000 skus";
  const of = (name, server, figure) => median(results.get(name)[server].map((one) => one[figure]));
  const row = (label, name, server, against) => [
    label, whole(of(name, server, "rate")), ms(of(name, server, "p50")), ms(of(name, server, "p99")), whole(of(name, server, "cpu")),
    ...(against === undefined ? [] : [against]),
  ];
  const ratio = (name, figure, invert) => {
    const [ours, theirs] = [of(name, "holdfast", figure), of(name, "peer", figure)];
    return invert ? theirs / ours : ours / theirs;
  };
  const head = ["", "requests/s", "p50 ms", "p99 ms", "CPU µs/request"];
  const both = (label, name) => [
    row(`${label}: Holdfast`, name, "holdfast", `${times(ratio(name, "rate"))} (CPU ${times(ratio(name, "cpu", true))})`),
    row(`${label}: Hono`, name, "peer", "1"),
  ];
  const bareRate = (name) => of(name, "holdfast", "rate") / of(hot, "bare", "rate");
  const scale = (connections) => of(`size, ${connections}`, "large", "p50") / of(`size, ${connections}`, "small", "p50");
  const lines = (connections) => of(`query, 100, ${connections}`, "holdfast", "p50") / of(`query, 1, ${connections}`, "holdfast", "p50");
  const peerLines = (connections) => of(`query, 100, ${connections}`, "peer", "p50") / of(`query, 1, ${connections}`, "peer", "p50");
  const mcp = (lines) => of(`mcp, ${lines}`, "mcp", "rate") / of(`mcp, ${lines}`, "holdfast", "rate");
  const searched = (connections) => of(`search, ${connections}`, "search", "p50") / of(`search, ${connections}`, "holdfast", "p50");
  const start = Object.fromEntries(Object.entries(startup).map(([name, values]) => [name, median(values)]));
  const added = start.holdfast - start.bare;

  return `# Reads

Medians of ${rounds} rounds of ${seconds} s for each case, the servers in turns, after a warm-up.

## Targets

${table(["", "target", "reached", ""], [
    target("cached availability, one sku, against Hono", times(ratio(hot, "rate")), "≥ 1.0 ×", ratio(hot, "rate") >= 1),
    target("cached availability, one sku, against bare", times(bareRate(hot)), "≥ 0.75 ×", bareRate(hot) >= 0.75),
    target("availability, 10,000 skus, against Hono", times(ratio(spread, "rate")), "≥ 1.0 ×", ratio(spread, "rate") >= 1),
    target("one-line query, against Hono, 16 connections", times(ratio("query, 1, 16", "rate")), "≥ 0.8 ×", ratio("query, 1, 16", "rate") >= 0.8),
    target("one-line query, against Hono, 1 connection", times(ratio("query, 1, 1", "rate")), "≥ 0.8 ×", ratio("query, 1, 1", "rate") >= 0.8),
    target("MCP `query_parts` of one line, against the same `POST /v1/query`", times(mcp(1)), "≥ 0.7 ×", mcp(1) >= 0.7),
    target("of ten lines", times(mcp(10)), "≥ 0.7 ×", mcp(10) >= 0.7),
    target("search, against a one-line query, p50, 1 connection", times(searched(1)), "≤ 5 ×", searched(1) <= 5),
    target("16 connections", times(searched(16)), "≤ 5 ×", searched(16) <= 5),
    target("100 lines against 1, p50, 1 connection", times(lines(1)), "≤ 12 ×", lines(1) <= 12),
    target("100 lines against 1, p50, 16 connections", times(lines(16)), "≤ 12 ×", lines(16) <= 12),
    target(`${count(sizes.large)} skus against ${count(sizes.small)}, p50, 1 connection`, times(scale(1)), "≤ 1.3 ×", scale(1) <= 1.3),
    target(`${count(sizes.large)} skus against ${count(sizes.small)}, p50, 4 connections`, times(scale(4)), "≤ 1.3 ×", scale(4) <= 1.3),
    target("wasm, gzipped", `${Math.round(wasm.gzipped / 1000)} kB`, "≤ 600 kB", wasm.gzipped <= 600_000),
    target("start-up of the isolate", `${added.toFixed(0)} ms`, "≤ 50 ms", added <= 50),
  ])}

## Availability, 16 connections

${table([...head, "against Hono"], [row("bare JavaScript, \`hello\`", hot, "bare", ""), ...both("one sku", hot), ...both(`Zipf over ${count(10_000)} skus`, spread)])}

## Query, Zipf over ${count(sizes.main)} skus

${table([...head, "against Hono"], [1, 10, 100].flatMap((n) => [1, 16].flatMap((c) =>
    both(`${n} ${n === 1 ? "line" : "lines"}, ${c} ${c === 1 ? "connection" : "connections"}`, `query, ${n}, ${c}`))))}

100 lines take the peer ${times(peerLines(1))} (1 connection) and ${times(peerLines(16))} (16 connections) as long as 1 line, p50.

## Agents: the same questions over MCP, 16 connections

${table(head, [1, 10].flatMap((n) => [["POST /v1/query", "holdfast"], ["query_parts", "mcp"]].map(([label, server]) =>
    row(`${label}, ${n} ${n === 1 ? "line" : "lines"}`, `mcp, ${n}`, server))))}

## Search, words of Zipf over ${count(sizes.main)} parts, beside one-line queries

${table(head, [1, 16].flatMap((c) => [["one-line query", "holdfast"], ["search", "search"]].map(([label, server]) =>
    row(`${label}, ${c} ${c === 1 ? "connection" : "connections"}`, `search, ${c}`, server))))}

## One-line query by size of the catalogue

${table(head, [1, 4].flatMap((c) => ["small", "large"].map((name) =>
    row(`${count(sizes[name])} skus, ${c} ${c === 1 ? "connection" : "connections"}`, `size, ${c}`, name))))}

## Start-up, size, memory

${table(["", "bare", "Holdfast", "Hono"], [
    ["fresh process to first answer, ms", ...["bare", "holdfast", "peer"].map((name) => start[name].toFixed(0))],
    ["beyond bare, ms", "", added.toFixed(0), (start.peer - start.bare).toFixed(0)],
    ["resident after the load, MB", ...["bare", "holdfast", "peer"].map((name) => whole(resident[name]))],
  ])}

wasm: ${whole(wasm.raw / 1000)} kB, ${whole(wasm.gzipped / 1000)} kB gzipped; compiled in ${wasm.compile.toFixed(1)} ms, instantiated in ${wasm.instantiate.toFixed(1)} ms (V8 of Node.js).
Resident after the load with ${count(sizes.small)} skus ${whole(resident.small)} MB, with ${count(sizes.large)} skus ${whole(resident.large)} MB.
`;
}
