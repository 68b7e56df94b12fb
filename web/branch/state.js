// What the console knows, and what it does: one place that changes it, one picture of it.
import { ahead } from "./ahead.js";
import { Failure, apiFor, segment } from "./api.js";
import { openKept } from "./keep.js";
import { NotSent, Outbox } from "./outbox.js";
import { deed } from "./words.js";

const KEY = "holdfast-key"; // in the session's storage: gone with the tab
const LEDGER_PAGE = 500;
const LEDGER_PAGES = 10;
const SHOWN = 25;
const GIVEN_UP_SHOWN = 50;

/** The console. `changed` is called whenever there is something else to be seen. */
export class Console {
  key = null;
  location = null;
  /** `null`: not asked yet. `at`: when it was so. */
  list = null;
  offline = false;
  trouble = null;
  unsent = [];
  part = null;
  outbox = null;
  #seen = null;
  #changed;
  #ids = new Map();
  /** What was sent since the list that is shown was made. */
  #sent = [];

  constructor(changed) {
    this.#changed = changed;
    this.api = apiFor(() => this.key);
    this.key = sessionStorage.getItem(KEY);
  }

  /** Opens what is kept. Without it the console refuses work: it could lose it. */
  async open() {
    // Asks the browser not to throw it away when it runs out of room.
    navigator.storage?.persist?.();
    const kept = await openKept();
    this.#seen = kept.seen;
    const others = new BroadcastChannel("holdfast-branch");
    this.outbox = new Outbox({
      store: kept.outbox,
      send: (movements) => this.#send(movements),
      lock: (work) => navigator.locks.request("holdfast-outbox", { ifAvailable: true }, (lock) => (lock ? work() : false)),
      told: (entries, sent) => {
        others.postMessage("changed");
        this.#told(entries, sent);
      },
    });
    others.onmessage = async () => this.#told(await this.outbox.entries(), []);
    this.unsent = await this.outbox.entries();
  }

