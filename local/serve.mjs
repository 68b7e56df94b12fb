// Serves the built Worker on workerd, on this machine, with its data in a folder. Tests and bench use it as it is;
// run.mjs is the command around it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { once } from "node:events";
import { writeConfig, ROOT, SOCKETS } from "./config.mjs";
import { credentialKey, keyRing } from "./keys.mjs";

// Which objects own what, on one machine. There these objects share a thread, and a commit costs more than what is decided in
// it; so those that would be many on the network are few here (docs/decisions/0031).
export const LAYOUT = { STOCK_AND_QUOTES: "together", STOCK_BUCKETS: "1", QUOTE_DESKS: "1" };

const WORKERD = join(ROOT, "node_modules/.bin/workerd");
const START_MS = 20_000;
const STOP_MS = 5_000;

/**
 * Starts a server and waits until /healthz answers.
 *
 * state: folder for its data, made if need be; only one server at a time may use it
 * port:  0 for any free one
 * vars:  on top of those in wrangler.toml
 * keys:  whether it can sign tokens, with the ring in its state folder; without, it is a deployment that lacks the secret
 * providers: the text of the secret TOKEN_PROVIDERS, if external services add credentials to tokens. Those on this machine
 *        can be reached, too, if one of them is named by a loopback address
 * reach: whether webhooks may go to this machine
 * processes: 2 gives the objects of stock and quotes one of their own, and thus a second core; 1 is for small machines
 * log:   where the Worker's own log lines go: "inherit" (stderr), "ignore", or an open file descriptor
 *
 * Returns { url, port, pids(), stop(), kill(), ended }: `kill` ends it without a warning; `ended` promises how a process of it
 * ended: [name, exit code or signal]. The server ends with this process, however that ends, and all of it when a part does.
 */
export async function startServer({ state, port = 0, vars = {}, keys = true, providers, reach: near = false, processes = 2, log = "inherit", wrangler } = {}) {
  mkdirSync(state, { recursive: true });
  refuseIfInUse(state);
  const secrets = keys ? { TOKEN_KEYS: keyRing(state) } : {};
  if (providers) Object.assign(secrets, { TOKEN_PROVIDERS: providers, CREDENTIAL_KEY: credentialKey(state) });
  const reach = near || providers?.includes("http://") ? ["local"] : []; // http:// is accepted for loopback addresses only
  const { path, processes: parts } = writeConfig({
    state, vars: { ...layout(state, vars), ...vars }, secrets: Object.keys(secrets), reach, processes, wrangler,
  });
  // Whoever can open these sockets can ask any object anything.
  rmSync(join(state, SOCKETS), { recursive: true, force: true });
  mkdirSync(join(state, SOCKETS), { mode: 0o700 });
  const children = parts.map((part) => {
    const command = [WORKERD, "serve", path, part, "--experimental", `--directory-path=objects=${resolve(state, "objects")}`, "--control-fd=3"];
    if (part === "edge") command.push(`--socket-addr=http=127.0.0.1:${port}`);
    return leashed(command, [log, log, "pipe"], { cwd: state, env: { ...process.env, ...(part === "edge" ? secrets : {}) } });
  });
  const ends = children.map((child) => once(child, "exit"));
  const ended = Promise.race(ends.map((end, part) => end.then(([code, signal]) => [parts[part], signal ?? code])));
  const running = (child) => child.exitCode === null && child.signalCode === null;
  const signal = (child, name) => running(child) && child.kill(name);
  const kill = async () => {
    for (const child of children) signal(child, "SIGKILL");
    await Promise.all(ends);
  };

  const lock = lockFile(state);
  const stop = async () => {
    const timer = setTimeout(kill, STOP_MS);
    for (const [part, child] of children.entries()) { // the edge first: what it has begun it can end
      signal(child, "SIGTERM");
      await ends[part];
    }
    clearTimeout(timer);
    rmSync(lock, { force: true });
  };
  ended.then(stop);
  try {
    const [actual] = await Promise.race([
      Promise.all(parts.map((part, index) => listening(children[index].stdio[3], part === "edge" ? "http" : part))),
      ended.then(([part, how]) => { throw new Error(`workerd (${part}) ended with ${how} before it was ready`); }),
      new Promise((_, reject) => setTimeout(reject, START_MS, new Error("workerd did not start")).unref()),
    ]);
    const pids = () => children.map((child) => child.pid);
    const url = `http://127.0.0.1:${actual}`;
    writeFileSync(lock, JSON.stringify({ pids: pids(), url }));
    await healthy(url);
    return { url, port: actual, pids, stop, kill, ended };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Starts a command that is told to stop when this process ends, however that ends. `out`: its standard output, its error
 * output and, if it uses one, its pipe 3.
 */
export function leashed(command, [out, log, control = "ignore"], options = {}) {
  // The shell becomes the command. What it leaves behind waits at the other end of pipe 4: when this process dies, even
  // by SIGKILL, the pipe closes and the command is told to stop. A line on the pipe means that it has ended already.
  const leash = '(read -r _ <&4 || kill $$) >/dev/null 2>&1 3>&- & exec "$@" 4<&-';
  const child = spawn("sh", ["-c", leash, "sh", ...command], { ...options, stdio: ["ignore", out, log, control, "pipe"] });
  child.stdio[4].on("error", () => {});
  child.on("exit", () => child.stdio[4].end("ended\n"));
  return child;
}

/**
 * The layout of a state folder, which is with its objects in `layout.json`: what it was when they were made stays, since with
 * another they would not be found. A folder of before there was such a file has that of wrangler.toml.
 */
function layout(state, vars) {
  const objects = join(state, "objects");
  const file = join(objects, "layout.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  if (["StockShard", "QuoteDesk"].some((name) => existsSync(join(objects, name)))) return {};
  const made = Object.fromEntries(Object.entries(LAYOUT).map(([name, value]) => [name, vars[name] ?? value]));
  mkdirSync(objects, { recursive: true });
  writeFileSync(file, JSON.stringify(made));
  return made;
}

/** `{"pids":[…],"url":"…"}` of the server that uses a state folder. The importer writes KV files only when there is none. */
const lockFile = (state) => join(state, "server.json");

function refuseIfInUse(state) {
  if (!existsSync(lockFile(state))) return;
  try {
    const { pid: only, pids = [only], url } = JSON.parse(readFileSync(lockFile(state), "utf8"));
    const pid = pids.find((pid) => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("workerd"));
    if (pid !== undefined) throw Object.assign(new Error(`${state} is in use by the server at ${url} (process ${pid})`), { inUse: true });
  } catch (error) {
    if (error.inUse) throw error;
  }
  // Left behind by a server that was killed.
  rmSync(lockFile(state), { force: true });
}

/** The port of a socket, which workerd reports on its control pipe once it listens there. */
async function listening(pipe, socket) {
  let seen = "";
  for await (const chunk of pipe) {
    seen += chunk;
    const match = new RegExp(`"event":"listen","socket":"${socket}","port":(\\d+)`).exec(seen);
    if (match) {
      pipe.resume(); // nothing more is of interest, but a full pipe would block workerd
      return Number(match[1]);
    }
  }
  throw new Error("workerd closed its control pipe");
}

async function healthy(url) {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const status = await fetch(`${url}/healthz`).then((response) => response.status, () => 0);
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${url}/healthz answered ${status || "nothing"}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
