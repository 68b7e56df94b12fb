// Asks about all parts of a page together, and keeps the answers current: by the stream where the server offers one, else
// by looking again with If-None-Match. What fails is tried again when the server says; until then the last answer stands.
import { events } from "./stream.js";

/** The most skus of one request. */
export const MOST_SKUS = 50;
const LONGEST_WAIT_MS = 60_000;

/** Why the server refuses, so that asking again is no use. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `the server answered ${status}`);
    Object.assign(this, { status, code: problem?.code ?? "unknown" });
  }
}

/** The server or the network cannot answer now. */
class Later extends Error {
  constructor(afterMs) {
    super("not now");
    this.afterMs = afterMs;
  }
}

/** Seconds or a date, in milliseconds from now; null where there is none. */
export function retryAfter(header, now = Date.now()) {
  if (!header) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(ms, 0) : null;
}

const sources = new Map();

/** The one source of these settings. */
export function sourceOf(settings) {
  const name = JSON.stringify(settings);
  if (!sources.has(name)) sources.set(name, new Availability(settings));
  return sources.get(name);
}

/** What one key may know, seen from one place with one vehicle. */
export class Availability {
  #settings;
  #watched = new Map(); // sku → callbacks
  #answers = new Map(); // sku → what they were told last
  #kept = new Map(); // query → { etag, body }
  #current = 0; // when all of it was so
  #timer = null;
  #due = 0;
  #failures = 0;
  #looking = false;
  #stream = null;
  #streamAfter = 0;

  /** `endpoint`, `key`, `place`, `vin`, `refresh` in seconds. */
  constructor(settings) {
    this.#settings = settings;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.#again()));
  }

  /**
   * Tells `onAnswer` of each of `skus` as soon as it is known and whenever it changes: `{ item, vehicle, stale }`, with
   * the time `at` which it was so where it is stale, or `{ error }` if there is no answer. Returns how to stop.
   */
  watch(skus, onAnswer) {
    for (const sku of skus) {
      if (!this.#watched.has(sku)) this.#watched.set(sku, new Set());
      this.#watched.get(sku).add(onAnswer);
      const known = this.#answers.get(sku);
      if (known) queueMicrotask(() => this.#watched.get(sku)?.has(onAnswer) && onAnswer(known));
    }
    this.#endStream();
    // After this task, in which the other elements of the page make themselves known; or when a pause is over.
    this.#lookIn(this.#failures ? Math.max(this.#due - Date.now(), 0) : 0);
    return () => {
      for (const sku of skus) {
        const callbacks = this.#watched.get(sku);
        callbacks?.delete(onAnswer);
        if (callbacks?.size === 0) {
          this.#watched.delete(sku);
          this.#answers.delete(sku);
        }
      }
      if (this.#watched.size === 0) this.#rest();
    };
  }

  /** The vehicle, the part types known for it and, of one type, the parts that fit. */
  fitting(partType) {
    return this.#get(this.#query([], partType));
  }

  #query(skus, partType) {
    const { place, vin } = this.#settings;
    const query = new URLSearchParams(skus.map((sku) => ["sku", sku]));
    if (place) query.append("lat", place.lat), query.append("lon", place.lon);
    if (vin) query.append("vin", vin);
    if (partType) query.append("part_type", partType);
    return query.toString();
  }

  async #fetch(path, options = {}) {
    const { endpoint, key } = this.#settings;
    const headers = { authorization: `Bearer ${key}`, ...options.headers };
    const response = await fetch(endpoint.replace(/\/+$/, "") + path, { ...options, headers, credentials: "omit" })
      .catch((error) => { throw options.signal?.aborted ? error : new Later(null); });
    if (response.ok || response.status === 304) return response;
    if (response.status === 429 || response.status >= 500) throw new Later(retryAfter(response.headers.get("retry-after")));
    throw new Refused(response.status, await response.json().catch(() => null));
  }

  async #get(query) {
    const known = this.#kept.get(query);
    const response = await this.#fetch(`/v1/availability?${query}`, { headers: known ? { "if-none-match": known.etag } : {} });
    if (response.status === 304) return known.body;
    const body = await response.json().catch(() => { throw new Later(null); });
    this.#kept.set(query, { etag: response.headers.get("etag") ?? "", body });
    return body;
  }

