// Turns wrangler.toml into the config.capnp that `workerd serve` reads, so that a deployment is described once.
import { mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

// Parts of wrangler.toml that mean something here, or that only the network needs. Anything else is refused: a binding
// that is silently absent is a long search.
const KNOWN = ["name", "main", "compatibility_date", "compatibility_flags", "workers_dev", "build", "kv_namespaces",
  "durable_objects", "migrations", "queues", "assets", "vars", "env", "observability", "limits", "routes", "triggers"];

/** The folder in the state folder where processes meet. */
export const SOCKETS = "sockets";

// What has a process of its own, if there are two, since workerd has one thread for all that it does: the objects that are asked for
// quotes, and the queue with the objects that its events go to.
const APART = ["StockShard", "QuoteDesk", "Depot", "EventLog", "KpiBoard", "queue"];

/**
 * Writes `<state>/config.capnp`. `vars` go on top of those of wrangler.toml. Each of `secrets` is the name of a binding whose
 * value workerd takes from its environment: the file has the name only. `reach`: what the Worker may call beside public addresses;
 * `["local"]` is this machine. `processes`: one, or two where there are objects that can be apart.
 *
 * Returns the file's path, and the names that it has for the processes: `edge`, which answers requests, and perhaps `stock`.
 */
export function writeConfig({ state, vars = {}, secrets = [], reach = [], processes = 1, wrangler = join(ROOT, "wrangler.toml") }) {
  if (processes !== 1 && processes !== 2) throw new Error("a server has 1 or 2 processes");
  const description = parse(readFileSync(wrangler, "utf8"));
  for (const key of Object.keys(description)) {
    if (!KNOWN.includes(key)) throw new Error(`${wrangler}: local/config.mjs does not know "${key}" yet`);
  }
  mkdirSync(join(state, "objects"), { recursive: true });
  const path = join(realpathSync(state), "config.capnp");
  const words = wordsFor(dirname(path), description.compatibility_date);
  const worker = theWorker(description, words, { folder: dirname(wrangler), vars });
  const isApart = ({ class_name, kind }) => APART.includes(class_name ?? kind);
  const two = processes === 2 && worker.objects.some(isApart);
  const texts = [part("edge", two && "stock", (thing) => !two || !isApart(thing), worker, words, { secrets, reach })];
  if (two) texts.push(part("stock", "edge", isApart, worker, words, { secrets: [], reach: [] }));
  writeFileSync(path, `# Written by local/config.mjs from wrangler.toml at each start. Changes made here are lost.
using Workerd = import "/workerd/workerd.capnp";
${texts.flat().join("")}`);
  return { path, processes: two ? ["edge", "stock"] : ["edge"] };
}

/** What wrangler.toml, which is in `folder`, says of the Worker. */
function theWorker(description, { embed }, { folder, vars }) {
  const main = resolve(folder, description.main);
  const build = realpathSync(dirname(main));
  const wasm = readdirSync(build).filter((name) => name.endsWith(".wasm"));
  const serves = (service, props) => `(name = ${text(service)}, props = (json = ${text(JSON.stringify(props))}))`;
  return {
    modules: [
      named("index.js", `esModule = ${embed(main)}`),
      ...wasm.map((file) => named(`./${file}`, `wasm = ${embed(join(build, file))}`)),
    ],
    flags: description.compatibility_flags,
    values: Object.entries({ ...description.vars, ...vars }).map(([name, value]) => named(name, `text = ${text(String(value))}`)),
    objects: description.durable_objects?.bindings ?? [],
    // The bindings that a service is behind, for all of a kind the same one.
    served: [
      ...(description.kv_namespaces ?? []).map(({ binding }) => ({ binding, kind: "kvNamespace", service: serves("Kv", { namespace: binding }) })),
      ...(description.queues?.producers ?? []).map(({ binding, queue }) => ({ binding, kind: "queue", service: serves("Queues", { queue }) })),
    ],
    consumers: Object.fromEntries((description.queues?.consumers ?? []).map(({ queue, ...settings }) => [queue, settings])),
    assets: description.assets && { binding: description.assets.binding, folder: resolve(folder, description.assets.directory) },
  };
}

/** A process with what `isHere`. The rest is in the `other` one: its objects are asked by relay.js and door.js, its services by a socket for each. */
function part(name, other, isHere, { served, consumers, assets, objects, values, ...worker }, words, { secrets, reach }) {
  const [near, far] = [objects.filter(isHere), objects.filter((object) => !isHere(object))];
  const [ours, theirs] = [served.filter(isHere), served.filter((binding) => !isHere(binding))];
  const bindings = [
    ...values,
    ...secrets.map((name) => named(name, `fromEnvironment = ${text(name)}`)),
    ...ours.map(({ binding, kind, service }) => named(binding, `${kind} = ${service}`)),
    ...theirs.map(({ binding, kind }) => named(binding, `${kind} = ${text(binding)}`)),
  ];
  const services = [
    named("main", `worker = .${name}Main`), named("objects", 'disk = (path = "set on the command line", writable = true)'),
    ...theirs.map(({ binding }) => named(binding, `external = (address = ${address(binding)}, http = ())`)),
  ];
  const sockets = [];
  if (name === "edge") {
    services.push(named("internet", `network = (allow = ${list(["public", ...reach].map(text))}, tlsOptions = (trustBrowserCas = true))`));
    sockets.push(named("http", 'http = (), service = "main"'));
  }
  const workers = [];
  const runs = (service, worker) => {
    services.push(named(service, `worker = .${name}${service}`));
    workers.push(worker(`${name}${service}`));
  };

  if (ours.some(({ kind }) => kind === "kvNamespace")) {
    runs("Kv", (name) => words.own(name, ["local/kv.js"], {
      bindings: [namespace("NAMESPACES", "KvNamespace")],
      classes: ['(className = "KvNamespace", uniqueKey = "kv", enableSql = true, preventEviction = true)'],
    }));
  }
  if (ours.some(({ kind }) => kind === "queue")) {
    runs("Queues", (name) => words.own(name, ["local/queue.js"], {
      // Lets a service binding call a `queue` handler. Experimental, and therefore needs --experimental on the command line.
      flags: ["service_binding_extra_handlers"],
      bindings: [namespace("QUEUES", "Queue"), named("CONSUMER", 'service = "main"'), named("SETTINGS", `json = ${text(JSON.stringify(consumers))}`)],
      classes: [stored("Queue", "queue")],
    }));
  }
  if (assets && name === "edge") {
    bindings.push(named(assets.binding, 'service = "Assets"'));
    services.push(named("files", `disk = (path = ${text(assets.folder)})`));
    runs("Assets", (name) => words.own(name, ["local/assets.js"], { bindings: [named("FILES", 'service = "files"')] }));
  }
  if (other) {
    const rpc = 'http = (capnpConnectHost = "objects")';
    services.push(named("other", `external = (address = ${address(other)}, ${rpc})`));
    sockets.push(
      named(name, `address = ${address(name)}, ${rpc}, service = "Door"`),
      ...ours.map(({ binding, service }) => named(binding, `address = ${address(binding)}, http = (), service = ${service}`)),
    );
    runs("Door", (name) => words.own(name, ["local/door.js"], { bindings: near.map(({ name, class_name }) => namespace(name, class_name, "main")) }));
  }
  for (const { name, class_name } of far) {
    runs(`Relay${class_name}`, (worker) => words.own(worker, ["local/relay.js", "functions/glue/courier.js"], {
      bindings: [named("NAMESPACE", `text = ${text(name)}`), named("DOOR", 'service = "other"')],
      classes: [stored("Relay", `relay${class_name}`)],
      storage: "inMemory = void",
    }));
  }
  return [
    runtime(name, { services, sockets }),
    words.worker(`${name}Main`, {
      ...worker,
      bindings: [
        ...bindings,
        ...near.map(({ name, class_name }) => namespace(name, class_name)),
        ...far.map(({ name, class_name }) => namespace(name, "Relay", `Relay${class_name}`)),
      ],
      classes: [...new Set(near.map(({ class_name }) => class_name))].map((name) => stored(name)),
    }),
    ...workers,
  ];
}

/** A process. Its Workers may collect garbage themselves (functions/glue/garbage.js). */
const runtime = (name, { services, sockets }) => `
const ${name} :Workerd.Config = (
  v8Flags = ["--expose-gc", "--wasm-tiering-budget=1000000"],
  services = ${list(services)},
  sockets = ${list(sockets)},
);
`;

/** How a file in the folder `from` speaks of Workers: any, and those of this project's own files. */
function wordsFor(from, date) {
  const embed = (file) => `embed ${text(relative(from, file))}`;
  const worker = (name, { modules, flags = [], bindings = [], classes = [], storage = 'localDisk = "objects"' }) => `
const ${name} :Workerd.Worker = (
  compatibilityDate = ${text(date)},
  compatibilityFlags = ${list(flags.map(text))},
  modules = ${list(modules)},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(classes)},
  durableObjectStorage = (${classes.length > 0 ? storage : "none = void"}),
);
`;
  const own = (name, files, rest) => worker(name, { modules: files.map((file) => named(basename(file), `esModule = ${embed(join(ROOT, file))}`)), ...rest });
  return { embed, worker, own };
}

/** A Cap'n Proto string literal. */
const text = (value) => JSON.stringify(value);
const list = (items) => `[${items.map((item) => `\n    ${item}`).join(",")}]`;
const named = (name, value) => `(name = ${text(name)}, ${value})`;
const namespace = (name, of, at) => named(name, `durableObjectNamespace = (className = ${text(of)}${at ? `, serviceName = ${text(at)}` : ""})`);
const stored = (name, key = name) => `(className = ${text(name)}, uniqueKey = ${text(key)}, enableSql = true)`;
/** A socket where the processes meet, named from the folder that they run in. */
const address = (name) => text(`unix:${SOCKETS}/${name}`);
