// Turns wrangler.toml into the config.capnp that `workerd serve` reads, so that a deployment is described once.
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

// Parts of wrangler.toml that mean something here, or that only the network needs. Anything else is refused: a binding
// that is silently absent is a long search.
const KNOWN = ["name", "main", "compatibility_date", "compatibility_flags", "workers_dev", "build", "kv_namespaces",
  "durable_objects", "migrations", "queues", "assets", "vars", "env", "observability", "limits", "routes", "triggers"];

/**
 * Writes `<state>/config.capnp` and returns its path. `vars` go on top of those of wrangler.toml. Each of `secrets` is the
 * name of a binding whose value workerd takes from its environment: the file has the name only. `reach`: what the Worker
 * may call beside public addresses; `["local"]` is this machine.
 */
export function writeConfig({ state, vars = {}, secrets = [], reach = [], wrangler = join(ROOT, "wrangler.toml") }) {
  const description = parse(readFileSync(wrangler, "utf8"));
  for (const key of Object.keys(description)) {
    if (!KNOWN.includes(key)) throw new Error(`${wrangler}: local/config.mjs does not know "${key}" yet`);
  }
  mkdirSync(join(state, "objects"), { recursive: true });
  const path = join(realpathSync(state), "config.capnp");
  const main = resolve(dirname(wrangler), description.main);
  const assets = description.assets && resolve(dirname(wrangler), description.assets.directory);
  writeFileSync(path, capnp(description, { main, assets, from: dirname(path), vars, secrets, reach }));
  return path;
}

function capnp(description, { main, assets, from, vars, secrets, reach }) {
  const build = realpathSync(dirname(main));
  const embed = (file) => `embed ${text(relative(from, file))}`;
  const modules = [`(name = "index.js", esModule = ${embed(main)})`];
  for (const file of readdirSync(build).filter((name) => name.endsWith(".wasm"))) {
    modules.push(`(name = ${text(`./${file}`)}, wasm = ${embed(join(build, file))})`);
  }
  const bindings = Object.entries({ ...description.vars, ...vars })
    .map(([name, value]) => `(name = ${text(name)}, text = ${text(String(value))})`);
  for (const name of secrets) bindings.push(`(name = ${text(name)}, fromEnvironment = ${text(name)})`);
  for (const { binding } of description.kv_namespaces ?? []) {
    const props = text(JSON.stringify({ namespace: binding }));
    bindings.push(`(name = ${text(binding)}, kvNamespace = (name = "kv", props = (json = ${props})))`);
  }
  for (const { binding, queue } of description.queues?.producers ?? []) {
    const props = text(JSON.stringify({ queue }));
    bindings.push(`(name = ${text(binding)}, queue = (name = "queues", props = (json = ${props})))`);
  }
  if (assets) bindings.push(`(name = ${text(description.assets.binding)}, service = "assets")`);
  const consumers = (description.queues?.consumers ?? []).map(({ queue, ...settings }) => [queue, settings]);
  const objects = description.durable_objects?.bindings ?? [];
  for (const { name, class_name } of objects) {
    bindings.push(`(name = ${text(name)}, durableObjectNamespace = ${text(class_name)})`);
  }
  const classes = [...new Set(objects.map((object) => object.class_name))]
    .map((name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`);
  const services = ["main", "kv", "queues"].map((name) => `(name = ${text(name)}, worker = .${name})`);
  const allowed = list(["public", ...reach].map(text));
  services.push(`(name = "internet", network = (allow = ${allowed}, tlsOptions = (trustBrowserCas = true)))`);
  services.push('(name = "objects", disk = (path = "set on the command line", writable = true))');
  if (assets) services.push('(name = "assets", worker = .assets)', `(name = "files", disk = (path = ${text(assets)}))`);
  const flags = (description.compatibility_flags ?? []).map(text).join(", ");

  return `# Written by local/config.mjs from wrangler.toml at each start. Changes made here are lost.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = [(name = "http", http = (), service = "main")],
);

const main :Workerd.Worker = (
  compatibilityDate = ${text(description.compatibility_date)},
  compatibilityFlags = [${flags}],
  modules = ${list(modules)},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(classes)},
  durableObjectStorage = (localDisk = "objects"),
);

const kv :Workerd.Worker = (
  compatibilityDate = ${text(description.compatibility_date)},
  modules = [(name = "kv.js", esModule = ${embed(join(ROOT, "local/kv.js"))})],
  bindings = [(name = "NAMESPACES", durableObjectNamespace = "KvNamespace")],
  durableObjectNamespaces = [(className = "KvNamespace", uniqueKey = "kv", enableSql = true, preventEviction = true)],
  durableObjectStorage = (localDisk = "objects"),
);

const assets :Workerd.Worker = (
  compatibilityDate = ${text(description.compatibility_date)},
  modules = [(name = "assets.js", esModule = ${embed(join(ROOT, "local/assets.js"))})],
  bindings = [(name = "FILES", service = "files")],
);

const queues :Workerd.Worker = (
  compatibilityDate = ${text(description.compatibility_date)},
  # Lets a service binding call a \`queue\` handler. Experimental, and therefore needs --experimental on the command line.
  compatibilityFlags = ["service_binding_extra_handlers"],
  modules = [(name = "queue.js", esModule = ${embed(join(ROOT, "local/queue.js"))})],
  bindings = [
    (name = "QUEUES", durableObjectNamespace = "Queue"),
    (name = "CONSUMER", service = "main"),
    (name = "SETTINGS", json = ${text(JSON.stringify(Object.fromEntries(consumers)))}),
  ],
  durableObjectNamespaces = [(className = "Queue", uniqueKey = "queue", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

/** A Cap'n Proto string literal. */
function text(value) {
  return JSON.stringify(value);
}

const list = (items) => `[${items.map((item) => `\n    ${item}`).join(",")}]`;
