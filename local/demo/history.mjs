// What other systems report: the households that a distributor knows, twelve weeks of their sales and of counted records, as
// an ERP would send them. A day's events are the same whenever they are made.
import { stream } from "./random.mjs";

const DAYS = 84;
const MILLIS = 86_400_000;
const REGIONS = ["enam", "enam", "enam", "wnam", "wnam", "weur"];
const usd = (amount) => ({ amount: Math.round(amount), currency: "USD" });

/** The events of the twelve weeks that end with `today` (a time), some four thousand. */
export function history(seed, today) {
  const first = Math.floor(today / MILLIS) - DAYS + 1;
  const households = Array.from({ length: 600 }, (_, place) => household(seed, place, first));
  const events = households.map(({ registration }) => registration);
  for (let day = first; day < first + DAYS; day++) {
    const random = stream(seed, `sales/${day}`);
    const date = new Date(day * MILLIS).toISOString().slice(0, 10);
    // Today is not over: what is still to come would be refused.
    const at = day === first + DAYS - 1 ? new Date(today).toISOString() : `${date}T${String(random.from(7, 19)).padStart(2, "0")}:30:00Z`;
    const weekend = [0, 6].includes(new Date(day * MILLIS).getUTCDay());
    const passed = (day - first) / DAYS;
    const sales = Math.round(random.around(weekend ? 5 : 12, 0.4));
    for (let sale = 0; sale < sales; sale++) events.push(sold(random, `demo-sale-${seed}-${date}-${sale}`, at, random.of(households), passed));
    // What accounts buy today goes through quotes.
    const orders = day === first + DAYS - 1 ? 0 : Math.round(random.around(weekend ? 6 : 18, 0.3));
    for (let order = 0; order < orders; order++) events.push(ordered(random, `demo-order-${seed}-${date}-${order}`, at, passed));
    for (let record = 0; record < (weekend ? 0 : 9); record++) events.push(counted(random, `demo-count-${seed}-${date}-${record}`, at));
  }
  return events;
}

function household(seed, place, first) {
  const random = stream(seed, `household/${place}`);
  const [id, region] = [`demo-household-${seed}-${place}`, random.of(REGIONS)];
  const drawn = random.next();
  const powertrains = drawn < 0.62 ? ["ice", "ice"] : drawn < 0.78 ? ["ice", "ev"] : drawn < 0.9 ? ["ev"] : ["hybrid", "ice"];
  const vehicles = powertrains.slice(0, random.from(1, 2)).map((powertrain) => ({ powertrain, count: 1 }));
  const at = new Date((first - random.from(1, 30)) * MILLIS).toISOString();
  return { id, region, vehicles, registration: { id: `${id}-registered`, kind: "household", at, region, household: id, vehicles } };
}

/** A sale. Digital and recurring revenue grow over the weeks, from a tenth of the sales to a fifth. */
function sold(random, id, at, { id: household, region, vehicles }, passed) {
  const { powertrain } = random.of(vehicles);
  const lines = [{ class: "physical", amount: usd(random.around(powertrain === "ev" ? 6_500 : 9_000, 0.9)), powertrain }];
  if (random.chance(0.1 + 0.1 * passed)) lines.push({ class: "recurring", amount: usd(random.of([2_900, 4_900, 9_900])), powertrain });
  if (random.chance(0.08 + 0.12 * passed)) lines.push({ class: "digital", amount: usd(random.around(3_000, 0.5)), powertrain });
  // One in ten is not registered.
  return { id, kind: "sale", at, region, household: random.chance(0.9) ? household : `${household}-moved`, lines };
}

/** What a shop or fleet bought before its orders came through quotes. */
function ordered(random, id, at, passed) {
  const lines = [{ class: "physical", amount: usd(random.around(260_000, 0.8)) }];
  if (random.chance(0.25 + 0.2 * passed)) lines.push({ class: "recurring", amount: usd(random.around(30_000 + 30_000 * passed, 0.4)) });
  if (random.chance(0.2 + 0.1 * passed)) lines.push({ class: "digital", amount: usd(random.around(25_000, 0.6)) });
  return { id, kind: "sale", at, region: random.of(REGIONS), lines };
}

function counted(random, id, at) {
  const grade = random.of(["A", "A", "B", "B", "C"]);
  const expected = random.from(10, 400);
  const off = random.chance(0.84) ? 0 : Math.round(expected * random.around(0.03, 1)) * (random.chance(0.6) ? -1 : 1);
  return { id, kind: "count", at, region: random.of(REGIONS), class: grade, expected, found: Math.max(expected + off, 0) };
}
