// The load generator: wrk, with requests read from a file, and what the server's process spent on them.
import { execFile, execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../local/config.mjs";

const SCRIPT = join(ROOT, "bench/load.lua");
const TICKS_A_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Makes sure that wrk is there. */
export function needWrk(say) {
  if (hasWrk()) return;
  if (process.getuid() === 0 && has("apt-get")) {
    say("wrk is missing: installing the distribution's package");
    try {
      execFileSync("apt-get", ["install", "-y", "--no-install-recommends", "wrk"], { stdio: ["ignore", "ignore", "inherit"] });
    } catch {
      execFileSync("apt-get", ["update"], { stdio: ["ignore", "ignore", "inherit"] });
      execFileSync("apt-get", ["install", "-y", "--no-install-recommends", "wrk"], { stdio: ["ignore", "ignore", "inherit"] });
    }
  }
  if (!hasWrk()) throw new Error("bench needs wrk on PATH: install your system's package of that name (Debian: apt-get install wrk)");
}

const has = (command) => {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const hasWrk = () => has("wrk");

/**
 * Puts load on a server ({ url, pids }): requests of `file` over so many connections, for so many seconds. Any answer
 * but `status` is an error. With `orders`, each request has an Idempotency-Key of its own, and a file may be used again.
 *
 * Returns { seconds, rate (requests/s), p50, p99 (µs), cpu (µs of the server's processes a request), busy (of one core, how much
 * the load generator used) }.
 */
export async function load({ server, file, connections, seconds, status = 200, orders = false }) {
  const before = cpu(server.pids);
  const parameters = ["-t", "1", "--timeout", "10s", "-c", String(connections), "-d", `${seconds}s`, "-s", SCRIPT, server.url, "--", file, String(status)];
  if (orders) parameters.push(`${randomUUID()}-`);
  // The shell's `times` tells what wrk has used.
  const { stdout } = await promisify(execFile)("sh", ["-c", 'wrk "$@"; times', "sh", ...parameters]);
  const spent = cpu(server.pids) - before;
  const result = JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")));
  if (result.failed > 0 || result.requests === 0) throw new Error(`${result.failed} of ${result.requests} requests failed: ${file}`);
  const used = [...stdout.trim().split("\n").at(-1).matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * m + Number(s), 0);
  return {
    seconds: result.seconds, rate: result.requests / result.seconds, p50: result.p50, p99: result.p99, cpu: spent / result.requests, busy: used / result.seconds,
  };
}

/** Processor time that processes have used, in microseconds. */
export function cpu(pids) {
  return pids().reduce((sum, pid) => sum + cpuOf(pid), 0);
}

/** Nothing for a process that has just ended: PostgreSQL cleans up in processes of a moment. */
function cpuOf(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return 0;
    throw error;
  }
  const fields = stat.split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND) * 1e6;
}

/** Resident memory of processes, in MB. */
export function memory(pids) {
  return pids().reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1000, 0);
}

/** Writes the requests of one case, each { path, key (the caller's), body }. */
export function requestFile(file, requests) {
  writeFileSync(file, requests.map(({ path, key, body = "" }) => `${body === "" ? "GET" : "POST"} ${path} ${key} ${body}`).join("\n"));
  return file;
}
