// The command behind `make demo`: plays a day of agents, shops, webstores and branches against a running instance, over HTTP and with
// the demonstration keys, so that the board has something true to show. From the environment come URL (http://localhost and
// PORT, 8787) and SEED (1): another seed is another day.
import { day } from "./demo/day.mjs";
import { history } from "./demo/history.mjs";
import { CannotPlay, Player } from "./demo/replay.mjs";
import { assortment } from "./demo/tables.mjs";

const url = (process.env.URL || `http://localhost:${process.env.PORT || 8787}`).replace(/\/+$/, "");
const seed = whole("SEED", 1);
const share = Number(process.env.SHARE || 1); // of a day; tests play less
const AT_ONCE = 4;
const REPORT = 500;

/** Fills the board. */
async function play() {
  await answers();
  const today = new Date();
  const player = new Player(url, `demo-${seed}-${today.getTime()}`);
  await reportHistory(player, today.getTime());
  const errands = day(assortment(), { seed, share });
  const bar = progress(`playing the day of seed ${seed}`, errands.length);
  const waiting = errands[Symbol.iterator]();
  const started = Date.now();
  const one = async () => {
    for (const errand of waiting) {
      await player.run(errand);
      bar.step();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  bar.end();
  const told = [...player.answers].sort(([one], [other]) => one - other);
  const requests = told.reduce((sum, [, count]) => sum + count, 0);
  console.log(`${errands.length} errands, ${requests.toLocaleString("en")} requests in ${((Date.now() - started) / 1_000).toFixed(0)} s. `
    + `Answers: ${told.map(([status, count]) => `${count} × ${status}`).join(", ")}.`);
  console.log(`\nThe board is at ${url}/kpi: the key is demo-admin. Quotes and tokens are on it after some five seconds.`);
}

/** Makes sure that there is an instance. */
async function answers() {
  try {
    const response = await fetch(`${url}/healthz`);
    const { status } = await response.json();
    if (status === "ok") return;
  } catch (error) {
    const refused = [error.cause?.code, ...(error.cause?.errors ?? []).map(({ code }) => code)].includes("ECONNREFUSED");
    const reason = refused ? "nothing listens there" : error.cause?.message ?? error.message;
    throw new CannotPlay(`There is no Holdfast at ${url}: ${reason}.\nStart one in another terminal with \`make run\` and wait until it says `
      + "where it answers; PORT=… or URL=… names another.");
  }
  throw new CannotPlay(`What answers at ${url} is not Holdfast.`);
}

/** Reports the weeks before today, unless the board has sales of them. */
async function reportHistory(player, today) {
  const ago = (days) => new Date(today - days * 86_400_000).toISOString().slice(0, 10);
  const { status, body } = await player.ask("GET", `/v1/kpi?from=${ago(83)}&to=${ago(1)}`, "admin");
  if (status !== 200) throw new CannotPlay(`GET /v1/kpi answered ${status}: ${body?.detail ?? ""}`);
  if (body.numbers.revenue_mix.length > 0) return;
  const events = history(seed, today);
  const bar = progress("reporting twelve weeks of sales and counts", events.length);
  for (let from = 0; from < events.length; from += REPORT) {
    const some = events.slice(from, from + REPORT);
    const { body } = await player.report("admin", some);
    const refused = body.results?.find(({ result }) => result !== "accepted");
    if (!body.results || refused) throw new CannotPlay(`A report was refused: ${JSON.stringify(refused ?? body).slice(0, 300)}`);
    bar.step(some.length);
  }
  bar.end();
}

/** A bar on a terminal, a line every tenth elsewhere. */
function progress(what, total) {
  const { stderr } = process;
  let done = 0, tenths = 0;
  const draw = () => {
    const width = Math.max(10, Math.min(40, (stderr.columns ?? 80) - what.length - 12));
    const full = Math.round((done / total) * width);
    stderr.write(`\r${what} ${"█".repeat(full)}${"░".repeat(width - full)} ${String(Math.floor((done / total) * 100)).padStart(3)} %`);
  };
  const step = (more = 1) => {
    done += more;
    if (stderr.isTTY) draw();
    else if (Math.floor((done / total) * 10) > tenths) {
      tenths = Math.floor((done / total) * 10);
      stderr.write(`${what}: ${tenths * 10} %\n`);
    }
  };
  return { step, end: () => { if (stderr.isTTY) stderr.write("\n"); } };
}

function whole(name, otherwise) {
  const value = Number(process.env[name] || otherwise);
  if (Number.isSafeInteger(value)) return value;
  console.error(`${name} is a whole number.`);
  process.exit(2);
}

try {
  await play();
} catch (error) {
  if (!(error instanceof CannotPlay)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
