// Live availability: streams on one shard, a sku that changes each second, and how long each client waits to hear of it.
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { startServer } from "../local/serve.mjs";
import { APART, bucket, copyOf, dataset } from "./data.mjs";
import { cpu, memory } from "./load.mjs";
import { count, ms, table, target, whole } from "./table.mjs";

const QUICK = process.env.QUICK === "1";
const CASES = QUICK
  ? [{ streams: 50, skus: 1 }, { streams: 20, skus: 20 }]
  : [{ streams: 100, skus: 1 }, { streams: 1000, skus: 1 }, { streams: 1000, skus: 20 }, { streams: 2000, skus: 1 }];
const CHANGES = QUICK ? 3 : 60;
const SKUS = 10_000;
const SECOND = 1000;
const LOST_AFTER = 10 * SECOND;
const OPENED_AT_ONCE = 50;
const PLACE = "lat=33.7838&lon=-84.3830"; // the counter in Atlanta

/** Runs the section; returns its part of RESULTS.md. */
export async function live(say) {
  const { state, skus } = await dataset(SKUS, say);
  const data = { state: copyOf(state, "live"), skus };
  const results = [];
  for (const one of CASES) {
    say(`live: ${one.streams} streams of ${one.skus} skus`);
    results.push({ ...one, ...(await measured(data, one)) });
  }
  return report(results);
}

/** A server of its own for each case: memory that an earlier case has left would be counted. */
async function measured({ state, skus: all }, { streams, skus }) {
  const server = await startServer({ state, log: "ignore", vars: APART });
  const { pids } = server;
  const open = [];
  try {
    const [hot] = all;
    const watched = all.slice(0, skus);
    const safety = await kept(server, hot);
    await counted(server, hot, 9 + safety);
    const idle = memory(pids);
    const began = performance.now();
    for (let n = 0; n < streams; n += OPENED_AT_ONCE) {
      const some = Array.from({ length: Math.min(OPENED_AT_ONCE, streams - n) }, () => stream(server, watched, hot));
      open.push(...(await Promise.all(some)));
    }
    const opening = performance.now() - began;
    const resident = memory(pids);
    const waits = [];
    let lost = 0;
    const [before, from] = [cpu(pids), performance.now()];
    for (let n = 0; n < CHANGES; n++) {
      const next = performance.now() + SECOND;
      const units = (n % 8) + 1; // the public is told up to ten
      const heard = open.map((one) => one.until(units));
      const acknowledged = await counted(server, hot, units + safety);
      for (const at of await Promise.all(heard)) {
        if (at === null) lost += 1;
        else waits.push(at - acknowledged);
      }
      await new Promise((done) => setTimeout(done, next - performance.now()));
    }
    const spent = (cpu(pids) - before) / (performance.now() - from) / 10;
    const shards = new Set(watched.map((sku) => bucket(sku))).size;
    return { shards, opening, resident: resident - idle, waits: waits.sort((a, b) => a - b), lost, spent };
  } finally {
    for (const one of open) one.close();
    await server.stop();
  }
}

/** Has a count posted; when it was acknowledged. */
async function counted({ url }, sku, quantity) {
  const movement = { id: randomUUID(), sku, location: "ATL1", kind: "count", quantity };
  const answer = await fetch(`${url}/v1/stock/movements`, {
    method: "POST", headers: { authorization: "Bearer demo-admin" }, body: JSON.stringify({ movements: [movement] }),
  });
  const { results: [{ result }] } = await answer.json();
  if (result !== "applied") throw new Error(`a count was ${result}`);
  return performance.now();
}

/** How many units of a sku in Atlanta are kept back. */
async function kept({ url }, sku) {
  const answer = await fetch(`${url}/v1/stock/${sku}`, { headers: { authorization: "Bearer demo-admin" } });
  const { positions } = await answer.json();
  return positions.find(({ location }) => location === "ATL1")?.safety ?? 0;
}

/** An open stream: `until(units)` promises when it first told of so many of `hot`, or `null`. */
function stream({ url }, skus, hot) {
  let expected = null;
  const take = (event) => {
    if (!event.includes(`"sku":"${hot}"`)) return;
    const told = Number(/"pickup":\{[^}]*"available":(\d+)/.exec(event)?.[1]);
    if (expected?.units === told) expected.done(performance.now());
  };
  return new Promise((resolve, reject) => {
    const path = `/v1/availability/stream?${skus.map((sku) => `sku=${encodeURIComponent(sku)}`).join("&")}&${PLACE}`;
    const asked = request(url + path, { agent: false, headers: { authorization: "Bearer demo-web" } }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`a stream was answered with ${response.statusCode}`));
      let rest = "";
      response.setEncoding("utf8").on("data", (text) => {
        const events = (rest + text).split("\n\n");
        rest = events.pop();
        events.forEach(take);
        resolve({
          until: (units) => new Promise((done) => {
            const late = setTimeout(() => done(null), LOST_AFTER);
            expected = { units, done: (at) => { clearTimeout(late); done(at); } };
          }),
          close: () => asked.destroy(),
        });
      });
      response.on("error", () => {});
    });
    asked.on("error", reject).end();
  });
}

function report(results) {
  const at = (waits, share) => waits[Math.min(Math.floor(waits.length * share), waits.length - 1)] * 1000;
  const main = results.find(({ streams, skus }) => streams === 1000 && skus === 1) ?? results[0];
  const lost = results.reduce((sum, one) => sum + one.lost, 0);
  return `# Live availability

Streams of \`GET /v1/availability/stream\` that all watch one sku, which changes each second, ${CHANGES} times. From a movement's
acknowledgement to each client's event.

${table(["", "target", "reached", ""], [
    target(`${count(main.streams)} streams, the slowest of all events`, `${ms(at(main.waits, 1))} ms`, "≤ 1,000 ms", at(main.waits, 1) <= 1e6),
    target("events that did not come within 10 s, all cases", whole(lost), "0", lost === 0),
  ])}

${table(["streams", "events", "p50 ms", "p99 ms", "slowest ms", "CPU, of one core", "opened in ms", "MB of memory"], results.map((one) => [
    `${count(one.streams)} of ${one.skus} ${one.skus === 1 ? "sku" : "skus"} in ${one.shards} ${one.shards === 1 ? "shard" : "shards"}`, count(one.waits.length), ms(at(one.waits, 0.5)), ms(at(one.waits, 0.99)), ms(at(one.waits, 1)),
    `${one.spent.toFixed(0)} %`, whole(one.opening), whole(one.resident),
  ]))}`;
}
