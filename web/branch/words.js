// Numbers, times and kinds as people at a counter read them.

const whole = new Intl.NumberFormat("en");
export const count = (value) => whole.format(value);
export const units = (value) => `${count(value)} ${value === 1 ? "unit" : "units"}`;

export function money({ amount, currency }) {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
  const digits = new Intl.NumberFormat("en", style).resolvedOptions().maximumFractionDigits;
  return new Intl.NumberFormat("en", style).format(amount / 10 ** digits);
}

/** `14:03`, or with its day where that is not today. */
export function time(at) {
  const date = new Date(at);
  const clock = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const today = date.toDateString() === new Date().toDateString();
  return today ? clock : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${clock}`;
}

/** What a movement does, by its kind: as a deed that is done, and as a heading. */
export const KINDS = {
  receipt: "Received", return: "Brought back", transfer_in: "Came from another branch", transfer_out: "Sent to another branch",
  adjustment: "Corrected", count: "Counted", damage: "Broken or gone", quarantine: "Quarantined",
  release_quarantine: "Out of quarantine", pick: "Picked", hand_over: "Handed over",
};

/** A movement in one line. */
export function deed({ kind, quantity, sku }) {
  return `${KINDS[kind] ?? kind}: ${count(quantity)} × ${sku}`;
}

/** The last characters of a quote's id: what people at the counter say to each other. */
export const short = (quote) => quote.slice(-6);
