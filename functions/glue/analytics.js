// A trace of the events for ad-hoc questions: Analytics Engine, on the network only. Nothing rests on it.
//
// The platform takes 250 data points from one invocation, fewer than a batch of messages can have events. So a point
// stands for the events of one source, kind and day in a batch, and says how many they are; or, where those are too many, of
// all sources of a sort: `quotes` in place of `quotes/shop-1`.
const MAX_POINTS = 250;

/** Tells `dataset`, if the deployment has one, of the events in the texts of messages. Never fails. */
export function trace(dataset, texts) {
  if (dataset === undefined) return;
  try {
    const all = texts.flatMap(events);
    let points = grouped(all, (source) => source);
    if (points.length > MAX_POINTS) points = grouped(all, (source) => source.split("/", 1)[0]);
    for (const point of points.slice(0, MAX_POINTS)) dataset.writeDataPoint(point);
  } catch (error) {
    console.error("events were not traced:", error);
  }
}

/** A point for each kind and day of what `name` calls a source. */
function grouped(all, name) {
  const points = new Map();
  for (const [source, { kind, at }] of all) {
    const blobs = [kind, name(source), String(at).slice(0, 10)];
    const key = blobs.join("\n");
    const point = points.get(key) ?? { indexes: [blobs[1].slice(0, 96)], blobs, doubles: [0] };
    point.doubles[0] += 1;
    points.set(key, point);
  }
  return [...points.values()];
}

/** Each event of a message with its source. A text that is no message has none; the log keeps it as rejected. */
function events(text) {
  try {
    const { source, events } = JSON.parse(text);
    return events.map((event) => [source, event]);
  } catch {
    return [];
  }
}
