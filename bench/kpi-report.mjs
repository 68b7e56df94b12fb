// The tables and the verdicts of the KPI section.
import { count, median, ms, table, target, times, whole } from "./table.mjs";

/** The section as text. */
export function report({ queries, events, boards, rounds, seconds, counts: { EVENTS, REPORTED, DAYS, regions } }) {
  const of = (lines, server, figure) => median(queries.get(lines)[server].map((one) => one[figure]));
  const ratio = (lines) => of(lines, "on", "rate") / of(lines, "off", "rate");
  // Round by round, so that what else the machine does falls on both.
  const paired = (lines) => median(queries.get(lines).on.map(({ rate }, round) => rate / queries.get(lines).off[round].rate));
  const cpu = (lines) => of(lines, "off", "cpu") / of(lines, "on", "cpu");
  const row = (lines, server, label) => [
    `${lines} ${lines === 1 ? "line" : "lines"}, ${label}`, whole(of(lines, server, "rate")), ms(of(lines, server, "p50")), ms(of(lines, server, "p99")), whole(of(lines, server, "cpu")),
  ];
  const event = (kind, figure) => median(events.map((round) => round[kind][figure]));
  const board = ({ results }, by) => results[by];
  const slowest = Math.max(...Object.values(boards.results).map(({ p50 }) => p50));
  const label = { "": "in sum", region: "by region", day: "by day", week: "by week" };
  return `# KPI

Medians of ${rounds} rounds of ${seconds} s for queries, two servers in turns; of ${events.length} rounds for events.

${table(["", "target", "reached", ""], [
    target("one-line queries with KPI logging against without, 16 connections", times(paired(1)), "≥ 0.95 ×", paired(1) >= 0.95),
    target("ten-line queries, the same", times(paired(10)), "≥ 0.95 ×", paired(10) >= 0.95),
    target("events of shards, from the queue to log and board, one region", `${whole(event("queued", "rate"))}/s`, "≥ 10,000/s", event("queued", "rate") >= 10_000),
    target(`board of ${DAYS} days × ${regions} regions, the slowest grouping, p50`, `${ms(slowest)} ms`, "≤ 50 ms", slowest <= 50_000),
  ])}

${table(["queries", "requests/s", "p50 ms", "p99 ms", "CPU µs/request"], [1, 10].flatMap((lines) => [
    row(lines, "on", "logged"), row(lines, "off", "not logged"),
  ]))}

Ratio of the medians ${times(ratio(1))} and ${times(ratio(10))}, of CPU ${times(cpu(1))} and ${times(cpu(10))}.

${table(["events", "a second", "CPU µs/event"], [
    [`of shards, ${count(EVENTS)} waiting in the queue`, whole(event("queued", "rate")), whole(event("queued", "cpu"))],
    [`reported by callers, ${count(REPORTED)}, a thousand a call, until they are on the board`, whole(event("reported", "rate")), whole(event("reported", "cpu"))],
    ["the same, until they are accepted", whole(event("reported", "accepted")), ""],
  ])}

${table([`\`GET /v1/kpi\`, ${DAYS} days, ${regions} regions, ${boards.sums} sums a day`, "p50 ms", "p99 ms", "CPU ms/request"], Object.keys(boards.results).map((by) => {
    const { p50, p99, cpu: spent } = board(boards, by);
    return [label[by], ms(p50), ms(p99), ms(spent)];
  }))}`;
}
