// Prices: contract, account rule, group sheet, branch sheet, base type, list; promotions; margin floor; core; breaks.
// Amounts are ten-thousandths in numbers, exact below 2^53.
import type { Account, Contract, Dated, Part, PriceBreak, Promotion, SheetPrice } from "./types";

const MOST_POINTS = 16;
const MAX_QUANTITY = 1_000_000;
const minorDigits = (currency: string) => (currency === "JPY" || currency === "KRW" ? 0 : currency === "KWD" ? 3 : 2);

function divideHalfEven(numerator: number, denominator: number): number {
  const quotient = Math.floor(numerator / denominator);
  const twice = (numerator - quotient * denominator) * 2;
  return twice > denominator || (twice === denominator && quotient % 2 === 1) ? quotient + 1 : quotient;
}
const extended = (unit: number, quantity: number, currency: string) =>
  ({ amount: divideHalfEven(unit * quantity * 10 ** minorDigits(currency), 10_000), currency });
const money = (unit: number, currency: string) => extended(unit, 1, currency);
const exact = (unit: number) => `${Math.floor(unit / 10_000)}.${String(unit % 10_000).padStart(4, "0")}`;
const adjusted = (unit: number, basisPoints: number) => divideHalfEven(unit * Math.max(10_000 + basisPoints, 0), 10_000);
const sameName = (a: string, b: string) => a === b || a.toLowerCase() === b.toLowerCase();
const iso = (instant: number) => new Date(instant).toISOString();

export interface Buyer { account: Account; contract: Contract | null; promotions: Promotion[] }
interface Terms { part: Part; account: Account; contract: Dated | undefined; promotions: Promotion[] }
interface Answer { unit: number; list: { amount: number; currency: string } | null; type: string; level: string; promotion?: string }

function serving(price: Dated, quantity: number, now: number, currency: string): PriceBreak | undefined {
  if (price.currency !== currency) return undefined;
  if (price.effective !== undefined && now < price.effective) return undefined;
  if (price.expires !== undefined && price.expires <= now) return undefined;
  let best: PriceBreak | undefined;
  for (const step of price.breaks) {
    if (step.from <= quantity && (best === undefined || step.from > best.from || (step.from === best.from && step.unit < best.unit))) best = step;
  }
  return best;
}

const selling = (type: string) => !(type.startsWith("CR") || type === "RMP" || type === "WMP");

/** Group 0, branch 1, everyone 2; 3 is closed to the account. */
function scopeRank(price: SheetPrice, account: Account): number {
  const { scope } = price;
  if (scope === undefined || scope === "everyone") return 2;
  if ("group" in scope) return scope.group === account.group ? 0 : 3;
  return scope.branch === account.home ? 1 : 3;
}

function sheet(terms: Terms, quantity: number, now: number, preferred: string, wanted: (price: SheetPrice, rank: number) => boolean) {
  const { part, account } = terms;
  let best: { rank: number; price: SheetPrice; unit: number } | undefined;
  for (const price of part.prices ?? []) {
    if (!selling(price.type)) continue;
    const rank = scopeRank(price, account);
    if (rank === 3 || !wanted(price, rank)) continue;
    const step = serving(price, quantity, now, account.currency);
    if (step === undefined) continue;
    if (best === undefined || before(price, rank, step.unit, best, preferred)) best = { rank, price, unit: step.unit };
  }
  return best && { type: best.price.type, unit: best.unit };
}

function before(price: SheetPrice, rank: number, unit: number, best: { rank: number; price: SheetPrice; unit: number }, preferred: string) {
  const other = best.price;
  if (rank !== best.rank) return rank < best.rank;
  if ((price.type !== preferred) !== (other.type !== preferred)) return price.type === preferred;
  if (price.effective !== other.effective) return (price.effective ?? -Infinity) > (other.effective ?? -Infinity);
  if (price.sheet !== other.sheet) return price.sheet < other.sheet;
  return price.type !== other.type ? price.type < other.type : unit < best.unit;
}

