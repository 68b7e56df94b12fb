// The conformance build: the product's wasm and JavaScript, with fixtures.js around functions/glue/mcp.js.
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../local/config.mjs";

/** Builds into a folder, from build/; answers the description of a deployment that is for `startServer`. */
export function buildFixtures(folder) {
  const build = join(ROOT, "build");
  for (const name of ["wasm", "functions_bg.wasm", "assets"]) cpSync(join(build, name), join(folder, "build", name), { recursive: true });
  const snippets = join(folder, "build/wasm/snippets");
  const glue = join(snippets, readdirSync(snippets).find((name) => name.startsWith("functions-")), "glue");
  renameSync(join(glue, "mcp.js"), join(glue, "product.js"));
  cpSync(join(ROOT, "tests/conformance/fixtures.js"), join(glue, "mcp.js"));
  execFileSync(join(ROOT, "node_modules/.bin/esbuild"), [
    join(ROOT, "functions/entry.js"), "--bundle", "--format=esm", `--outfile=${join(folder, "build/index.js")}`, "--log-level=warning",
    "--external:cloudflare:*", "--external:./functions_bg.wasm", `--alias:holdfast-wasm=${join(folder, "build/wasm/functions.js")}`,
  ], { cwd: ROOT, stdio: "inherit" });
  const wrangler = join(folder, "wrangler.toml");
  writeFileSync(wrangler, readFileSync(join(ROOT, "wrangler.toml")));
  return wrangler;
}
