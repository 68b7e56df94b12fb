// The outbox of the branch console, with a server that fails, is slow, and answers twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_ONCE, FIRST_WAIT_MS, LONGEST_WAIT_MS, NotSent, Outbox } from "../web/branch/outbox.js";

/** What a browser keeps. */
class Kept {
  entries = [];
  all = async () => [...this.entries];
  async add(movements) {
    for (const movement of movements) {
      if (!this.entries.some((entry) => entry.movement.id === movement.id)) this.entries.push({ movement, place: this.entries.length });
    }
  }
  async put(entry) { this.entries = this.entries.map((known) => (known.movement.id === entry.movement.id ? entry : known)); }
  async drop(id) { this.entries = this.entries.filter(({ movement }) => movement.id !== id); }
}

/** A server that applies an id once. `plan`: what happens to each call; after it, calls succeed. */
class Server {
  applied = [];
  calls = [];
  flying = 0;
  constructor(plan = []) { this.plan = plan; }
  send = async (movements) => {
    this.flying += 1;
    assert.equal(this.flying, 1, "two flights at a time");
    try {
      this.calls.push(movements.map(({ id }) => id));
      const step = this.plan.shift();
      await new Promise(setImmediate);
      if (step?.before) throw step.before;
      const results = movements.map((movement) => this.#apply(movement, step));
      if (step?.after) throw step.after;
      return step?.only ? results.slice(0, step.only) : results;
    } finally {
      this.flying -= 1;
    }
  };
  #apply({ id }, step) {
    if (step?.rejects?.includes(id)) return { id, result: "rejected", code: "exceeds_free", detail: "too many" };
    if (this.applied.includes(id)) return { id, result: "duplicate", version: 1 };
    this.applied.push(id);
    return { id, result: "applied", version: 1, on_hand: 1 };
  }
}

