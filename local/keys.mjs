// The key ring that a server on this machine signs tokens with: made at its first start, kept in its state folder, and
// nowhere else. `kv-seed keys rotate <state>/token-keys.json` puts the next key into it.
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The text of the ring in the folder `state`: a private JWK set (RFC 8037). Makes one if there is none. */
export function keyRing(state) {
  const path = join(state, "token-keys.json");
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    const { kty, crv, x, d } = privateKey.export({ format: "jwk" });
    // Under its name only when it is whole.
    writeFileSync(`${path}.new`, `${JSON.stringify({ keys: [{ kty, crv, x, d }] })}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path, "utf8");
}
