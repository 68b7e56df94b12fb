// Credentials of providers at rest: AES-256-GCM with a fresh nonce, bound to the token they go with. Texts in and out;
// bytes are base64url. What a sealed text looks like as a whole is told in src/token/credential.rs.

const NONCE = 12; // bytes
const BASE64URL = { alphabet: "base64url", omitPadding: true };

const keyOf = (key) =>
  crypto.subtle.importKey("raw", Uint8Array.fromBase64(key, BASE64URL), "AES-GCM", false, ["encrypt", "decrypt"]);
const cipher = (iv, token) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(token) });

export async function seal(key, token, text) {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const sealed = await crypto.subtle.encrypt(cipher(iv, token), await keyOf(key), new TextEncoder().encode(text));
  return iv.toBase64(BASE64URL) + new Uint8Array(sealed).toBase64(BASE64URL); // 12 bytes leave no digit over
}

/** The text; rejects what was not sealed with this key for this token. */
export async function open(key, token, sealed) {
  const bytes = Uint8Array.fromBase64(sealed, BASE64URL);
  const text = await crypto.subtle.decrypt(cipher(bytes.subarray(0, NONCE), token), await keyOf(key), bytes.subarray(NONCE));
  return new TextDecoder().decode(text);
}
