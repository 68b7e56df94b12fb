// Numbers and days as people read them.
export const NOTHING = "–";

const whole = new Intl.NumberFormat("en");
const DAY = { day: "numeric", month: "short", timeZone: "UTC" };
const format = (day, options) => new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", options);

export const count = (value) => (value === null || value === undefined ? NOTHING : whole.format(value));

/** A share in percent, to a tenth; to a hundredth where a tenth would make it nothing or everything. */
export function percent(value) {
  if (value === null || value === undefined) return NOTHING;
  const near = Math.min(Math.abs(value), Math.abs(1 - value));
  const digits = near === 0 ? 0 : near < 0.001 ? 2 : 1;
  return `${new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value * 100)} %`;
}

export const millis = (value) => (value === null || value === undefined ? NOTHING : `${whole.format(value)} ms`);

/** Minor units as money; without the cents where there are many of them. */
export function money(minor, currency, { short = false } = {}) {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  const digits = new Intl.NumberFormat("en", style).resolvedOptions().maximumFractionDigits;
  const value = minor / 10 ** digits;
  if (short) return new Intl.NumberFormat("en", { ...style, notation: "compact", maximumFractionDigits: 1 }).format(value);
  const fraction = Math.abs(value) >= 1_000 ? { maximumFractionDigits: 0 } : {};
  return new Intl.NumberFormat("en", { ...style, ...fraction }).format(value);
}

/** `21 Nov`, `W47`, `Nov ’26`: what stands under a chart. */
export function periodLabel({ day, week, month }) {
  if (week) return week.slice(5);
  if (month) return `${format(`${month}-01`, { month: "short", timeZone: "UTC" })} ’${month.slice(2, 4)}`;
  return format(day, DAY);
}

/** The same with all that tells it from others: what stands in a table. */
export function periodName({ day, week, month, from, to }) {
  if (week) return `${week}, ${span(from, to)}`;
  if (month) return format(`${month}-01`, { month: "long", year: "numeric", timeZone: "UTC" });
  return format(day, { weekday: "short", ...DAY });
}

/** `15 – 21 November 2026` */
export function span(from, to) {
  const long = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  if (from === to) return format(from, long);
  const same = from.slice(0, 4) === to.slice(0, 4);
  return `${format(from, same ? DAY : long)} – ${format(to, long)}`;
}

/** A difference of shares in points, signed. */
export function points(now, before) {
  const difference = (now - before) * 100;
  const text = Math.abs(difference).toFixed(Math.abs(difference) < 0.1 && difference !== 0 ? 2 : 1);
  return Number(text) === 0 ? "unchanged" : `${difference > 0 ? "+" : "−"}${text} points`;
}

export const REGIONS = {
  enam: "Eastern North America", wnam: "Western North America", weur: "Western Europe", eeur: "Eastern Europe", apac: "Asia-Pacific",
  sam: "South America", afr: "Africa", me: "Middle East", oc: "Oceania", none: "No region",
};

export const regionName = (id) => REGIONS[id] ?? id;

export const METRICS = {
  ttfb: "First byte (TTFB)", fcp: "First content (FCP)", lcp: "Largest content (LCP)", inp: "Next paint (INP)",
  cls: "Layout shift (CLS)", load: "Page loaded", widget: "Answer in the widget",
};

export const POWERTRAINS = {
  ice: "Combustion", hybrid: "Hybrid", plug_in_hybrid: "Plug-in hybrid", ev: "Electric", fuel_cell: "Fuel cell", unknown: "Not known",
};
