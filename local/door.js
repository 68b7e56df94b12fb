// The way into the process that has the objects of stock and quotes (serve.mjs), for relay.js.
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
