// The collector of functions/glue/garbage.js, with a clock and a runtime of the test's own.
import assert from "node:assert/strict";
import { mock, test } from "node:test";

test("garbage is collected after so many requests, and no more often than so", async () => {
  globalThis.gc = mock.fn();
  mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { collect } = await import("../functions/glue/garbage.js");
  const calls = () => globalThis.gc.mock.callCount();
  const requests = (count) => { for (let n = 0; n < count; n++) collect(); };
  requests(499);
  assert.equal(calls(), 0);
  requests(1);
  assert.equal(calls(), 1);
  requests(5_000);
  assert.equal(calls(), 1, "so many came at once");
  mock.timers.setTime(1_000_250);
  requests(1);
  assert.equal(calls(), 2);
  mock.timers.setTime(9_000_000);
  requests(499);
  assert.equal(calls(), 2, "few have come since, though long ago");
});
