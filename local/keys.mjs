// The secrets of a server on this machine: made at its first start, kept in its state folder, and nowhere else.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The ring that tokens are signed with: a private JWK set (RFC 8037). `kv-seed keys rotate <state>/token-keys.json` puts
 * the next key into it.
 */
export function keyRing(state) {
  return kept(join(state, "token-keys.json"), () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const { kty, crv, x, d } = privateKey.export({ format: "jwk" });
    return JSON.stringify({ keys: [{ kty, crv, x, d }] });
  });
}

/** The keys that credentials of providers are sealed with, commas between them; the first seals. */
export function credentialKey(state) {
  return kept(join(state, "credential-key"), () => randomBytes(32).toString("base64url"));
}

/** The text of a file that only its owner may read; `make` says what is in a new one. */
function kept(path, make) {
  if (!existsSync(path)) {
    // Under its name only when it is whole.
    writeFileSync(`${path}.new`, `${make()}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path, "utf8").trim();
}