  async #send(movements) {
    if (!this.key) throw new NotSent("key", "It is sent once there is a key.");
    try {
      const { results } = await this.#ask(() => this.api.post("/v1/stock/movements", { movements }));
      return results;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const why = error.kind === "scope" ? "key" : error.kind;
      throw new NotSent(why, error.message, error.retryAfterMs);
    }
  }

  #told(entries, sent) {
    this.unsent = entries;
    this.trouble = this.outbox.trouble;
    if (sent.length > 0) {
      this.#sent.push(...sent.map(({ movement }) => movement));
      this.renew();
      if (this.part && sent.some(({ movement }) => movement.sku === this.part.sku)) this.showPart(this.part.sku);
    }
    this.#changed();
  }

  /** Asks, and notes whether there was anybody to ask. */
  async #ask(call) {
    try {
      const body = await call();
      this.#reached(true);
      return body;
    } catch (error) {
      this.#reached(error.kind !== "offline");
      throw error;
    }
  }

  #reached(reached) {
    if (this.offline === !reached) return;
    this.offline = !reached;
    this.#changed();
    if (reached) this.outbox.wake();
  }

  // --- the key

  /** Takes a key if it is one of a branch. What was seen with another branch's key is forgotten. */
  async enter(key) {
    this.key = key;
    try {
      await this.renew({ loudly: true });
    } catch (error) {
      this.key = null;
      throw error;
    }
    sessionStorage.setItem(KEY, key);
    this.outbox.wake();
  }

  leave() {
    sessionStorage.clear();
    Object.assign(this, { key: null, list: null, part: null, location: null });
    this.#sent = [];
  }

  // --- what there is to do

  async renew({ loudly = false } = {}) {
    const asked = new URLSearchParams(window.location.search).get("location");
    const before = this.#sent.length;
    try {
      const list = await this.#ask(() => this.api.get(`/v1/stock/worklist${asked ? `?location=${segment(asked)}` : ""}`));
      if (this.location && this.location !== list.location) await this.#seen.clear();
      this.list = { ...list, at: Date.now(), stale: false, failed: null };
      this.#sent = this.#sent.slice(before);
      await this.#seen.put("worklist", list);
    } catch (error) {
      if (loudly || error.kind === "key" || error.kind === "scope") throw error;
      const kept = this.list ?? (await this.#seen.get("worklist"));
      const list = kept?.body ? { ...kept.body, at: kept.at } : kept;
      this.list = list ? { ...list, stale: true, failed: error.message } : { tasks: [], today: [], parts: [], at: null, stale: true, failed: error.message };
    }
    this.location = this.list.location ?? this.location;
    this.#changed();
  }

  /**
   * What became of a task that was done here, as long as the server's list does not know it: `waiting` to be sent, `sent`
   * since the list was made, `refused`; null where nothing was done.
   */
  doneWith({ task, quote, sku, incoming }) {
    const kind = { pick: "pick", hand_over: "hand_over", receive: "receipt" }[task];
    const same = (movement) => movement.kind === kind && movement.sku === sku && movement.quote === quote && movement.incoming === incoming;
    const entry = this.unsent.find(({ movement }) => same(movement));
    if (entry) return entry.answer ? "refused" : "waiting";
    return this.#sent.some(same) ? "sent" : null;
  }

  // --- movements

  /**
   * The id of what somebody is about to do, the same until it is done: so that two clicks are one movement. `intent` says
   * what it is about.
   */
  idOf(intent) {
    if (!this.#ids.has(intent)) this.#ids.set(intent, crypto.randomUUID());
    return this.#ids.get(intent);
  }

  /** Keeps movements and sends them when that can be done. Each has the `intent` that it carries out. */
  async move(...movements) {
    if (!this.location) throw new Failure("offline", "Which branch this is, is not known yet: Holdfast has to be reached once.");
    const made = movements.map(({ intent, ...movement }) => ({ id: this.idOf(intent), location: this.location, ...movement }));
    await this.outbox.add(made);
    return made.map(deed).join("; ");
  }

  /** Gives up what the server has refused, and notes why. */
  async discard({ movement, answer }, reason) {
    const earlier = (await this.givenUp()).slice(0, GIVEN_UP_SHOWN - 1);
    await this.#seen.put("given-up", [{ movement, code: answer.code ?? answer.result, reason, at: new Date().toISOString() }, ...earlier]);
    await this.outbox.discard(movement.id);
  }

  /** What was given up here, the newest first. */
  async givenUp() {
    return (await this.#seen.get("given-up"))?.body ?? [];
  }

  // --- parts

  /** What a scan or a text stands for: `{part}`, `{several}` or `{none}`, a text that says so. */
  async find(text) {
    try {
      return await this.#find(text);
    } catch (error) {
      if (error.kind !== "offline") throw error;
      const kept = await this.#seen.get(`code/${text.toUpperCase()}`);
      if (kept) return { part: kept.body };
      throw error;
    }
  }

  async #find(text) {
    const found = (part) => {
      const { sku, brand_name, number, description, gtin, pack } = part;
      const short = { sku, brand_name, number, description, pack };
      this.#seen.put(`code/${text.toUpperCase()}`, short);
      if (gtin) this.#seen.put(`code/${gtin}`, short);
      this.#seen.put(`code/${sku.toUpperCase()}`, short);
      return { part: short };
    };
    const listed = (parts) => (parts.length === 1 ? found(parts[0]) : parts.length > 1 ? { several: parts } : null);
    if (/^(\d{8}|\d{12,14})$/.test(text)) {
      const { parts } = await this.#orNothing(() => this.api.get(`/v1/parts?gtin=${text}`), { parts: [] });
      if (parts.length > 0) return listed(parts);
    }
    // A sku has no blanks.
    const exact = /\s/.test(text) ? null : await this.#orNothing(() => this.api.get(`/v1/parts/${segment(text.toUpperCase())}`), null);
    if (exact) return found(exact);
    const words = await this.#orNothing(() => this.api.get(`/v1/search?limit=8&q=${segment(text)}`), null);
    const parts = words?.parts ?? (await this.#orNothing(() => this.api.get(`/v1/parts?number=${segment(text)}`), { parts: [] })).parts;
    return listed(parts) ?? { none: `Nothing here is “${text}”.` };
  }

  /** What is not there, or cannot be asked for so, is nothing. */
  async #orNothing(ask, nothing) {
    try {
      return await this.#ask(ask);
    } catch (error) {
      if (error.kind === "refused") return nothing;
      throw error;
    }
  }

  /** Shows a part: its positions and what happened here. */
  async showPart(sku, known = null) {
    if (this.part?.sku !== sku) this.part = { sku, known, loading: true };
    if (known) this.part.known = known;
    this.#changed();
    const shown = this.part;
    try {
      const [part, { positions }, ledger] = await Promise.all([
        shown.known ?? this.#ask(() => this.api.get(`/v1/parts/${segment(sku)}`)),
        this.#ask(() => this.api.get(`/v1/stock/${segment(sku)}`)),
        this.#ledger(sku),
      ]);
      Object.assign(shown, { known: part, positions, ledger, at: Date.now(), stale: false, failed: null, loading: false });
      const { description, brand_name, number } = part;
      await this.#seen.put(`part/${sku}`, { known: { sku, description, brand_name, number }, positions, ledger });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const kept = shown.positions ? null : await this.#seen.get(`part/${sku}`);
      if (kept) Object.assign(shown, kept.body, { at: kept.at });
      Object.assign(shown, { stale: true, failed: error.message, loading: false });
    }
    if (this.part === shown) this.#changed();
  }

  /** The last entries of this location; the API tells a ledger from its beginning. */
  async #ledger(sku) {
    let entries = [], after = 0;
    for (let page = 0; after !== undefined && page < LEDGER_PAGES; page++) {
      const path = `/v1/stock/${segment(sku)}/movements?location=${segment(this.location)}&limit=${LEDGER_PAGE}&after=${after}`;
      const body = await this.#ask(() => this.api.get(path));
      entries = [...entries, ...body.movements].slice(-SHOWN);
      after = body.next;
    }
    return entries.reverse();
  }

  closePart() {
    this.part = null;
    this.#changed();
  }

  /**
   * The position here of the part that is shown, with what is not sent yet as it will be once it is. One that nobody has
   * written yet is empty.
   */
  get position() {
    const none = { version: 0, on_hand: 0, committed: 0, held: 0, quarantined: 0, safety: 0, available: 0, incoming: [] };
    const known = this.part?.positions;
    if (!known) return null;
    const position = known.find(({ location }) => location === this.location) ?? none;
    const waiting = this.unsent.filter(({ movement, answer }) => !answer && movement.sku === this.part.sku && movement.location === this.location);
    return ahead(position, waiting.map(({ movement }) => movement));
  }

  call(work) {
    return this.#ask(work);
  }
}
