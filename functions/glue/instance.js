// One wasm instance serves the isolate, and a trap (a Rust panic, out of memory, stack overflow) leaves it unusable.
// Nothing of value lives in it: all truth is in SQLite and KV. So the next call gets a fresh instance.
import * as wasm from "holdfast-wasm"; // what wasm-bindgen wrote; scripts/build.sh says where

export { wasm };

// Futures go on in microtasks. For each that workerd is asked for it makes a function and V8 a shape, in a space that only a full
// collection clears; a promise that is settled does the same without.
globalThis.queueMicrotask = (work) => void Promise.resolve().then(work);

// `instanceId` counts the instances (kept by the `worker` crate).
const state = wasm.__worker_init_state();

let current = state.instanceId;
const waiting = new Set();

/**
 * Call this before any other call into wasm, and after one that threw. wasm-bindgen replaces a dead instance only
 * inside a call, after it has copied that call's arguments into the dead one's memory; a call without arguments makes
 * it do so safely. Returns the number of the live instance: an object built in another one must be built again.
 */
export function revive() {
  wasm.wake();
  if (state.instanceId !== current) {
    current = state.instanceId;
    const lost = new Error("the wasm instance was replaced after a trap");
    for (const reject of waiting) reject(lost);
    waiting.clear();
  }
  return current;
}

/**
 * The promise of a Rust future. By itself it would never settle once a trap, be it another request's, has taken the
 * instance it waits in; so replacing the instance rejects it, and its caller gets an answer at once.
 */
export function settle(promise) {
  return new Promise((resolve, reject) => {
    waiting.add(reject);
    promise.then(resolve, reject).finally(() => waiting.delete(reject));
  });
}

// Traps in the continuation of a future have no caller that could catch them.
addEventListener("error", revive);
addEventListener("unhandledrejection", revive);
