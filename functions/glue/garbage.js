// Collects garbage while there is little of it. V8 counts the bytes of a Request or a Response in its own heap and not what workerd keeps
// for each, so it lets them pile up for seconds. Then it frees tens of thousands at once, and for 100 ms nobody is answered.
//
// Only where the runtime hands out its collector: on one machine (local/config.mjs). An isolate of the network has a small share
// of the load, and other limits.
const { gc } = globalThis;
const REQUESTS = 500;
const APART = 250; // milliseconds

let since = 0;
let last = 0;

/** Call it for each request: a collection takes 10 ms, for REQUESTS of them, and no more often than every APART ms. */
export function collect() {
  if (gc === undefined || ++since < REQUESTS || Date.now() - last < APART) return;
  since = 0;
  last = Date.now();
  gc();
}
