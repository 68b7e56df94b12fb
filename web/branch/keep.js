// What this browser keeps: movements that are not sent, and what was last seen, so that the console can be used without a
// connection. Never the key, no prices, nobody's name.
import { openDB } from "idb";

const SEEN_AT_MOST = 500;

/** Opens the database. `outbox` is a store for outbox.js; `seen` keeps the last answers, the oldest are forgotten. */
export async function openKept() {
  const db = await openDB("holdfast-branch", 1, {
    upgrade(created) {
      created.createObjectStore("outbox", { keyPath: "movement.id" }).createIndex("place", "place");
      created.createObjectStore("seen", { keyPath: "what" }).createIndex("at", "at");
    },
    // A newer version of this page wants the database: it gets it, and this tab must be loaded again.
    blocking: () => db.close(),
  });
  return { outbox: outboxOf(db), seen: seenOf(db) };
}

function outboxOf(db) {
  return {
    all: () => db.getAllFromIndex("outbox", "place"),
    async add(movements) {
      // All of them or none, and on the disk before anybody is told that it is done.
      const change = db.transaction("outbox", "readwrite", { durability: "strict" });
      const last = await change.store.index("place").openKeyCursor(null, "prev");
      let place = last?.key ?? 0;
      for (const movement of movements) {
        if (await change.store.getKey(movement.id)) continue;
        place += 1;
        await change.store.put({ movement, place, made_at: new Date().toISOString() });
      }
      await change.done;
    },
    put: (entry) => db.put("outbox", entry),
    drop: (id) => db.delete("outbox", id),
  };
}

function seenOf(db) {
  return {
    get: async (what) => (await db.get("seen", what)) ?? null,
    async put(what, body) {
      await db.put("seen", { what, body, at: Date.now() });
      const surplus = (await db.count("seen")) - SEEN_AT_MOST;
      if (surplus <= 0) return;
      const change = db.transaction("seen", "readwrite");
      let oldest = await change.store.index("at").openCursor();
      for (let left = surplus; oldest && left > 0; left--) {
        await oldest.delete();
        oldest = await oldest.continue();
      }
      await change.done;
    },
    clear: () => db.clear("seen"),
  };
}
