// How long a fresh isolate takes to its first answer, and what of that is wasm.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { ROOT, writeConfig } from "../local/config.mjs";

/** Milliseconds from the start of a workerd process to its first answer. */
export async function firstAnswer(state, wrangler) {
  const command = ["serve", writeConfig({ state, wrangler }).path, "--socket-addr=http=127.0.0.1:0",
    `--directory-path=objects=${join(state, "objects")}`, "--control-fd=3"];
  const start = performance.now();
  const child = spawn(join(ROOT, "node_modules/.bin/workerd"), command, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  let seen = "";
  for await (const chunk of child.stdio[3]) {
    seen += chunk;
    const port = /"socket":"http","port":(\d+)/.exec(seen)?.[1];
    if (port) {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
      await answer.text();
      if (answer.status !== 200) throw new Error(`/healthz: ${answer.status}`);
      break;
    }
  }
  const taken = performance.now() - start;
  child.kill("SIGKILL");
  await once(child, "exit");
  return taken;
}

/** Size in bytes, raw and as `gzip -9` makes it; milliseconds to compile and to instantiate in this process' V8. */
export function wasm() {
  const bytes = readFileSync(join(ROOT, "build/functions_bg.wasm"));
  const start = performance.now();
  const module = new WebAssembly.Module(bytes);
  const compiled = performance.now();
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = kind === "tag" ? new WebAssembly.Tag({ parameters: ["externref"] }) : () => 0;
  }
  new WebAssembly.Instance(module, imports);
  return { raw: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length, compile: compiled - start, instantiate: performance.now() - compiled };
}