  #lookIn(ms) {
    clearTimeout(this.#timer);
    this.#due = Date.now() + ms;
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  /** Asks about every part, then waits as long as it should. */
  async #look() {
    if (this.#looking) return this.#lookIn(50);
    if (this.#watched.size === 0) return;
    this.#looking = true;
    const skus = [...this.#watched.keys()].sort();
    const parts = [];
    while (skus.length > 0) parts.push(skus.splice(0, MOST_SKUS));
    const outcomes = await Promise.all(parts.map((part) => this.#ask(part).then(() => null, (error) => error)));
    this.#looking = false;
    const later = outcomes.filter((error) => error instanceof Later);
    if (later.length > 0) {
      const backoff = Math.min(1_000 * 2 ** this.#failures++, LONGEST_WAIT_MS);
      this.#lookIn(Math.max(...later.map(({ afterMs }) => afterMs ?? backoff * (1 + Math.random()) / 2)));
    } else {
      this.#failures = 0;
      if (!outcomes.some(Boolean)) this.#follow();
    }
  }

  async #ask(skus) {
    try {
      const { items, vehicle } = await this.#get(this.#query(skus));
      this.#kept.size > 2 * MOST_SKUS && this.#kept.clear();
      this.#current = Date.now();
      for (const item of items) this.#tell(item.sku, { item, vehicle, stale: false });
    } catch (error) {
      for (const sku of skus) {
        const known = this.#answers.get(sku);
        this.#tell(sku, known?.item ? { ...known, stale: true, at: this.#current } : { error });
      }
      throw error;
    }
  }

  #tell(sku, answer) {
    const known = this.#answers.get(sku);
    const callbacks = this.#watched.get(sku);
    if (!callbacks || known && JSON.stringify(known) === JSON.stringify(answer)) return;
    this.#answers.set(sku, answer);
    for (const callback of callbacks) callback(answer);
  }

  /** Waits for news: of the stream, if there is one, else by looking again. */
  #follow() {
    const { refresh } = this.#settings;
    if (!refresh || document.hidden) return;
    const streams = Date.now() >= this.#streamAfter && this.#watched.size <= MOST_SKUS;
    if (streams) this.#listen(); else this.#lookIn(refresh * 1_000);
  }

  async #listen() {
    const { place, refresh } = this.#settings;
    const stream = this.#stream = new AbortController();
    const query = new URLSearchParams([...this.#watched.keys()].sort().map((sku) => ["sku", sku]));
    if (place) query.append("lat", place.lat), query.append("lon", place.lon);
    let pause = refresh * 1_000;
    try {
      const options = { headers: { accept: "text/event-stream" }, signal: stream.signal };
      const response = await this.#fetch(`/v1/availability/stream?${query}`, options);
      if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw new Refused(response.status, null);
      for await (const { event, data } of events(response.body)) {
        if (event === "availability") this.#news(JSON.parse(data));
      }
    } catch (error) {
      // Where there is no stream, none is asked for again.
      if (error instanceof Refused) pause = Infinity;
      if (error instanceof Later) pause = Math.max(error.afterMs ?? 0, LONGEST_WAIT_MS);
    }
    if (this.#stream !== stream) return;
    this.#stream = null;
    this.#streamAfter = Date.now() + pause;
    this.#lookIn(refresh * 1_000);
  }

  #news(item) {
    const known = this.#answers.get(item.sku);
    // The stream does not know the vehicle.
    const { fits, fit_notes } = known?.item ?? {};
    const fit = fits === undefined ? {} : { fits, ...(fit_notes ? { fit_notes } : {}) };
    this.#current = Date.now();
    this.#tell(item.sku, { item: { ...item, ...fit }, vehicle: known?.vehicle, stale: false });
  }

  #endStream() {
    const stream = this.#stream;
    this.#stream = null;
    stream?.abort();
  }

  /** Nobody is looking. */
  #rest() {
    clearTimeout(this.#timer);
    this.#endStream();
  }

  #again() {
    if (this.#watched.size > 0 && this.#settings.refresh) this.#lookIn(this.#failures ? Math.max(this.#due - Date.now(), 0) : 0);
  }
}
