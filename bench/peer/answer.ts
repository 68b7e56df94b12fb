// The answer to a query, line by line, with the fields of Holdfast's.
import { price, type Buyer } from "./pricing";
import { rank, type survey } from "./sourcing";
import { offer, promiseDate, type Choice, type Offer, type StockTable } from "./supply";
import type { Part } from "./types";

const MAX_SOURCES = 5;
const SNAPSHOT_STALENESS_MS = 64_000;

export interface Terms { buyer: Buyer; surveyed: ReturnType<typeof survey>; stock: StockTable; now: number }

const iso = (instant: number) => new Date(instant).toISOString();
const summary = (part: Part) => ({ sku: part.sku, brand: part.brand, number: part.number, description: part.description });

export function status(part: Part, quantity: number, offered: Offer, now: number): { status: string; eta?: string } {
  const { available } = offered;
  const discontinued = part.life_cycle === "discontinued";
  if ((offered.unlimited && !discontinued) || available >= quantity * 2) return { status: "in_stock" };
  if (available >= quantity) return { status: "low_stock" };
  if (discontinued) return { status: "discontinued" };
  const eta = promiseDate(offered, quantity, now);
  if (eta !== undefined) return { status: "backorder", eta: iso(eta) };
  const toOrder = (part.supply === "made_to_order" || part.supply === "quick_ship") && !part.superseded_by?.length;
  return { status: toOrder ? "special_order" : "out_of_stock" };
}

export function answerLine(line: number, matched: string, choices: Choice[], terms: Terms) {
  const { now } = terms;
  const [first, ...others] = choices as [Choice, ...Choice[]];
  const { part, quantity } = first;
  const offered = offer(terms.stock, first, now);
  const priced = price(part, terms.buyer, quantity, now);
  const available = new Map<string, number>();
  for (const at of offered.locations) available.set(at.location, at.available);
  const incoming = offered.locations.flatMap((at) => (at.incoming ?? []).map((receipt) => ({ location: at.location, quantity: receipt.quantity, at: receipt.eta })));
  incoming.sort((a, b) => a.at - b.at);
  const pack = part.pack ?? { minimum: 1, multiple: 1 };
  const orderable = Math.ceil(Math.max(quantity, pack.minimum) / pack.multiple) * pack.multiple;
  return {
    line, ...summary(part), match: matched, quantity,
    ...status(part, quantity, offered, now),
    available: offered.available, as_of: iso(offered.asOf), source: offered.snapshot ? "snapshot" : "shard",
    max_staleness_ms: offered.snapshot ? SNAPSHOT_STALENESS_MS : 0,
    price: priced.price ?? null, price_reason: priced.reason,
    sources: rank(terms.surveyed, quantity, available).slice(0, MAX_SOURCES),
    incoming: incoming.slice(0, MAX_SOURCES).map(({ location, quantity: units, at }) => ({ location, quantity: units, eta: iso(at) })),
    alternates: others.map((choice) => {
      const there = offer(terms.stock, choice, now);
      return {
        ...summary(choice.part), relation: choice.relation, quantity: choice.quantity,
        status: status(choice.part, choice.quantity, there, now).status, available: there.available,
        price: price(choice.part, terms.buyer, choice.quantity, now).price ?? null,
      };
    }),
    pack,
    calibration: part.calibration && { required: true, ecu: part.calibration.ecu, procedure: part.calibration.procedure },
    notes: orderable === quantity ? undefined
      : [`sold from ${pack.minimum} in multiples of ${pack.multiple}: order ${orderable}`],
  };
}

/** A line that names no part. */
export function unknownLine(line: number, quantity: number, now: number) {
  return {
    line, match: "none", quantity, status: "unknown", available: 0, as_of: iso(now), source: "shard", max_staleness_ms: 0,
    price: null, sources: [], incoming: [], alternates: [],
    reason: { code: "unknown_sku", detail: "no part has this sku; try its brand and number" },
  };
}
