// Stands for the objects of the other process (docs/decisions/0032): for each there is one here of the same name, which hands on what
// that is asked. Requests cannot share a call, but an object can: what several ask at the same time crosses in one.
import { DurableObject } from "cloudflare:workers";
import { Bundles } from "./courier.js";

/** So few that the other process has begun with some while this one still reads the rest. */
const MOST = 16;

/** Stands for an object of the namespace that is called NAMESPACE there. */
export class Relay extends DurableObject {
  #asked = this.#bundles("askAll");
  #read = this.#bundles("readAll");

  ask(text) {
    return this.#replied(this.#asked.add(text));
  }

  read(text) {
    return this.#replied(this.#read.add(text));
  }

  /** Lets in a watcher. */
  fetch(request) {
    const headers = new Headers(request.headers);
    headers.set("object", JSON.stringify([this.env.NAMESPACE, this.ctx.id.name]));
    return this.env.DOOR.fetch(request.url, { headers });
  }

  #bundles(method) {
    return new Bundles(MOST, (texts) => this.env.DOOR[method](this.env.NAMESPACE, this.ctx.id.name, texts));
  }

  async #replied(promise) {
    const reply = await promise;
    if (reply === null) throw new Error(`${this.env.NAMESPACE} ${this.ctx.id.name} failed; the line before says why`);
    return reply;
  }
}
