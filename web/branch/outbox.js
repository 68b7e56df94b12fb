// What was done at the branch and the server has not yet said that it knows. A movement lies here from the click until the
// server has answered for its id: through a reload, a lost connection, a battery that is empty.
//
// Sending one twice is harmless, because the id is made with the movement and the server applies an id once. So after a
// flight of which nobody knows how it ended, the same movements fly again. One flight at a time, in the order in which
// things were done; one tab at a time, by `lock`.

/** Movements of one flight. */
export const AT_ONCE = 50;
/** The first wait after a failure and the longest, in milliseconds; each is twice the one before, less up to half by chance. */
export const FIRST_WAIT_MS = 1_000;
export const LONGEST_WAIT_MS = 60_000;

/** A flight that brought no results. `why` is `offline`, `failed`, `refused` (the call as a whole) or `key`. */
export class NotSent extends Error {
  constructor(why, message, retryAfterMs = 0) {
    super(message);
    this.why = why;
    this.retryAfterMs = retryAfterMs;
  }
}

// A browser's own want to be called by themselves.
const ring = (work, wait) => setTimeout(work, wait);
const unring = (timer) => clearTimeout(timer);

/**
 * store: all() → entries in order, add(movements), put(entry), drop(id)
 * send:  (movements) → their results, or throws NotSent
 * lock:  (work) → false if another tab is sending, else what `work` resolves to
 * told:  called with the entries after each change, and with what was just sent
 */
export class Outbox {
  #parts;
  #timer = null;
  #flying = null;
  #failures = 0;
  /** Why the last flight brought nothing; null if it did. */
  trouble = null;

  constructor({ store, send, lock = (work) => work(), told = () => {}, random = Math.random, later = ring, cancel = unring }) {
    this.#parts = { store, send, lock, told, random, later, cancel };
  }

  entries() {
    return this.#parts.store.all();
  }

  /** Keeps movements, then sends them. One whose id is here already is the same click again. Fails if they cannot be kept. */
  async add(movements) {
    await this.#parts.store.add(movements);
    await this.#tell();
    this.wake();
  }

  /** Gives up what the server has refused. */
  async discard(id) {
    await this.#parts.store.drop(id);
    await this.#tell();
  }

  /** Sends now, whatever wait there was: the connection is back, the page was loaded, somebody asks. */
  wake() {
    this.#failures = 0;
    return this.#go();
  }

  #go() {
    this.#parts.cancel(this.#timer);
    this.#flying = (this.#flying ?? Promise.resolve()).then(() => this.#empty()).catch((error) => this.#failed(error));
    return this.#flying;
  }

  async #empty() {
    const done = await this.#parts.lock(async () => {
      while (await this.#flight());
      return true;
    });
    if (done === false) this.#again(FIRST_WAIT_MS);
  }

  /** One flight. Whether there may be something for another. */
  async #flight() {
    const { store, send, told } = this.#parts;
    const waiting = (await store.all()).filter(({ answer }) => !answer).slice(0, AT_ONCE);
    if (waiting.length === 0) {
      this.#failures = 0;
      if (this.trouble) await this.#tell({ trouble: null });
      return false;
    }
    let results;
    try {
      results = await send(waiting.map(({ movement }) => movement));
    } catch (error) {
      // A call that is refused as a whole has something in it that no server would take: find which.
      if (error.why !== "refused") throw error;
      results = await this.#oneByOne(waiting);
    }
    const sent = [];
    for (const entry of waiting) {
      const answer = results.find(({ id }) => id === entry.movement.id);
      if (!answer) continue;
      if (answer.result === "applied" || answer.result === "duplicate") {
        await store.drop(entry.movement.id);
        sent.push({ ...entry, answer });
      } else {
        await store.put({ ...entry, answer });
      }
    }
    if (results.length < waiting.length) throw new NotSent("failed", "The answer does not tell what became of everything.");
    this.#failures = 0;
    this.trouble = null;
    told(await store.all(), sent);
    return true;
  }

  async #oneByOne(waiting) {
    const results = [];
    for (const { movement } of waiting) {
      try {
        results.push(...await this.#parts.send([movement]));
      } catch (error) {
        if (error.why !== "refused") throw error;
        results.push({ id: movement.id, result: "rejected", code: "invalid_request", detail: error.message });
      }
    }
    return results;
  }

  async #failed(error) {
    const known = error instanceof NotSent ? error : new NotSent("failed", String(error.message ?? error));
    this.#failures += 1;
    await this.#tell({ trouble: known });
    if (known.why === "key") return; // another key wakes it
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (this.#failures - 1), LONGEST_WAIT_MS);
    this.#again(Math.max(wait * (1 - this.#parts.random() / 2), known.retryAfterMs));
  }

  #again(wait) {
    const { later, cancel } = this.#parts;
    cancel(this.#timer);
    this.#timer = later(() => this.#go(), wait);
  }

  async #tell({ trouble = this.trouble } = {}) {
    this.trouble = trouble;
    this.#parts.told(await this.entries().catch(() => []), []);
  }
}
