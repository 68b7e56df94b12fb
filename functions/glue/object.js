// A Durable Object in JavaScript around the Rust struct that decides.
import { DurableObject } from "cloudflare:workers";
import { revive, settle, wasm } from "./instance.js";
import { Watchers } from "./watchers.js";

/**
 * The Durable Object class whose behaviour is the Rust struct `name`: `new(state, env)`, `ask(text)`, `alarm()`.
 *
 * An object whose `ask` decides at once keeps all the command's writes, or after an error or a trap none of them; or, if it decides in
 * `steps`, sees to that itself for each of them. One that `waits` for others answers with a promise; between two waits its writes are kept together by the platform, and
 * what it must not lose it writes before it asks anybody. One that `delivers` what its calls leave does so a little later, for
 * many calls together, and sees to it by alarm where this is lost: its Rust has `deliver_after()` and `deliver()`. One that is
 * `watched` tells others of its changes by WebSocket: its Rust has `listen(on)` and `changed()`, and is asked of a shard with the text
 * that `watched(shard, command)` makes.
 *
 * Both methods are called by Workers RPC, which costs half of what a fetch does: one command in, one reply out.
 */
export function durableObject(name, { waits = false, steps = false, delivers = false, watched } = {}) {
  return class extends DurableObject {
    #rust = null;
    #instance = 0;
    #turn = null;
    #delivery = null;
    #watchers = watched ? new Watchers(this.ctx, this.env.LIVE_STREAMS, (shard, command) => this.#decide(watched(shard, command))) : null;

    /** The Rust object, built again from SQLite when a trap has replaced the wasm instance it lived in. */
    #live() {
      const instance = revive();
      if (this.#rust === null || this.#instance !== instance) {
        const lost = this.#rust !== null;
        this.#rust = new wasm[name](this.ctx, this.env);
        this.#instance = instance;
        if (this.#watchers?.any) {
          this.#rust.listen(true);
          if (lost) this.#watchers.changed(); // whatever the lost one had noted
        }
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
      return waits ? this.#decide(text) : this.#inTurn(() => this.#decide(text));
    }

    /** [`ask`] for commands that come together: the reply to each, or null where it failed. */
    askAll(texts) {
      return waits ? this.#each(texts) : this.#inTurn(() => this.#each(texts));
    }

    #each(texts) {
      return Promise.all(texts.map((text) => this.#attempt(text)));
    }

    async #attempt(text) {
      try {
        return await this.#decide(text);
      } catch (error) {
        console.error(`${name}:`, error);
        return null;
      }
    }

    /** A command that changes nothing: it has no commit to share, and is answered at once. */
    read(text) {
      return this.#decide(text);
    }

    /** [`read`] for commands that come together: the reply to each, or null where it failed. */
    readAll(texts) {
      return this.#each(texts);
    }

    #inTurn(decide) {
      this.#turn ??= scheduler.wait(0).then(() => { this.#turn = null; });
      return this.#turn.then(decide);
    }

    #decide(text) {
      if (!waits) return this.#keep((rust) => rust.ask(text));
      return this.#guarded((rust) => settle(rust.ask(text)).finally(() => this.#deliverLater()));
    }

    /** What `work` answers. All that it writes is kept, or after an error or a trap nothing. */
    #keep(work) {
      return this.#guarded((rust) => {
        const answer = steps ? work(rust) : this.ctx.storage.transactionSync(() => work(rust));
        this.#tell(rust);
        this.#deliverLater();
        return answer;
      });
    }

    #guarded(work) {
      try {
        return work(this.#live());
      } catch (error) {
        revive(); // whoever else waits in this instance learns of a trap now
        throw error;
      }
    }

    alarm() {
      const rust = this.#live();
      return settle(rust.alarm()).finally(() => this.#tell(rust));
    }

    #deliverLater() {
      if (!delivers || this.#delivery !== null) return;
      const after = this.#live().deliver_after();
      if (after === undefined) return;
      this.#delivery = scheduler.wait(after)
        .then(() => settle(this.#live().deliver()))
        .finally(() => { this.#delivery = null; this.#deliverLater(); }) // what was left by calls meanwhile
        .catch((error) => console.error(`${name}: delivering:`, error));
    }

    /** Has the watchers told of what has changed. */
    #tell(rust) {
      if (!this.#watchers?.any || rust !== this.#rust) return;
      const changed = rust.changed();
      if (changed !== "") this.#watchers.changed(changed.split("\n"));
    }

    /** Lets in a watcher. */
    fetch(request) {
      const response = this.#watchers.accept(request);
      this.#live().listen(true);
      return response;
    }

    webSocketClose(socket) {
      this.#watchers.leave(socket);
      if (!this.#watchers.any) this.#live().listen(false);
    }

    webSocketError(socket) {
      this.webSocketClose(socket);
    }
  };
}
