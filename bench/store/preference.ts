// Where an account's stock is taken: its regions from the nearest on, in each the order of delivery.
import { distance, survey } from "../peer/sourcing";
import type { Account, Location } from "../peer/types";

const FRESH_MS = 1_000;
const known = new Map<string, { order: string[]; until: number }>();

/** Every location, best first. The order changes with the hour of day, so it is worked out once a second. */
export function preference(locations: Location[], account: Account, now: number): string[] {
  let entry = known.get(account.home);
  if (entry === undefined || now >= entry.until) {
    const home = locations.find((location) => location.id === account.home)!;
    const regions = [...new Set([...locations].sort((a, b) => distance(a, home) - distance(b, home)).map(({ region }) => region))];
    const regionOf = new Map(locations.map(({ id, region }) => [id, region]));
    const surveyed = survey(locations, home, account.home, false, null, now).map(({ source }) => source.location);
    entry = { order: regions.flatMap((region) => surveyed.filter((id) => regionOf.get(id) === region)), until: now + FRESH_MS };
    known.set(account.home, entry);
  }
  return entry.order;
}
