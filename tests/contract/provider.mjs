// A provider of credentials for contract tests: a real HTTP service on this machine that does to each request what it is
// told to, and checks its signature as Standard Webhooks says.
import assert from "node:assert/strict";
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";

/** What may become of a request. */
export const grant = (credential = `credential-${randomUUID()}`, more = {}) => answer(200, JSON.stringify({ credential, ...more }));
export const answer = (status, body = "") => (response) => response.writeHead(status).end(body);
export const refuse = (reason) => answer(422, JSON.stringify({ reason }));
export const drop = (response) => response.destroy();
export const hang = () => {};
export const stall = (response) => response.writeHead(200, { "content-length": "100" }).write('{"credential":"');

export class ProviderService {
  #behaviour = new Map();
  #secrets = new Map();
  #server = createServer((request, response) => this.#receive(request, response).catch((error) => this.faults.push(error)));
  calls = [];
  faults = [];

  /** Starts the service. It is each of the providers `names`. */
  async start(names) {
    await new Promise((done) => this.#server.listen(0, "127.0.0.1", done));
    for (const name of names) this.#secrets.set(name, randomBytes(32));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The secret TOKEN_PROVIDERS, as a list. */
  get list() {
    const { port } = this.#server.address();
    return [...this.#secrets].map(([id, secret]) => ({
      id, url: `http://127.0.0.1:${port}/${id}`, secret: `whsec_${secret.toString("base64")}`,
    }));
  }

  /** What `name` does to its next requests, one after the other; the last goes for all that follow. */
  will(name, ...behaviour) {
    this.#behaviour.set(name, behaviour);
  }

  /** The requests that `name` got. */
  of(name) {
    return this.calls.filter((call) => call.name === name);
  }

  async #receive(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const name = request.url.slice(1);
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = request.headers;
    const code = createHmac("sha256", this.#secrets.get(name)).update(`${id}.${timestamp}.${body}`).digest("base64");
    assert.equal(signature, `v1,${code}`);
    assert.ok(Math.abs(Date.now() / 1_000 - timestamp) < 30, timestamp);
    assert.deepEqual([request.method, request.headers["content-type"]], ["POST", "application/json"]);
    this.calls.push({ name, id, body });
    const behaviour = this.#behaviour.get(name) ?? [grant()];
    (behaviour.length > 1 ? behaviour.shift() : behaviour[0])(response);
  }
}
