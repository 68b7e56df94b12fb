// Fails when a dependency has a licence that deny.toml does not allow, or comes from somewhere else than the registry.
// Reads `cargo metadata` from standard input. It stands in for cargo-deny where that is not installed.
import { readFileSync } from "node:fs";
import { parse } from "smol-toml";

const ALLOWED = new Set(parse(readFileSync(new URL("../deny.toml", import.meta.url), "utf8")).licenses.allow);
const REGISTRY = "registry+https://github.com/rust-lang/crates.io-index";

/** Whether an SPDX expression can be satisfied by allowed licences alone. */
function allowed(expression) {
  const tokens = expression.replaceAll("/", " OR ").replace(/[()]/g, " $& ").trim().split(/\s+/);
  const or = () => { let ok = and(); while (tokens[0] === "OR") { tokens.shift(); ok = and() || ok; } return ok; };
  const and = () => { let ok = one(); while (tokens[0] === "AND") { tokens.shift(); ok = one() && ok; } return ok; };
  const one = () => {
    let token = tokens.shift();
    if (token === "(") { const ok = or(); tokens.shift(); return ok; }
    if (tokens[0] === "WITH") token += ` ${tokens.shift()} ${tokens.shift()}`;
    return ALLOWED.has(token);
  };
  return or();
}

const { packages } = JSON.parse(readFileSync(0, "utf8"));
const problems = [];
for (const { name, version, license, source } of packages) {
  if (license === null || !allowed(license)) problems.push(`${name} ${version}: licence ${license ?? "missing"}`);
  if (source !== null && source !== REGISTRY) problems.push(`${name} ${version}: from ${source}`);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${packages.length} packages, all from the registry under allowed licences`);
