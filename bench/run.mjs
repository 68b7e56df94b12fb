// `make bench`: each section measures the same work on Holdfast and on its peers, in one run and in turns, so that what
// else the machine does falls on all of them. ONLY=<section> runs one of them. QUICK=1 is a smoke run: small data, short,
// nothing written.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT } from "../local/config.mjs";
import { kpi } from "./kpi.mjs";
import { live } from "./live.mjs";
import { needWrk } from "./load.mjs";
import { quotes } from "./quotes.mjs";
import { reads } from "./reads.mjs";
import { tokens } from "./tokens.mjs";

const SECTIONS = { reads, quotes, tokens, kpi, live };
const RESULTS = join(ROOT, "bench/RESULTS.md");

const say = (text) => console.error(`\x1b[1mbench:\x1b[0m ${text}`);

const { ONLY, QUICK } = process.env;
if (ONLY && !SECTIONS[ONLY]) throw new Error(`ONLY is one of ${Object.keys(SECTIONS).join(", ")}`);
needWrk(say);
for (const [name, section] of Object.entries(SECTIONS)) {
  if (ONLY && name !== ONLY) continue;
  const text = stamped(await section(say));
  console.log(text);
  if (QUICK !== "1") writeFileSync(RESULTS, withSection(text));
}

/** A section with what it was run on under its heading. */
function stamped(text) {
  const system = execFileSync("uname", ["-sr"], { encoding: "utf8" }).trim();
  const commit = execFileSync("git", ["describe", "--always", "--dirty", "--exclude=*"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} cores (${cpus()[0].model}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${system}`;
  const run = `${new Date().toISOString().slice(0, 10)}, \`make bench\`, commit ${commit}. ${machine}.`;
  return text.replace("\n\n", `\n\n${run}\nLoad generator and servers share the cores. How and why: bench/README.md.\n`);
}

/** RESULTS.md with this section in the place of its last run. */
function withSection(text) {
  const old = existsSync(RESULTS) ? readFileSync(RESULTS, "utf8").split(/^(?=# )/m) : [];
  const heading = (section) => section.split("\n", 1)[0];
  const all = new Map(old.map((section) => [heading(section), section.trimEnd()]));
  all.set(heading(text), text.trimEnd());
  return `${[...all.values()].join("\n\n")}\n`;
}
