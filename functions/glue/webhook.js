// Requests to a webhook's endpoint. What is sent, and what the answers mean, Rust says.
import { post } from "./provider.js";

/**
 * Posts all requests at once: four lines of `requests` each, id, seconds, signature and body. Answers a line for each,
 * "<status> <1 if none came within `timeout` milliseconds> <began> <took>"; the status is 0 where there was none.
 */
export async function deliver(url, requests, timeout) {
  const lines = requests.split("\n");
  const tries = [];
  for (let i = 0; i + 3 < lines.length; i += 4) tries.push(attempt(url, lines.slice(i, i + 4), timeout));
  return (await Promise.all(tries)).join("\n");
}

async function attempt(url, request, timeout) {
  const began = Date.now();
  const told = (status, late) => `${status} ${late} ${began} ${Date.now() - began}`;
  try {
    const response = await post(url, ...request, timeout);
    // What it says is of no interest, and may be endless.
    await response.body?.cancel();
    return told(response.status, 0);
  } catch (error) {
    return told(0, error?.name === "TimeoutError" ? 1 : 0);
  }
}

/** A new secret: `whsec_` and 32 random bytes in base64. */
export const newSecret = () => `whsec_${crypto.getRandomValues(new Uint8Array(32)).toBase64()}`;
