// A receiver of webhooks for contract tests: a real HTTP service on this machine that does to each request what it is told
// to, and checks its signature with the package of Standard Webhooks.
import { once } from "node:events";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

/** What may become of a request. */
export const take = (response) => response.writeHead(204).end();
export const status = (code, headers = {}) => (response) => response.writeHead(code, headers).end("not for the log");
export const drop = (response) => response.destroy();
export const late = (ms, then = take) => (response) => setTimeout(then, ms, response);

export class Receiver {
  #server = createServer((request, response) => this.#receive(request, response).catch((error) => this.faults.push(error)));
  #then = [take];
  secrets = [];
  /** Each request: id, body, when it came, and whether it was taken. */
  calls = [];
  faults = [];

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/in`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What happens to the next requests, one after the other; the last goes for all that follow. */
  will(...then) {
    this.#then = then;
  }

  /** What was received of a type, each event once. */
  of(type) {
    const known = new Map(this.calls.filter(({ body }) => body.type === type).map((call) => [call.id, call]));
    return [...known.values()];
  }

  async #receive(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    // Throws where no secret fits or the time is off.
    const verified = this.secrets.map((secret) => { try { return new Webhook(secret).verify(text, request.headers); } catch (error) { return error; } });
    if (!verified.some((one) => !(one instanceof Error))) throw verified[0] ?? new Error("no secret yet");
    this.calls.push({ id: request.headers["webhook-id"], body: JSON.parse(text), at: Date.now(), by: verified.map((one) => !(one instanceof Error)) });
    (this.#then.length > 1 ? this.#then.shift() : this.#then[0])(response);
  }
}
