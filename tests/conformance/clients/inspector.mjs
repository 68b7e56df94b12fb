// The inspector's command line, one process a call: `legacy` or `modern`.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { story } from "./story.mjs";

const { PROGRAMS, URL: url, KEY } = process.env;
const [era] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "holdfast-inspector-"));

async function inspect(...args) {
  const common = ["--cli", url, "--transport", "http", "--protocol-era", era, "--header", `Authorization: Bearer ${KEY}`, "--format", "json"];
  const program = join(PROGRAMS, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js");
  const options = { env: { ...process.env, HOME: home }, maxBuffer: 1 << 24 };
  const ran = await promisify(execFile)(process.execPath, [program, ...common, ...args], options).catch((error) => error);
  const text = ran.stdout.slice(ran.stdout.indexOf("{"));
  if (!text.startsWith("{")) throw new Error(`${args.join(" ")}: ${ran.stderr || ran.message}`);
  const answer = JSON.parse(text);
  return answer.result ?? answer;
}

try {
  await story({
    list: async () => (await inspect("--method", "tools/list", "--strict")).tools,
    call: (name, args) => inspect("--method", "tools/call", "--tool-name", name,
      ...Object.entries(args).flatMap(([key, value]) => ["--tool-arg", `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`])),
  });
} finally {
  rmSync(home, { recursive: true, force: true });
}
