// Fails when a dependency has a licence not listed here, or comes from somewhere else than the registry. Reads
// `cargo metadata` from standard input. (`cargo deny` does this and more, but takes longer to compile than all the other
// checks together, and its advisories need a network that CI may not have.)
import { readFileSync } from "node:fs";

const ALLOWED = new Set(["0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
  "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib"]);
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
