// A day of a distributor, as a list of errands in the order in which they begin. The same seed makes the same day: who comes,
// for what, and what they do with the answer. What they are answered is the instance's to say.
import { shuffled, stream } from "./random.mjs";

/** Windshields and sensors that fit these vehicles, and who may calibrate them: docs/demo-catalogue.md. */
const CALIBRATED = [
  { sku: "GLSV-G1450", vin: "1HGCV1F37JA000001" },
  { sku: "SNSQ-20340", vin: "5YJ3E1EA2JF000316" },
  { sku: "SNSQ-20059", vin: "1FTEW1EP2JFA00001" },
];
const DIGITAL = ["DGTA-D101", "DGTA-D102", "DGTA-D104", "DGTA-D104", "DGTA-D105", "DGTA-D107"];
const VEHICLES = [
  ["1HGCM82633A004352", "brake pad"], ["1HGCV1F37JA000001", "windshield"], ["5YJ3E1EA2JF000316", "brake pad"],
  ["1FTEW1EP2JFA00001", "spark plug"], ["JTDKARFU5J3000001", "brake rotor"],
];
const OVERSEAS = ["LON1", "PAR1", "AMS1", "MAD1", "SIN1", "TYO1"];

/** How many of each errand a day has. */
export const DAY = {
  compare: 260, repair: 200, fleet: 60, browse: 320, count: 90, calibrate: 42, race: 7, behind: 4, recount: 2, restock: 40,
};

/** The errands of the day of `seed`; `share` of them, 1 for all. Each has an `id`, a `kind` and what it is about. */
export function day({ plenty, scarce, far }, { seed = 1, share = 1 } = {}) {
  // Each of them for one errand.
  const rare = { near: shuffled(scarce, stream(seed, "scarce")), far: shuffled(far, stream(seed, "far")) };
  const errands = [];
  for (const [kind, count] of Object.entries(DAY)) {
    for (let place = 0; place < Math.max(1, Math.round(count * share)); place++) {
      const random = stream(seed, `${kind}/${place}`);
      errands.push({ id: `${kind}-${place}`, kind, ...ERRANDS[kind](random, plenty, rare) });
    }
  }
  return shuffled(errands, stream(seed, "order"));
}

const lines = (random, plenty, least, most, quantity = 4) => {
  const skus = new Set();
  for (const wanted = random.from(least, most); skus.size < wanted;) skus.add(random.popular(plenty));
  return [...skus].map((sku) => ({ sku, quantity: random.chance(0.7) ? 1 : random.from(1, quantity) }));
};

/** What becomes of a quote: `commit`, `release`, or nothing, until its time is over. */
const outcome = (random, commit, release) => {
  const drawn = random.next();
  return drawn < commit ? "commit" : drawn < commit + release ? "release" : "leave";
};

const ERRANDS = {
  // An agent compares for its customer, and buys now and then.
  compare: (random, plenty) => ({
    asked: Array.from({ length: random.from(1, 3) }, () => lines(random, plenty, 1, 6)),
    holds: random.chance(0.35), then: outcome(random, 0.45, 0.4),
  }),
  // A shop needs parts for the car on its lift.
  repair: (random, plenty) => ({
    asked: [lines(random, plenty, 1, 4)], vehicle: random.chance(0.25) ? random.of(VEHICLES) : null,
    holds: random.chance(0.65), then: outcome(random, 0.75, 0.15), brings: random.chance(0.04),
    digital: random.chance(0.3) ? random.of(DIGITAL) : null,
  }),
  // A fleet fills its stores, some of them overseas.
  fleet: (random, plenty) => ({
    asked: [lines(random, plenty, 8, 30, 8)], to: random.chance(0.35) ? random.of(OVERSEAS) : null,
    holds: random.chance(0.75), then: outcome(random, 0.8, 0.1), digital: random.chance(0.2) ? random.of(DIGITAL) : null,
  }),
  // Somebody looks at a webstore's pages, which report how fast they were.
  browse: (random, plenty) => ({
    skus: Array.from({ length: random.from(1, 4) }, () => random.popular(plenty)),
    timings: {
      ttfb: Math.round(random.around(120, 0.6)), fcp: Math.round(random.around(700, 0.5)), lcp: Math.round(random.around(1_300, 0.5)),
      inp: Math.round(random.around(90, 0.7)), cls: Math.round(random.around(30, 1)), widget: Math.round(random.around(160, 0.6)),
    },
    phantom: random.chance(0.01),
  }),
  // A branch counts a shelf: most records are right.
  count: (random, plenty) => ({ sku: random.popular(plenty), off: random.chance(0.9) ? 0 : random.of([-2, -1, -1, 1]) }),
  // A sensor or windshield is sold with its authorisation, and calibrated, or not.
  calibrate: (random) => ({
    ...random.of(CALIBRATED), outcome: random.chance(0.86) ? "succeeded" : random.of(["failed", "later", "later"]), wrongTool: random.chance(0.08),
  }),
  // Two are told of the last ones, and the other is faster.
  race: (_, __, { near }) => ({ part: near.pop() }),
  // The same with stock of another region, of which snapshots tell.
  behind: (_, __, { far }) => ({ part: far.pop() }),
  // Somebody is told of the last ones, and a count finds none.
  recount: (_, __, { near }) => ({ part: near.pop() }),
  restock: (random, plenty) => ({ sku: random.popular(plenty), location: random.of(["ATL-DC", "RNO-DC", "ATL1", "LAX1"]), quantity: random.from(4, 24) }),
};
