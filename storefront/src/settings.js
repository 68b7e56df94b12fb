// What holds for the whole page: where to ask, with which key, where the shopper is, what they drive.

const script = document.querySelector(`script[src][data-key]`);
const own = script?.src === import.meta.url ? script : null;
const meta = (name) => document.querySelector(`meta[name="holdfast-${name}"]`)?.content;
const said = (name) => own?.dataset[name] ?? meta(name);

/** `lat,lon` in degrees, or null. */
function place(text) {
  const [lat, lon] = (text ?? "").split(",").map(Number);
  return text && Number.isFinite(lat) && Number.isFinite(lon) ? { lat, lon } : null;
}

const page = {
  // A copy that the shop has built into its own scripts has to be told.
  endpoint: said("endpoint") ?? (own ? new URL(own.src).origin : location.origin),
  key: said("key") ?? "",
  place: place(said("place")),
  vin: null,
  // Seconds between looks at what may have changed; 0: never.
  refresh: Number(said("refresh") ?? 15),
};
const listeners = new Set();

/** Changes what holds for the page: `endpoint`, `key`, `place` (`{ lat, lon }` or null), `vin`, `refresh` in seconds. */
export function configure(changes) {
  Object.assign(page, changes);
  for (const listener of listeners) listener();
}

/** Calls `listener` after each change, and when the page's language changes; returns how to stop. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

new MutationObserver(() => configure({})).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });

/** What holds for an element: what it says itself, else the page. */
export function settingsOf({ endpoint, key, lat, lon, vin }) {
  const at = Number.isFinite(lat) && Number.isFinite(lon) ? { lat, lon } : page.place;
  return { endpoint: endpoint || page.endpoint, key: key || page.key, place: at, vin: vin || page.vin || null, refresh: page.refresh };
}

/** The language that an element stands in. */
export const languageOf = (element) => element.closest("[lang]")?.lang || navigator.language || "en";
