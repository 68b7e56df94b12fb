// Running the errands of a day against an instance, through the endpoints that everybody uses.

/** Something is wrong with the instance, or with what it is asked. The message is for whoever ran the command. */
export class CannotPlay extends Error {}

const KEYS = { agent: "demo-agent", shop: "demo-shop", fleet: "demo-fleet", web: "demo-web", branch: "demo-branch", admin: "demo-admin" };
const CREW = { shop: "SH-PEACH", technician: "TE-ALVAREZ", tool: "TL-4401" };

export class Player {
  /** `name` begins every id: another for each time a day is played. `answers` counts what was answered, by status. */
  constructor(url, name) {
    Object.assign(this, { url, name, answers: new Map() });
  }

  /** One request; the answer, whatever it is, unless it means that the day cannot be played. */
  async ask(method, path, key, json, id) {
    const headers = { authorization: `Bearer ${KEYS[key]}` };
    if (id) headers["idempotency-key"] = `${this.name}-${id}`;
    let response, text;
    try {
      response = await fetch(this.url + path, { method, headers, body: json && JSON.stringify(json) });
      text = await response.text();
    } catch (error) {
      throw new CannotPlay(`${this.url} stopped answering (${error.cause?.code ?? error.message}).`);
    }
    const { status } = response;
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    if (status === 401) {
      throw new CannotPlay(`${this.url} does not know the key ${KEYS[key]}. The demonstration keys come with the demonstration catalogue, `
        + "and with nothing but `make run`.");
    }
    let body = null;
    try {
      body = JSON.parse(text);
    } catch {
      if (response.headers.get("content-type")?.includes("json")) throw new CannotPlay(`${path} answered with something that is no JSON.`);
    }
    if (status >= 500 && status !== 503) throw new CannotPlay(`${method} ${path} answered ${status}: ${text.slice(0, 300)}`);
    return { status, body };
  }

  /** The lines of a query that can be bought. */
  async query(key, lines, more = {}) {
    const { status, body } = await this.ask("POST", "/v1/query", key, { lines, ...more });
    if (status !== 200) return [];
    return body.lines.filter(({ status: there, price, available, quantity }) => ["in_stock", "low_stock"].includes(there) && price?.unit && available >= quantity);
  }

  hold(key, lines, id, more = {}) {
    return this.ask("POST", "/v1/quotes", key, { lines, ...more }, id);
  }

  act(key, quote, verb, id, json = {}) {
    return this.ask("POST", `/v1/quotes/${quote}/${verb}`, key, json, `${id}-${verb}`);
  }

  /** Counts a shelf: `on_hand` and what is set aside stay what they are, but for `quantity`. */
  count(key, sku, location, quantity, id) {
    return this.move(key, [{ id: `${this.name}-${id}`, sku, location, kind: "count", quantity, reason: "cycle count" }]);
  }

  move(key, movements) {
    return this.ask("POST", "/v1/stock/movements", key, { movements });
  }

  report(key, events) {
    return this.ask("POST", "/v1/kpi/events", key, { events });
  }

  run(errand) {
    return ERRANDS[errand.kind](this, errand);
  }
}

const wanted = ({ sku, quantity }) => ({ sku, quantity });

/** Asks, holds what can be bought, and does with it what the errand says. */
async function buy(player, key, { id, asked, holds, then, digital, brings, to }) {
  const where = to ? { deliver_to: { location: to } } : {};
  let found = [];
  for (const lines of asked) found = await player.query(key, lines, where);
  if (!holds || found.length === 0) return;
  const lines = found.slice(0, 6).map(wanted);
  if (digital) lines.push({ sku: digital, quantity: 1 });
  const { status, body } = await player.hold(key, lines, id, { ttl_seconds: then === "leave" ? 60 : 600, ...where });
  if (status !== 201 || then === "leave") return;
  await player.act(key, body.id, then, id);
  if (then === "commit" && brings) await player.act(key, body.id, "returns", id, { lines: [{ line: 0, quantity: 1 }] });
}

const ERRANDS = {
  compare: (player, errand) => buy(player, "agent", errand),
  fleet: (player, errand) => buy(player, "fleet", errand),

  async repair(player, errand) {
    const [vin, part] = errand.vehicle ?? [];
    if (vin) await player.query("shop", [{ vin, part_type: part, quantity: 1 }]);
    await buy(player, "shop", errand);
  },

  async browse(player, { id, skus, timings, phantom }) {
    for (const sku of skus) await player.ask("GET", `/v1/availability/${sku}`, "web");
    const at = new Date().toISOString();
    const page = `/parts/${skus[0]}`;
    const events = Object.entries(timings).map(([metric, value]) => (
      { id: `${player.name}-${id}-${metric}`, kind: "web_timing", at, page, metric, value }
    ));
    if (phantom) events.push({ id: `${player.name}-${id}-phantom`, kind: "web_phantom", at, page, sku: skus[0] });
    await player.report("web", events);
  },

  async count(player, { id, sku, off }) {
    const { body } = await player.ask("GET", `/v1/stock/${sku}`, "branch");
    const there = body.positions?.find(({ location }) => location === "ATL1");
    if (there) await player.count("branch", sku, "ATL1", Math.max(there.on_hand + off, 0), id);
  },

  async calibrate(player, { id, sku, vin, outcome, wrongTool }) {
    await player.move("admin", [{ id: `${player.name}-${id}-receipt`, sku, location: "ATL-DC", kind: "receipt", quantity: 1 }]);
    const [found] = await player.query("shop", [{ sku, quantity: 1 }]);
    if (!found) return;
    const quote = await player.hold("shop", [{ sku, quantity: 1 }], id);
    if (quote.status !== 201) return;
    const { body } = await player.act("shop", quote.body.id, "commit", id, { tokens: { vin, ...CREW } });
    const token = body?.tokens?.[0]?.token;
    if (!token) return;
    const redeem = (more, attempt) => player.ask("POST", "/v1/tokens/redeem", "shop", { token, vin, tool: CREW.tool, outcome, ...more }, `${id}-${attempt}`);
    if (wrongTool) await redeem({ tool: "TL-9999", outcome: "succeeded" }, "wrong-tool");
    if (outcome !== "later") await redeem({}, "redeem");
  },

  async race(player, { id, part: { sku, total } }) {
    const [told] = await player.query("shop", [{ sku, quantity: 1 }]);
    if (!told) return;
    const faster = await player.hold("agent", [{ sku, quantity: total }], `${id}-faster`);
    await player.hold("shop", [{ sku, quantity: 1 }], id);
    if (faster.status === 201) await player.act("agent", faster.body.id, "release", `${id}-faster`);
  },

  behind: (player, errand) => ERRANDS.race(player, errand),

  async recount(player, { id, part: { sku, locations } }) {
    const [told] = await player.query("shop", [{ sku, quantity: 1 }]);
    if (!told) return;
    for (const { location } of locations) await player.count("admin", sku, location, 0, `${id}-${location}-none`);
    await player.hold("shop", [{ sku, quantity: 1 }], id);
    for (const { location, onHand } of locations) await player.count("admin", sku, location, onHand, `${id}-${location}-found`);
  },

  restock: (player, { id, sku, location, quantity }) => (
    player.move("admin", [{ id: `${player.name}-${id}`, sku, location, kind: "receipt", quantity, reason: "purchase order" }])
  ),
};
