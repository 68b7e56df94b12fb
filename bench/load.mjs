// The load generator: wrk, with requests read from a file, and what the server's process spent on them.
import { execFile, execFileSync } from "node:child_process";
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
 * Puts load on a server: requests of `file` (lines of "METHOD path body") with `key`, over so many connections, for so
 * many seconds. Returns { rate (requests/s), p50, p99 (µs), cpu (µs of the server's process a request) }; anything but
 * 200 is an error.
 */
export async function load({ server, file, key, connections, seconds }) {
  const before = cpu(server.pid);
  const { stdout } = await promisify(execFile)("wrk", [
    "-t", "1", "-c", String(connections), "-d", `${seconds}s`, "-s", SCRIPT, server.url, "--", file, key,
  ]);
  const spent = cpu(server.pid) - before;
  const result = JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")));
  if (result.failed > 0 || result.requests === 0) throw new Error(`${result.failed} of ${result.requests} requests failed: ${file}`);
  return { rate: result.requests / result.seconds, p50: result.p50, p99: result.p99, cpu: spent / result.requests };
}

/** Processor time a process has used, in microseconds. */
export function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND) * 1e6;
}

/** Resident memory of a process, in MB. */
export function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1000;
}

/** Writes the requests of one case. */
export function requestFile(file, requests) {
  writeFileSync(file, requests.map(({ path, body = "" }) => `${body === "" ? "GET" : "POST"} ${path} ${body}`).join("\n"));
  return file;
}
