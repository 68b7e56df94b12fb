// Numbers and tables as text.

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};
export const whole = (value) => Math.round(value).toLocaleString("en");
export const count = (size) => size.toLocaleString("en");
export const ms = (micros) => (micros / 1000).toFixed(2);
export const times = (value) => `${value.toFixed(2)} ×`;

/** A Markdown table; the first column is text, the others are numbers. */
export const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** The row of a target: what, the limit, what was reached, the verdict. */
export const target = (what, reached, limit, met) => [what, limit, reached, met ? "met" : "**missed**"];
