// One wasm instance serves the isolate, and a trap (a Rust panic, out of memory, stack overflow) leaves it unusable.
// Nothing of value lives in it: all truth is in SQLite and KV. So the next call gets a fresh instance.
import * as wasm from "../../build/wasm/functions.js";

export { wasm };

// `instanceId` counts the instances (kept by the `worker` crate).
const state = wasm.__worker_init_state();

/**
 * Call this before any other call into wasm. wasm-bindgen replaces a dead instance only inside a call, after it has
 * copied that call's arguments into the dead one's memory; a call without arguments makes it do so safely.
 * Returns the number of the live instance: an object built in another one must be built again.
 */
export function revive() {
  wasm.wake();
  return state.instanceId;
}

const waiting = new Set();

/**
 * The promise of a Rust future, which never settles if a trap kills the instance while it waits. So every trap
 * rejects all promises that wait on the instance: their callers get an error at once instead of a hung request.
 */
export function settle(promise) {
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    promise.then(resolve, reject).finally(() => waiting.delete(reject));
  });
}

function abandon(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return;
  for (const reject of waiting) reject(error);
  waiting.clear();
}
addEventListener("error", (event) => abandon(event.error));
addEventListener("unhandledrejection", (event) => abandon(event.reason));
