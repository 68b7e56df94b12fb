// The way to a process's objects for the relays of the other one (relay.js).
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  askAll(namespace, name, texts) {
    return this.#object(namespace, name).askAll(texts);
  }

  readAll(namespace, name, texts) {
    return this.#object(namespace, name).readAll(texts);
  }

  fetch(request) {
    const [namespace, name] = JSON.parse(request.headers.get("object"));
    return this.#object(namespace, name).fetch(request);
  }

  #object(namespace, name) {
    return this.env[namespace].getByName(name);
  }
}
