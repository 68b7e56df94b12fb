// Checks calibration tokens without asking about each: what a diagnostic tool or gateway does before it begins, and what
// it can do without a line. Needs Node.js 20 and the package `jose`. What it cannot know is in ../calibration.md.
import { inflateSync } from "node:zlib";
import { createLocalJWKSet, jwtVerify } from "jose";

const MAX_BYTES = 4_096;
/** How far the issuer's clock may be from ours, in seconds. */
const LEEWAY = 60;
/** For how long a copy of keys and lists does, in seconds: with a line, and without. */
const [FRESH, KEPT] = [300, 86_400];
const STATUSES = { 1: "token_revoked", 3: "already_redeemed" };

/**
 * A verifier of the tokens of `issuer`, such as `https://parts.example`: an address that you know, not the one that a token
 * names. Keep one verifier; it keeps copies of keys and lists.
 */
export function verifier({ issuer, audience = "calibration", fetch = globalThis.fetch }) {
  const pinned = { algorithms: ["EdDSA"], clockTolerance: LEEWAY };
  const copies = new Map();

  /** What `read` makes of the text at `url`: a copy while it is fresh, or while no newer one can be had. */
  async function copy(url, read) {
    const old = copies.get(url);
    const age = old ? Date.now() / 1_000 - old.at : Infinity;
    if (age < FRESH) return old.value;
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      const value = await read(await response.text());
      copies.set(url, { at: Date.now() / 1_000, value });
      return value;
    } catch (error) {
      if (age < KEPT) return old.value;
      throw error;
    }
  }

  async function signed(text, options) {
    const keys = await copy(`${issuer}/.well-known/jwks.json`, (text) => createLocalJWKSet(JSON.parse(text)));
    const named = (header, jws) => {
      if (Object.keys(header).sort().join() !== "alg,kid,typ") throw new Refused("invalid_signature", "an unknown header");
      return keys(header, jws);
    };
    return (await jwtVerify(text, named, { ...pinned, ...options })).payload;
  }

  /** The two bits of a list that say what became of a token: 0 nothing, 1 revoked, 3 used. */
  async function status({ idx, uri }) {
    if (!uri.startsWith(`${issuer}/v1/tokens/status/`)) throw new Refused("invalid_signature", "another issuer's list");
    const bits = await copy(uri, async (jwt) => {
      const { status_list } = await signed(jwt, { typ: "statuslist+jwt", subject: uri, requiredClaims: ["exp"] });
      return inflateSync(Buffer.from(status_list.lst, "base64url"));
    });
    return (bits[idx >> 2] >> (2 * (idx & 3))) & 3;
  }

  /**
   * What `token` says, if it counts now for the vehicle `vin` and the tool `tool`. Otherwise throws a `Refused` whose `code`
   * is the one that the API would answer, or any other error if there is no telling: then do not begin.
   */
  return async function check(token, { vin, tool }) {
    if (token.length > MAX_BYTES) throw new Refused("invalid_signature", "longer than any token");
    const required = ["jti", "sub", "iat", "nbf", "exp"];
    const claims = await signed(token, { typ: "calibration+jwt", issuer, audience, requiredClaims: required }).catch(refuse);
    if (claims.max_uses !== 1) throw new Refused("invalid_signature", "not for one use");
    if (claims.vin !== vin || claims.tool !== tool) throw new Refused("scope_mismatch", "another vehicle's or tool's");
    const ended = STATUSES[await status(claims.status.status_list)];
    if (ended) throw new Refused(ended, "by the status list");
    return claims;
  };
}

export class Refused extends Error {
  constructor(code, detail) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

/** jose's errors in the words of the API; what is no verdict on the token is left as it is. */
function refuse(error) {
  if (!error.code?.startsWith("ERR_J")) throw error;
  const timely = { ERR_JWT_EXPIRED: "token_expired" }[error.code];
  const scoped = { nbf: "token_not_yet_valid", aud: "scope_mismatch" }[error.claim];
  throw new Refused(timely ?? scoped ?? "invalid_signature", error.message);
}