/** Timers that are rung by hand. */
class Clock {
  waits = [];
  #pending = null;
  later = (work, wait) => {
    this.waits.push(wait);
    this.#pending = work;
    return 1;
  };
  cancel = () => { this.#pending = null; };
  get isSet() { return this.#pending !== null; }
  ring() {
    const work = this.#pending;
    this.#pending = null;
    return work();
  }
}

function open(plan, { kept = new Kept(), server = new Server(plan), ...more } = {}) {
  const clock = new Clock();
  const sent = [];
  const told = (_, arrived) => sent.push(...arrived.map(({ movement }) => movement.id));
  const outbox = new Outbox({ store: kept, send: server.send, later: clock.later, cancel: clock.cancel, random: () => 0, told, ...more });
  return { outbox, server, clock, kept, sent };
}

const made = (...ids) => ids.map((id) => ({ id, kind: "receipt", quantity: 1 }));
const offline = new NotSent("offline", "cannot be reached");
const ids = (kept) => kept.entries.map(({ movement }) => movement.id);

/** Keeps movements and waits for the flights that this begins. */
async function done({ outbox }, ...movements) {
  await outbox.add(made(...movements));
  await outbox.wake();
}

test("what is done is sent in its order, and forgotten once the server has it", async () => {
  const house = open();
  await done(house, "a", "b");
  await done(house, "c");
  assert.deepEqual([house.server.applied, ids(house.kept), house.sent], [["a", "b", "c"], [], ["a", "b", "c"]]);
  assert.equal(house.clock.isSet, false, "nothing to wait for");
});

test("a movement made twice, as by two clicks, is one", async () => {
  const house = open();
  await Promise.all([house.outbox.add(made("a")), house.outbox.add(made("a"))]);
  await house.outbox.wake();
  assert.deepEqual(house.server.applied, ["a"]);
});

test("what was applied although nobody heard so is sent again and applied once", async () => {
  const house = open([{ after: offline }]);
  await house.outbox.add(made("a", "b"));
  await house.outbox.wake();
  assert.deepEqual([house.server.applied, house.server.calls.length, ids(house.kept)], [["a", "b"], 2, []]);
});

test("waits grow to a minute and no further, and a connection that is back ends them", async () => {
  const house = open(Array.from({ length: 12 }, () => ({ before: offline })));
  await house.kept.add(made("a"));
  await house.outbox.wake();
  for (let n = 1; n < 9; n++) await house.clock.ring();
  const twice = Array.from({ length: 9 }, (_, n) => Math.min(FIRST_WAIT_MS * 2 ** n, LONGEST_WAIT_MS));
  assert.deepEqual(house.clock.waits, twice);
  assert.equal(house.outbox.trouble.why, "offline");
  house.server.plan = [];
  await house.outbox.wake();
  assert.deepEqual([house.server.applied, house.clock.isSet, house.outbox.trouble], [["a"], false, null]);
});

test("chance takes up to half of a wait, and the server may ask for a longer one", async () => {
  const lucky = open([{ before: offline }], { random: () => 1 });
  await lucky.kept.add(made("a"));
  await lucky.outbox.wake();
  assert.deepEqual(lucky.clock.waits, [FIRST_WAIT_MS / 2]);
  const busy = open([{ before: new NotSent("failed", "busy", 7_000) }]);
  await busy.kept.add(made("a"));
  await busy.outbox.wake();
  assert.deepEqual(busy.clock.waits, [7_000]);
});

test("what the server refuses waits for a person, and the rest goes on", async () => {
  const house = open([{ rejects: ["b"] }]);
  await done(house, "a", "b", "c");
  assert.deepEqual([house.server.applied, ids(house.kept)], [["a", "c"], ["b"]]);
  assert.equal(house.kept.entries[0].answer.code, "exceeds_free");
  await done(house, "d");
  assert.deepEqual(house.server.calls.at(-1), ["d"], "it is not sent again by itself");
  await house.outbox.discard("b");
  assert.deepEqual(ids(house.kept), []);
});

test("a version conflict waits for a person, too", async () => {
  const house = open();
  house.server.send = async ([{ id }]) => [{ id, result: "version_conflict", version: 9 }];
  const { outbox, kept } = open([], { server: house.server });
  await outbox.add(made("a"));
  await outbox.wake();
  assert.equal(kept.entries[0].answer.result, "version_conflict");
});

test("a call that is refused as a whole is sent one by one, so that one bad movement holds up none", async () => {
  const refused = new NotSent("refused", "a reason is too long");
  const house = open([{ before: refused }, {}, { before: refused }, {}]);
  await house.kept.add(made("a", "b", "c"));
  await house.outbox.wake();
  assert.deepEqual(house.server.calls, [["a", "b", "c"], ["a"], ["b"], ["c"]]);
  assert.deepEqual([house.server.applied, ids(house.kept), house.kept.entries[0].answer.detail], [["a", "c"], ["b"], "a reason is too long"]);
});

test("an answer that leaves something out is a failure of the rest", async () => {
  const house = open([{ only: 1 }]);
  await house.kept.add(made("a", "b"));
  await house.outbox.wake();
  assert.deepEqual([ids(house.kept), house.clock.isSet], [["b"], true]);
  await house.clock.ring();
  assert.deepEqual([house.server.applied, ids(house.kept)], [["a", "b"], []]);
});

test("a key that is refused stops the sending until there is another", async () => {
  const house = open([{ before: new NotSent("key", "unknown") }]);
  await house.kept.add(made("a"));
  await house.outbox.wake();
  assert.deepEqual([ids(house.kept), house.clock.isSet, house.outbox.trouble.why], [["a"], false, "key"]);
  await house.outbox.wake();
  assert.deepEqual(house.server.applied, ["a"]);
});

test("a flight has fifty movements, and another follows at once", async () => {
  const house = open();
  const many = Array.from({ length: AT_ONCE + 1 }, (_, n) => `m${n}`);
  await done(house, ...many);
  assert.deepEqual([house.server.calls.map(({ length }) => length), house.server.applied], [[AT_ONCE, 1], many]);
});

test("of two tabs one sends; what was done meanwhile in the other follows", async () => {
  const kept = new Kept(), server = new Server();
  let held = false;
  const lock = async (work) => {
    if (held) return false;
    held = true;
    try { return await work(); } finally { held = false; }
  };
  const [one, other] = [open([], { kept, server, lock }), open([], { kept, server, lock })];
  await kept.add(made("a"));
  const flight = one.outbox.wake();
  await other.outbox.wake();
  await flight;
  assert.deepEqual([server.applied, other.clock.isSet], [["a"], true]);
  await kept.add(made("b"));
  await other.clock.ring();
  assert.deepEqual([server.applied, server.calls], [["a", "b"], [["a"], ["b"]]]);
});

test("what is kept is sent after a reload, by whoever opens it", async () => {
  const kept = new Kept();
  const before = open([{ before: offline }], { kept });
  await before.outbox.add(made("a", "b"));
  const after = open([], { kept });
  await after.outbox.wake();
  assert.deepEqual([after.server.applied, ids(kept)], [["a", "b"], []]);
});

test("what cannot be kept is not done", async () => {
  const house = open();
  house.kept.add = async () => { throw new Error("the disk is full"); };
  await assert.rejects(house.outbox.add(made("a")), /disk is full/);
  assert.deepEqual(house.server.calls, []);
});
