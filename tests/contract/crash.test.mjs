// workerd is killed (SIGKILL) while stock is moving. What was acknowledged is there, once; whatever else was sent is there once or
// not at all, and sending everything again settles it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openInstance, until } from "./instance.mjs";

const SENDERS = 8;
const ACKNOWLEDGED = 150; // calls, before the kill
const PER_CALL = 3;
const SKU = "MOVED-01";

let api;
before(async () => { api = await openInstance(); });
after(() => api.close());

for (let round = 1; round <= 4; round += 1) {
  test(`after kill ${round} every acknowledged movement is there exactly once`, async () => {
    const sent = [];
    const acknowledged = new Set();
    let calls = 0;
    let down = false;
    const send = async (sender) => {
      for (let n = 0; !down; n += 1) {
        const movements = Array.from({ length: PER_CALL }, (_, i) => (
          { id: `r${round}-${sender}-${n}-${i}`, sku: SKU, location: "ATL1", kind: "receipt", quantity: 1 + i }));
        sent.push(...movements);
        const results = await api.move(movements).catch((error) => {
          if (!down) throw error;
          return [];
        });
        for (const { id, result } of results) if (result === "applied") acknowledged.add(id);
        calls += 1;
        if (calls === ACKNOWLEDGED) {
          down = true;
          await api.kill();
        }
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
    await api.start();

    const written = (await api.ledger(SKU)).map(({ id }) => id);
    assert.equal(new Set(written).size, written.length, "nothing is there twice");
    for (const id of acknowledged) assert.ok(written.includes(id), `${id} was acknowledged and is gone`);
    assert.ok(acknowledged.size >= (ACKNOWLEDGED - SENDERS) * PER_CALL);
    await ledgerMakesPosition();

    const again = await api.move(sent);
    for (const [place, { id, result }] of again.entries()) {
      assert.equal(result, written.includes(sent[place].id) ? "duplicate" : "applied", id);
    }
    assert.ok((await api.move(sent)).every(({ result }) => result === "duplicate"));
    const settled = (await api.ledger(SKU)).filter(({ id }) => id.startsWith(`r${round}-`));
    assert.equal(settled.length, sent.length);
    await ledgerMakesPosition();
  });
}

async function ledgerMakesPosition() {
  const entries = await api.ledger(SKU);
  const { on_hand, version } = await api.position(SKU);
  assert.deepEqual([on_hand, version], [entries.reduce((sum, { quantity }) => sum + quantity, 0), entries.length]);
}

test("a snapshot that was not out at the kill is published after the restart", async () => {
  await api.move([{ id: "west", sku: "WEST-1", location: "LAX1", kind: "receipt", quantity: 11 }]);
  await api.kill();
  await api.start();
  const line = await until(() => api.line("WEST-1"), ({ available }) => available === 19);
  assert.equal(line.source, "snapshot");
});
