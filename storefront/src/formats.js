// Amounts, times and days as the shopper's language writes them.

const DAY_MS = 86_400_000;

/** `{ amount, currency }` in minor units. */
export function money({ amount, currency }, language) {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** The time of day at an instant, by the clocks of `timeZone`; a line does not break in it. */
export function time(at, language, timeZone) {
  return new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone }).format(new Date(at)).replace(/\s/g, "\u00a0");
}

/** Days from now to then on the calendar of `timeZone`. */
export function daysAway(at, timeZone, now = Date.now()) {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" });
  const midnight = (instant) => Date.parse(`${format.format(new Date(instant))}T00:00:00Z`);
  return Math.round((midnight(at) - midnight(now)) / DAY_MS);
}

/** `today`, `tomorrow`, a weekday within the week, else a date. */
export function day(at, language, timeZone, now = Date.now()) {
  const away = daysAway(at, timeZone, now);
  if (away === 0 || away === 1) return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(away, "day");
  const options = away > 1 && away < 7 ? { weekday: "long" } : { day: "numeric", month: "long", ...(away > 300 ? { year: "numeric" } : {}) };
  return new Intl.DateTimeFormat(language, { ...options, timeZone }).format(new Date(at));
}

/** Units, of which no more than ten are told. */
export const count = (units, language) => new Intl.NumberFormat(language).format(units) + (units >= 10 ? "+" : "");

/** A time of day, with its day unless that is today. */
export function moment(at, language, timeZone, now = Date.now()) {
  const clock = time(at, language, timeZone);
  return daysAway(at, timeZone, now) === 0 ? clock : `${day(at, language, timeZone, now)} ${clock}`;
}

/** Year, make and model as far as they are known, in the order of the language; empty if none is. */
export function vehicleName({ year, make, model } = {}, language) {
  const order = language.startsWith("en") ? [year, make, model] : [make, model, year];
  return model ? order.filter(Boolean).join(" ") : "";
}
