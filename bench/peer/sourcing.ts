// Which locations can serve a request and when: hours, cut-offs, distance, order of preference, fewest splits.
import type { Location } from "./types";

const MINUTE = 60_000;
const DAY = 86_400_000;
const LOOK_AHEAD_DAYS = 14;
const CARRIER_KM_A_DAY = 800;
const CARRIER_DAY_ENDS = 18 * 60;

export interface Source {
  location: string; kind: string; available: number; distance_km: number;
  ready_at: string | null; deliver_by: string | null; cutoff: string | null; open_now: boolean; opens_at: string | null;
}
interface Surveyed { source: Source; when: number | null; home: boolean; timeliness: number }
interface Opening { day: number; opens: number; closes: number }

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Kilometres along a great circle, to 0.1. */
export function distance(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const half = (from: number, to: number) => Math.sin(radians(to - from) / 2) ** 2;
  const across = Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(a.lon, b.lon);
  return Math.round(20 * 6371.0088 * Math.asin(Math.sqrt(Math.min(half(a.lat, b.lat) + across, 1)))) / 10;
}

export function nearest(locations: Location[], place: { lat: number; lon: number }): Location | undefined {
  let best: Location | undefined;
  let least = Infinity;
  for (const location of locations) {
    const away = distance(location, place);
    if (away < least) [best, least] = [location, away];
  }
  return best;
}

function offsetAt(location: Location, instant: number): number {
  const { offsets } = location;
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]!.from <= instant) low = middle + 1;
    else high = middle;
  }
  return (offsets[Math.max(low - 1, 0)]?.minutes ?? 0) * MINUTE;
}

function instantOf(location: Location, day: number, minute: number): number {
  const shown = day * DAY + minute * MINUTE;
  const earlier = offsetAt(location, shown - DAY);
  const later = offsetAt(location, shown + DAY);
  if (earlier === later) return shown - earlier;
  const skipped = offsetAt(location, shown - earlier) !== earlier && offsetAt(location, shown - later) === later;
  return shown - (skipped ? later : earlier);
}

/** The openings of the next two weeks that are not over at `now`. */
function* openings(location: Location, now: number): Generator<Opening> {
  const today = Math.floor((now + offsetAt(location, now)) / DAY);
  const overnight = location.hours.some((hours) => hours !== null && hours.close > 1440);
  for (let day = overnight ? today - 1 : today; day <= today + LOOK_AHEAD_DAYS; day++) {
    const hours = location.hours[(day + 3) % 7];
    if (!hours || location.closed_days?.includes(day)) continue;
    const opens = instantOf(location, day, hours.open);
    const closes = instantOf(location, day, hours.close);
    if (opens < closes && now < closes) yield { day, opens, closes };
  }
}

function readyAt(location: Location, now: number): number | null {
  let left = location.handling_minutes * MINUTE;
  let from = now;
  for (const opening of openings(location, now)) {
    const begin = Math.max(opening.opens, from);
    const room = Math.max(opening.closes - begin, 0);
    if (left < room) return begin + left;
    left -= room;
    from = Math.max(opening.closes, from);
  }
  return null;
}

function delivery(location: Location, now: number, km: number): { cutoff: number; by: number } | null {
  if (location.cutoff_minute === undefined) return null;
  for (const opening of openings(location, now)) {
    const cutoff = Math.min(instantOf(location, opening.day, location.cutoff_minute), opening.closes);
    if (now >= cutoff) continue;
    if (km <= location.delivery_radius_km) return { cutoff, by: opening.closes };
    let days = Math.max(Math.ceil(km / CARRIER_KM_A_DAY), 1);
    for (let day = opening.day + 1; day <= opening.day + 120; day++) {
      if ((day + 3) % 7 >= 5 || location.closed_days?.includes(day)) continue;
      if (--days === 0) return { cutoff, by: instantOf(location, day, CARRIER_DAY_ENDS) };
    }
    return null;
  }
  return null;
}

const iso = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString());

/** What each location can do, the preferred first. */
export function survey(
  locations: Location[], place: { lat: number; lon: number }, home: string, pickup: boolean, neededBy: number | null, now: number,
): Surveyed[] {
  const all = locations.map((location): Surveyed => {
    const km = distance(location, place);
    const delivered = delivery(location, now, km);
    const ready = readyAt(location, now);
    const next = openings(location, now).next().value ?? null;
    const openNow = next !== null && next.opens <= now;
    const when = pickup ? ready : (delivered?.by ?? null);
    return {
      source: {
        location: location.id, kind: location.kind, available: 0, distance_km: km, ready_at: iso(ready),
        deliver_by: iso(delivered?.by ?? null), cutoff: iso(delivered?.cutoff ?? null),
        open_now: openNow, opens_at: iso(openNow || next === null ? null : next.opens),
      },
      when,
      home: location.id === home,
      timeliness: when === null ? 2 : neededBy !== null && when > neededBy ? 1 : 0,
    };
  });
  return all.sort((a, b) =>
    a.timeliness - b.timeliness || Number(b.home) - Number(a.home) || (a.when ?? -1) - (b.when ?? -1) ||
    a.source.distance_km - b.source.distance_km || (a.source.location < b.source.location ? -1 : 1));
}

/** The locations that have any, best first: those the quantity is taken from, then the others. */
export function rank(surveyed: Surveyed[], quantity: number, available: Map<string, number>): Source[] {
  const candidates: { one: Surveyed; source: Source; chosen: boolean }[] = [];
  for (const one of surveyed) {
    const units = available.get(one.source.location) ?? 0;
    if (units > 0) candidates.push({ one, source: { ...one.source, available: units }, chosen: false });
  }
  let left = quantity;
  for (let start = 0; start < candidates.length; ) {
    let end = start + 1;
    while (end < candidates.length && candidates[end]!.one.timeliness === candidates[start]!.one.timeliness) end++;
    left = chooseFewest(candidates.slice(start, end), left);
    start = end;
  }
  candidates.sort((a, b) =>
    Number(b.chosen) - Number(a.chosen) || a.one.timeliness - b.one.timeliness ||
    Number(!a.chosen && a.source.available < quantity) - Number(!b.chosen && b.source.available < quantity));
  return candidates.map(({ source }) => source);
}

function chooseFewest(candidates: { source: Source; chosen: boolean }[], quantity: number): number {
  const byStock = candidates.map(({ source }, place) => ({ units: source.available, place }))
    .sort((a, b) => b.units - a.units || b.place - a.place);
  let held = 0;
  let places = 0;
  while (places < byStock.length && held < quantity) held += byStock[places++]!.units;
  let taken = 0;
  for (let place = 0; place < candidates.length && places > 0; place++) {
    const withIt = taken + candidates[place]!.source.available;
    let after = 0;
    let others = places - 1;
    for (const { units, place: other } of byStock) {
      if (others === 0) break;
      if (other > place) {
        after += units;
        others--;
      }
    }
    if (withIt + after >= Math.min(quantity, held)) {
      candidates[place]!.chosen = true;
      taken = withIt;
      places--;
    }
  }
  return Math.max(quantity - taken, 0);
}
