// A Durable Object in JavaScript around the Rust struct that decides.
import { DurableObject } from "cloudflare:workers";
import { revive, settle, wasm } from "./instance.js";

/**
 * The Durable Object class whose behaviour is the Rust struct `name`: `new(state, env)`, `ask(text)`, `alarm()`.
 *
 * An object whose `ask` decides at once keeps all the command's writes, or after an error or a trap none of them. One
 * that `waits` for others answers with a promise; between two waits its writes are kept together by the platform, and
 * what it must not lose it writes before it asks anybody.
 *
 * Both methods are called by Workers RPC, which costs half of what a fetch does: one command in, one reply out.
 */
export function durableObject(name, { waits = false } = {}) {
  return class extends DurableObject {
    #rust = null;
    #instance = 0;
    #turn = null;

    /** The Rust object, built again from SQLite when a trap has replaced the wasm instance it lived in. */
    #live() {
      const instance = revive();
      if (this.#rust === null || this.#instance !== instance) {
        this.#rust = new wasm[name](this.ctx, this.env);
        this.#instance = instance;
      }
      return this.#rust;
    }

    /**
     * Commands that come at the same time are decided in one turn, because the platform makes all that a turn writes
     * durable in one commit, and a commit costs far more than a command (docs/decisions/0030). The price is an empty
     * timer for each turn. An object that waits for others comes back from each of them in a turn of its own: its calls are
     * begun at once.
     */
    ask(text) {
      if (waits) return this.#decide(text);
      this.#turn ??= scheduler.wait(0).then(() => { this.#turn = null; });
      return this.#turn.then(() => this.#decide(text));
    }

    /** A command that changes nothing: it has no commit to share, and is answered at once. */
    read(text) {
      return this.#decide(text);
    }

    #decide(text) {
      try {
        const rust = this.#live();
        return waits ? settle(rust.ask(text)) : this.ctx.storage.transactionSync(() => rust.ask(text));
      } catch (error) {
        revive(); // whoever else waits in this instance learns of a trap now
        throw error;
      }
    }

    alarm() {
      return settle(this.#live().alarm());
    }
  };
}
