// Queues for one machine: a service that speaks the HTTP protocol of workerd's queue bindings and keeps messages in
// SQLite, one Durable Object for each queue, until the consumer's `queue` handler has taken them. At least once: what
// was being delivered when the process died is delivered again.
//
// SETTINGS holds, by queue, what wrangler.toml says of its consumer. A queue without one only collects.
import { DurableObject } from "cloudflare:workers";

// The limits of the network's queues, so that what works here works there.
const MAX_MESSAGE_BYTES = 128_000;
const MAX_BATCH_BYTES = 256_000;
const MAX_SENT_AT_ONCE = 100;
const DEFAULTS = { max_batch_size: 10, max_batch_timeout: 5, max_retries: 3, retry_delay: 1 };
const BATCHES_AT_ONCE = 100; // by one alarm

/** One queue. */
export class Queue extends DurableObject {
  #sql;
  #name;
  #consumer;
  #turn = null; // what is sent at the same time is written in one turn, and thus in one commit

  constructor(ctx, env) {
    super(ctx, env);
    this.#name = ctx.id.name;
    const consumer = env.SETTINGS[this.#name];
    this.#consumer = consumer && { ...DEFAULTS, ...consumer };
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS messages (
      place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, format TEXT NOT NULL, body BLOB NOT NULL,
      sent INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0
    )`);
    this.#sql.exec("CREATE INDEX IF NOT EXISTS messages_due ON messages (due, place)");
  }

  /** Keeps messages of the form { id, format, body, sent, delay }, the delay in seconds. */
  async push(messages) {
    await (this.#turn ??= scheduler.wait(0).then(() => { this.#turn = null; }));
    const statement = "INSERT OR IGNORE INTO messages (id, format, body, sent, due) VALUES (?, ?, ?, ?, ?)";
    for (const { id, format, body, sent, delay } of messages) {
      this.#sql.exec(statement, id, format, body, sent, Date.now() + delay * 1000);
    }
    return this.#wake();
  }

  /** Delivers what is due, a batch at a time and the oldest first. */
  async alarm() {
    for (let batches = 0; batches < BATCHES_AT_ONCE; batches++) {
      const query = "SELECT * FROM messages WHERE due <= ? ORDER BY due, place LIMIT ?";
      const batch = this.#sql.exec(query, Date.now(), this.#consumer.max_batch_size).toArray();
      if (batch.length === 0) break;
      await this.#settle(batch, await this.#deliver(batch));
      await scheduler.wait(1); // workerd looks for new requests only when there is nothing else to do
    }
    await this.#wake(true);
  }

  async #deliver(batch) {
    try {
      const messages = batch.map(({ id, sent, attempts, format, body }) => (
        { id, timestamp: new Date(sent), attempts: attempts + 1, ...decode(format, body) }
      ));
      return await this.env.CONSUMER.queue(this.#name, messages);
    } catch (error) {
      console.error(`queue ${this.#name}: not delivered:`, error);
      return { outcome: "exception", ackAll: false, explicitAcks: [], retryMessages: [], retryBatch: { retry: true } };
    }
  }

  /** Takes out what the consumer has taken, and puts off the rest. */
  async #settle(batch, { outcome, ackAll, explicitAcks, retryBatch, retryMessages }) {
    const taken = new Set(explicitAcks);
    const again = new Map(retryMessages.map(({ msgId, delaySeconds }) => [msgId, delaySeconds]));
    const retryAll = retryBatch.retry || outcome !== "ok";
    const [gone, dead] = [[], []];
    for (const message of batch) {
      const { id, attempts } = message;
      if (ackAll || taken.has(id) || !(again.has(id) || retryAll)) {
        gone.push(id);
      } else if (attempts >= this.#consumer.max_retries) {
        dead.push(message);
      } else {
        const delay = again.get(id) ?? retryBatch.delaySeconds ?? this.#consumer.retry_delay;
        this.#sql.exec("UPDATE messages SET attempts = attempts + 1, due = ? WHERE id = ?", Date.now() + delay * 1000, id);
      }
    }
    this.#delete(gone);
    if (dead.length > 0) await this.#bury(dead);
  }

  #delete(ids) {
    this.#sql.exec("DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
  }

  /** Moves messages that nobody could take to the dead letter queue, if there is one. */
  async #bury(messages) {
    const { dead_letter_queue: grave } = this.#consumer;
    console.error(`queue ${this.#name}: ${messages.length} messages could not be delivered:`, grave ?? "lost");
    if (grave) await this.env.QUEUES.getByName(grave).push(messages.map((message) => ({ ...message, delay: 0 })));
    this.#delete(messages.map(({ id }) => id));
  }

  /** Sets the alarm: when the next message is due, or once the batch has had time to fill; at once when it is full. */
  async #wake(rang = false) {
    if (!this.#consumer) return;
    const { max_batch_size: size, max_batch_timeout: timeout } = this.#consumer;
    const { due, waiting } = this.#sql.exec("SELECT min(due) AS due, count(*) AS waiting FROM (SELECT due FROM messages ORDER BY due LIMIT ?)", size).one();
    if (due === null) return;
    const at = waiting >= size || rang ? due : Math.max(due, Date.now() + timeout * 1000);
    const set = await this.ctx.storage.getAlarm();
    if (set === null || at < set) await this.ctx.storage.setAlarm(at);
  }
}

/** A message's body as `queue()` takes it. */
function decode(format, bytes) {
  switch (format) {
    case "text":
      return { body: new TextDecoder().decode(bytes) };
    case "json":
      return { body: JSON.parse(new TextDecoder().decode(bytes)) };
    case "bytes":
      return { body: new Uint8Array(bytes) };
    default:
      return { serializedBody: bytes };
  }
}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const queue = env.QUEUES.getByName(ctx.props.queue);
    if (request.method !== "POST") return new Response("method not allowed", { status: 405 });
    const delay = Number(request.headers.get("X-Msg-Delay-Secs") ?? 0);
    const sent = Date.now();
    const id = () => crypto.randomUUID().replaceAll("-", "");
    const messages = pathname === "/batch"
      ? (await request.json()).messages.map(({ body, contentType, delaySecs }) => (
        { id: id(), format: contentType ?? "v8", body: Uint8Array.fromBase64(body), sent, delay: delaySecs ?? delay }
      ))
      : [{ id: id(), format: request.headers.get("X-Msg-Fmt") ?? "v8", body: await request.bytes(), sent, delay }];
    const sizes = messages.map(({ body }) => body.byteLength);
    if (messages.length > MAX_SENT_AT_ONCE || sizes.some((size) => size > MAX_MESSAGE_BYTES)
      || sizes.reduce((sum, size) => sum + size, 0) > MAX_BATCH_BYTES) return new Response("too large", { status: 413 });
    await queue.push(messages);
    return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  },
};
