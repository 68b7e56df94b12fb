// The peers of the quotes section: PostgreSQL and Redis behind the Hono server of bench/store, each set up in a folder of
// the run and with the same catalogue and stock. A peer that is not installed is left out.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import postgres from "postgres";
import { leashed } from "../local/serve.mjs";
import { ROOT } from "../local/config.mjs";
import { catalogue, positions } from "./quotes-data.mjs";

const READY_MS = 20_000;
const LOADED_AT_ONCE = 5_000;

/** What the peers' settings are, for the report too. Everything else is as it comes. */
export const POSTGRES = {
  fsync: "on", synchronous_commit: "on", full_page_writes: "on", shared_buffers: "1GB", wal_buffers: "64MB", max_wal_size: "8GB",
  checkpoint_timeout: "30min", max_connections: 100, jit: "off", huge_pages: "try",
};
export const REDIS = { appendonly: "yes", appendfsync: "always", "auto-aof-rewrite-percentage": 0, save: "" };

/**
 * Starts what is installed. Returns { servers (by name: "function" and "statements" of PostgreSQL, "redis"), versions,
 * stop() }.
 */
export async function startPeers(run, say) {
  const servers = {};
  const versions = [];
  const started = [];
  const stop = async () => { for (const one of started.reverse()) await one.stop(); };
  try {
    const program = bundle();
    const bin = postgresBin();
    if (bin === null) say("PostgreSQL is not installed (initdb): left out");
    const db = bin && (await startPostgres(bin, run, say));
    if (db) {
      started.push(db);
      versions.push(versionOf(join(bin, "postgres")));
      for (const kind of ["function", "statements"]) started.push(servers[kind] = await startServer(program, `postgres-${kind}`, db));
    }
    if (!onPath("redis-server")) say("Redis is not installed (redis-server): left out");
    else {
      const db = await startRedis(run);
      started.push(db);
      versions.push(versionOf("redis-server"));
      started.push(servers.redis = await startServer(program, "redis", db));
    }
    return { servers, versions, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const versionOf = (program) => execFileSync(program, ["--version"], { encoding: "utf8" }).trim().replace(/ sha=.*/, "");

function bundle() {
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), ["bench/store/server.ts", "--bundle", "--platform=node", "--format=esm",
    "--loader:.lua=text", "--packages=external", "--outfile=bench/store/build/server.mjs", "--log-level=warning"], { cwd: ROOT, stdio: "inherit" });
  return join(ROOT, "bench/store/build/server.mjs");
}

/** The Hono server over a store. Its processor time is that of both. */
async function startServer(program, kind, db) {
  const child = leashed([process.execPath, "--no-warnings", program, kind, db.socket], ["pipe", "inherit"], { env: { ...process.env, NODE_ENV: "production" } });
  const ended = once(child, "exit");
  const [line] = await Promise.race([once(child.stdout, "data"), ended.then(() => { throw new Error(`${kind}: the server did not start`); })]);
  const pids = () => [child.pid, ...family(db.pid)];
  return { url: `http://127.0.0.1:${String(line).trim()}`, pids, stop: () => end(child, ended, "SIGTERM") };
}

async function startPostgres(bin, run, say) {
  const owner = process.getuid() === 0 ? userOf("postgres") ?? userOf("nobody") : {}; // it refuses to run as root
  const folder = join(run, "postgres");
  mkdirSync(folder);
  const socket = mkdtempSync(join(tmpdir(), "bench-"));
  if (owner.uid !== undefined) {
    chmodSync(run, 0o755);
    for (const one of [folder, socket]) chownSync(one, owner.uid, owner.gid);
  }
  const data = join(folder, "data");
  try {
    const options = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    execFileSync(join(bin, "initdb"), options, { ...owner, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    say(`PostgreSQL cannot make its files in ${folder}: left out. ${String(error.stderr ?? error).trim().split("\n").at(-1)}`);
    rmSync(socket, { recursive: true });
    return null;
  }
  const settings = Object.entries({ ...POSTGRES, listen_addresses: "", unix_socket_directories: socket }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = leashed([join(bin, "postgres"), "-D", data, ...settings], ["ignore", "ignore"], { ...owner, cwd: "/" });
  const ended = once(child, "exit");
  const stop = async () => {
    await end(child, ended, "SIGINT"); // without waiting for its clients
    rmSync(socket, { recursive: true, force: true });
  };
  try {
    const sql = postgres({ host: socket, database: "postgres", username: "postgres", max: 1, onnotice: () => {} });
    await ready(ended, () => sql`SELECT 1`);
    await sql.unsafe(readFileSync(join(ROOT, "bench/store/schema.sql"), "utf8"));
    await inParts(catalogue(), (some) => sql`INSERT INTO catalogue SELECT * FROM unnest(${some.map(([key]) => key)}::text[], ${some.map(([, text]) => text)}::text[])`);
    await inParts(await Array.fromAsync(positions()), (some) => sql`INSERT INTO positions (sku, location, on_hand, safety)
      SELECT * FROM unnest(${some.map((at) => at.sku)}::text[], ${some.map((at) => at.location)}::text[], ${some.map((at) => at.on_hand)}::bigint[], ${some.map((at) => at.safety)}::bigint[])`);
    await sql`VACUUM ANALYZE`;
    await sql`CHECKPOINT`;
    await sql.end();
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid, socket, stop };
}

async function startRedis(run) {
  const folder = join(run, "redis");
  mkdirSync(folder);
  const sockets = mkdtempSync(join(tmpdir(), "bench-"));
  const socket = join(sockets, "redis.sock");
  const settings = Object.entries({ ...REDIS, port: 0, unixsocket: socket, dir: folder }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = leashed(["redis-server", ...settings], ["ignore", "inherit"]);
  const ended = once(child, "exit");
  const stop = async () => {
    await end(child, ended, "SIGTERM");
    rmSync(sockets, { recursive: true, force: true });
  };
  try {
    await ready(ended, async () => { if (!existsSync(socket)) throw new Error("Redis does not listen"); });
    const client = await createClient({ socket: { path: socket } }).connect();
    await inParts(catalogue(), (some) => Promise.all(some.map(([key, text]) => client.set(`catalogue/${key}`, text))));
    const position = ({ sku, location, on_hand, safety }) =>
      client.hSet(`position/${sku}/${location}`, { on_hand, committed: 0, held: 0, quarantined: 0, safety, version: 1 });
    await inParts(await Array.fromAsync(positions()), (some) => Promise.all(some.map(position)));
    await client.close();
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: child.pid, socket, stop };
}

async function inParts(all, write) {
  for (let at = 0; at < all.length; at += LOADED_AT_ONCE) await write(all.slice(at, at + LOADED_AT_ONCE));
}

/** Waits until `attempt` succeeds. */
async function ready(ended, attempt) {
  const deadline = Date.now() + READY_MS;
  let over = false;
  ended.then(() => { over = true; });
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (over || Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

async function end(child, ended, signal) {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await ended;
}

/** A process and its children. */
function family(pid) {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  return [pid, ...numbers.filter((number) => parentOf(number) === pid)];
}

function parentOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[1]);
  } catch {
    return null; // gone meanwhile
  }
}

function postgresBin() {
  const root = "/usr/lib/postgresql"; // Debian keeps it off PATH
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => b - a).map((version) => join(root, version, "bin")) : [];
  return versions.find((bin) => existsSync(join(bin, "initdb"))) ?? (onPath("initdb") ? onPath("initdb").replace(/\/[^/]*$/, "") : null);
}

function userOf(name) {
  const entry = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":")).find(([user]) => user === name);
  return entry && { uid: Number(entry[2]), gid: Number(entry[3]) };
}

function onPath(command) {
  try {
    return execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
