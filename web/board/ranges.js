// The periods that can be chosen, in days of UTC.

const MILLIS = 86_400_000;
export const text = (time) => new Date(time).toISOString().slice(0, 10);
const time = (day) => Date.parse(`${day}T00:00:00Z`);
const plus = (day, days) => text(time(day) + days * MILLIS);
const days = (from, to) => (time(to) - time(from)) / MILLIS + 1;

/** The first day of the week (from Monday on) or month that a day is in. */
function start(by, day) {
  if (by === "week") return plus(day, -((new Date(time(day)).getUTCDay() + 6) % 7));
  return by === "month" ? `${day.slice(0, 7)}-01` : day;
}

/** `{ from, to, by }` of what was chosen: a `range`, or an own `from`, `to` and `by`. Weeks and months are whole at the beginning. */
export function period({ range, from, to, by }, today) {
  if (range === "own") return { from: from && start(by, from), to, by };
  if (range === "30d") return { from: plus(today, -29), to: today, by: "day" };
  if (range === "13w") return { from: plus(start("week", today), -12 * 7), to: today, by: "week" };
  if (range === "12m") {
    const [year, month] = today.split("-").map(Number);
    return { from: text(Date.UTC(year, month - 12, 1)), to: today, by: "month" };
  }
  return { from: plus(today, -6), to: today, by: "day" };
}

/** As many days before. */
export function before({ from, to }) {
  return { from: plus(from, -days(from, to)), to: plus(from, -1) };
}