function base(terms: Terms, quantity: number, now: number): { level: string; type: string; unit: number } | undefined {
  const { part, account } = terms;
  const agreed = terms.contract && serving(terms.contract, quantity, now, account.currency);
  if (agreed) return { level: "contract", type: "QOT", unit: agreed.unit };
  for (const rule of account.rules ?? []) {
    if (rule.brand !== undefined && rule.brand !== part.brand) continue;
    if (rule.part_type !== undefined && !sameName(rule.part_type, part.part_type.name)) continue;
    const found = sheet(terms, quantity, now, rule.price_type, (price) => price.type === rule.price_type);
    if (found) return { level: "account_rule", type: found.type, unit: adjusted(found.unit, rule.adjust_bp) };
  }
  const group = sheet(terms, quantity, now, account.base_type, (_, rank) => rank === 0);
  if (group) return { level: "group_sheet", ...group };
  const branch = sheet(terms, quantity, now, account.base_type, (_, rank) => rank === 1);
  if (branch) return { level: "branch_sheet", ...branch };
  const own = sheet(terms, quantity, now, account.base_type, (price, rank) => rank === 2 && price.type === account.base_type);
  if (own) return { level: "base_type", ...own };
  const list = sheet(terms, quantity, now, "LST", (price, rank) => rank === 2 && price.type === "LST");
  return list && { level: "list", ...list };
}

function newest(part: Part, type: string, currency: string, quantity: number, now: number): number | undefined {
  let best: { price: SheetPrice; unit: number } | undefined;
  for (const price of part.prices ?? []) {
    if (price.type !== type || (price.scope !== undefined && price.scope !== "everyone")) continue;
    const step = serving(price, quantity, now, currency);
    if (step === undefined) continue;
    const [a, b] = [price.effective ?? -Infinity, best?.price.effective ?? -Infinity];
    if (best === undefined || a > b || (a === b && (price.sheet < best.price.sheet || (price.sheet === best.price.sheet && step.unit < best.unit)))) {
      best = { price, unit: step.unit };
    }
  }
  return best?.unit;
}

function answer(terms: Terms, quantity: number, now: number): Answer | undefined {
  const { part, account } = terms;
  const found = base(terms, quantity, now);
  if (found === undefined) return undefined;
  const list = newest(part, "LST", account.currency, quantity, now);
  const result: Answer = {
    unit: found.unit, list: list === undefined ? null : money(list, account.currency), type: found.type, level: found.level,
  };
  if (found.level === "contract") return result;
  for (const promotion of terms.promotions) {
    if (now < promotion.from || promotion.until <= now || (promotion.scope?.minimum_quantity ?? 0) > quantity) continue;
    const promoted = "off_bp" in promotion.effect
      ? adjusted(found.unit, -promotion.effect.off_bp) : Math.min(promotion.effect.unit_price, found.unit);
    if (promoted < result.unit || (promoted === result.unit && result.promotion !== undefined && promotion.id < result.promotion)) {
      result.unit = promoted;
      result.promotion = promotion.id;
    }
  }
  if (account.margin_floor_bp !== undefined && part.cost !== undefined && (part.currency ?? "USD") === account.currency) {
    result.unit = Math.max(result.unit, Math.ceil((part.cost * (10_000 + account.margin_floor_bp)) / 10_000));
  }
  return result;
}

function concerns(promotion: Promotion, part: Part, account: Account): boolean {
  const { skus, brands, part_types: types, groups } = promotion.scope ?? {};
  return (!skus?.length || skus.includes(part.sku)) && (!brands?.length || brands.includes(part.brand)) &&
    (!types?.length || types.some((name) => sameName(name, part.part_type.name))) &&
    (!groups?.length || (account.group !== undefined && groups.includes(account.group))) &&
    ("off_bp" in promotion.effect || (promotion.currency ?? "USD") === account.currency);
}

/** Every point after `start` at which some record changes, ascending. */
function points(start: number, all: Iterable<number | undefined>): number[] {
  const ahead = new Set<number>();
  for (const point of all) if (point !== undefined && point > start) ahead.add(point);
  return [...ahead].sort((a, b) => a - b);
}

