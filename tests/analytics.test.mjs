// What Analytics Engine is told of events, with a dataset that writes down what it gets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { trace } from "../functions/glue/analytics.js";

const traced = (...texts) => {
  const points = [];
  trace({ writeDataPoint: (point) => points.push(point) }, texts);
  return points;
};
const message = (source, ...events) => JSON.stringify({ source, events });
const event = (kind, at = "2026-11-21T10:00:00.000Z") => ({ seq: 1, at, kind });

test("a point stands for the events of one source, kind and day", () => {
  const points = traced(
    message("enam/1", event("held"), event("moved"), event("held")),
    message("enam/1", event("held"), event("held", "2026-11-22T00:00:00.000Z")),
    message("wnam/1", event("held")),
  );
  assert.deepEqual(points, [
    { indexes: ["enam/1"], blobs: ["held", "enam/1", "2026-11-21"], doubles: [3] },
    { indexes: ["enam/1"], blobs: ["moved", "enam/1", "2026-11-21"], doubles: [1] },
    { indexes: ["enam/1"], blobs: ["held", "enam/1", "2026-11-22"], doubles: [1] },
    { indexes: ["wnam/1"], blobs: ["held", "wnam/1", "2026-11-21"], doubles: [1] },
  ]);
});

test("what is no message has no point", () => {
  assert.deepEqual(traced("no message", "{}", message("s")), []);
});

test("more sources than an invocation may write points are told by their sort", () => {
  const desks = (count) => Array.from({ length: count }, (_, n) => message(`quotes/${n}`, event("quote_held")));
  assert.equal(traced(...desks(250)).length, 250);
  const [of, ...others] = traced(...desks(300), message("enam/1", event("held")));
  assert.deepEqual(of, { indexes: ["quotes"], blobs: ["quote_held", "quotes", "2026-11-21"], doubles: [300] });
  assert.deepEqual(others.map(({ blobs: [, source] }) => source), ["enam"]);
  const kinds = Array.from({ length: 300 }, (_, n) => message("s", event(`kind-${n}`)));
  assert.equal(traced(...kinds).length, 250, "never more than it may");
});

test("a dataset that fails or is not there fails nothing", () => {
  trace(undefined, [message("s", event("held"))]);
  trace({ writeDataPoint: () => { throw new Error("as told"); } }, [message("s", event("held"))]);
});
