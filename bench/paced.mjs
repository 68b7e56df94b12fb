// Load at a given rate, whatever the server does: requests are sent at random moments that were drawn beforehand, and
// each one's time counts from its moment, so that a stall is paid for by all that wait behind it. wrk cannot do that.
import { request as send, Agent } from "node:http";
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { randomness } from "./choice.mjs";

/** More than ever wait at a time: who comes when this many wait would wait for a connection instead. */
const CONNECTIONS = 256;
const SEED = 20261122;

/**
 * Sends requests of `file` (as `requestFile` writes it) to a server ({ url }), on average `rate` a second, each with an
 * Idempotency-Key of its own. Returns { rate (answers/s), p50, p99 (µs), busy (of one core, how much this generator used) }.
 * An answer but `status` is an error.
 */
export async function paced({ server, file, rate, seconds, status }) {
  const requests = readFileSync(file, "utf8").split("\n");
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, scheduling: "lifo" });
  const random = randomness(SEED);
  const orders = randomUUID();
  const taken = [];
  const failures = [];
  let waiting = 0;
  let settled = () => {};

  const one = (number, due) => {
    const [method, path, key, ...body] = requests[number % requests.length].split(" ");
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": `${orders}-${number}` };
    const done = (failure) => {
      if (failure) failures.push(failure);
      else taken.push(performance.now() - due);
      waiting--;
      settled();
    };
    waiting++;
    const sent = send(new URL(path, server.url), { agent, method, headers }, (response) => {
      response.resume().on("end", () => done(response.statusCode === status ? null : `status ${response.statusCode}`));
    });
    sent.on("error", (error) => done(error.message)).end(body.join(" "));
  };

  const used = process.cpuUsage();
  const start = performance.now();
  let number = 0;
  for (let due = start; due < start + seconds * 1_000; due -= Math.log(1 - random()) * (1_000 / rate)) {
    while (performance.now() < due) await new Promise((wake) => setTimeout(wake, due - performance.now()));
    one(number++, due);
  }
  while (waiting > 0) await new Promise((wake) => { settled = wake; });
  const lasted = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(used);
  agent.destroy();
  if (failures.length > 0) throw new Error(`${failures.length} of ${number} requests failed: ${file}: ${failures[0]}`);
  taken.sort((a, b) => a - b);
  const quantile = (share) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] * 1_000;
  return { rate: taken.length / lasted, p50: quantile(0.5), p99: quantile(0.99), busy: (user + system) / 1e6 / lasted };
}