/** The price of a line, or why there is none. */
export function price(part: Part, buyer: Buyer, quantity: number, now: number) {
  const { account } = buyer;
  const { currency } = account;
  if (account.refused_brands?.includes(part.brand)) return { reason: { code: "brand_not_sold_to_account", detail: "this brand is not sold to this account" } };
  const contract = buyer.contract?.id === account.contract ? buyer.contract?.prices[part.sku] : undefined;
  const terms: Terms = { part, account, contract, promotions: buyer.promotions.filter((one) => concerns(one, part, account)) };
  const records: Dated[] = (part.prices ?? []).filter((one) => one.currency === currency && selling(one.type) && scopeRank(one, account) < 3);
  if (contract?.currency === currency) records.push(contract);
  const breaks = () => points(quantity, [...records.flatMap((one) => one.breaks.map((step) => step.from)),
    ...terms.promotions.map((one) => one.scope?.minimum_quantity)]).filter((from) => from <= MAX_QUANTITY);

  const found = answer(terms, quantity, now);
  if (found === undefined) {
    const from = breaks().slice(0, MOST_POINTS).find((step) => answer(terms, step, now));
    if (from !== undefined) return { reason: { code: "quantity_too_small", detail: `the smallest quantity with a price is ${from}` } };
    const elsewhere = (part.prices ?? []).some((one) => one.currency !== currency && selling(one.type));
    return { reason: elsewhere
      ? { code: "currency_not_available", detail: "there is no price in this account's currency" }
      : { code: "no_price", detail: "there is no price for this part" } };
  }
  if (part.core && (part.currency ?? "USD") !== currency) return { reason: { code: "currency_not_available", detail: "there is no price in this account's currency" } };

  const steps = breaks().slice(0, MOST_POINTS);
  const nextBreak = (unit: number, at: number) => {
    for (const from of steps) {
      const there = answer(terms, from, at)?.unit ?? unit;
      if (there !== unit) return { quantity: from, unit: money(there, currency), unit_exact: exact(there) };
    }
    return null;
  };
  const breakNext = nextBreak(found.unit, now);
  const turns = points(now, [...records.flatMap((one) => [one.effective, one.expires]),
    ...terms.promotions.flatMap((one) => [one.from, one.until])]);
  const same = (at: number) => {
    const there = answer(terms, quantity, at);
    if (there === undefined || there.unit !== found.unit || there.list?.amount !== found.list?.amount ||
      there.type !== found.type || there.level !== found.level || there.promotion !== found.promotion) return false;
    const next = nextBreak(there.unit, at);
    return next?.quantity === breakNext?.quantity && next?.unit_exact === breakNext?.unit_exact;
  };
  let until = turns.slice(0, MOST_POINTS).find((turn) => !same(turn));
  if (until === undefined) until = turns[MOST_POINTS];
  return {
    price: {
      unit: money(found.unit, currency), unit_exact: exact(found.unit), list: found.list,
      core: part.core ? money(part.core.charge, currency) : null,
      core_extended: part.core ? extended(part.core.charge, quantity, currency) : null,
      extended: extended(found.unit, quantity, currency),
      price_type: found.type, level: found.level, promotion: found.promotion,
      valid_until: until === undefined ? null : iso(until), break_next: breakNext,
    },
  };
}

/** What anybody may see: RET, else LST, never below the advertised-price floor. */
export function publicPrice(part: Part, currency: string, now: number) {
  const at = (instant: number) => {
    for (const type of ["RET", "LST"]) {
      const unit = newest(part, type, currency, 1, instant);
      if (unit === undefined) continue;
      const shown = money(unit, currency);
      let raised = false;
      for (const floor of part.prices ?? []) {
        if (floor.type !== "RMP" || (floor.scope !== undefined && floor.scope !== "everyone")) continue;
        const step = serving(floor, 1, instant, currency);
        const least = step && Math.ceil((step.unit * 10 ** minorDigits(currency)) / 10_000);
        if (least !== undefined && least > shown.amount) [shown.amount, raised] = [least, true];
      }
      const core = part.core && (part.currency ?? "USD") === currency ? money(part.core.charge, currency) : null;
      return { unit: shown, core, price_type: type, raised_to_floor: raised };
    }
    return null;
  };
  const shown = at(now);
  if (shown === null) return null;
  const open = (part.prices ?? []).filter((one) => one.currency === currency && (one.scope === undefined || one.scope === "everyone"));
  const turns = points(now, open.flatMap((one) => [one.effective, one.expires]));
  const changes = turns.slice(0, MOST_POINTS).find((turn) => {
    const there = at(turn);
    return there === null || there.unit.amount !== shown.unit.amount || there.price_type !== shown.price_type || there.raised_to_floor !== shown.raised_to_floor;
  }) ?? turns[MOST_POINTS];
  return { ...shown, valid_until: changes === undefined ? null : iso(changes) };
}
