// Charts: uPlot drawn in the page's own colours. Each has words for what it shows, and a table beside it has its numbers.
import uPlot from "uplot";
import { h } from "./dom.js";

const HEIGHT = 200;
const DASHES = { solid: [], dashed: [7, 4], dotted: [2, 3] };
const live = new Set();

/** Ends all charts, before others take their place. */
export function clear() {
  for (const chart of live) chart.end();
  live.clear();
}

/** Draws all charts again, in other colours. */
export function redraw() {
  for (const chart of live) chart.draw();
}

/**
 * A figure. `labels` stand under it and `names` tell the same in full; each of `series` has a `label`, `values` (null where
 * there is none), a `colour` (a custom property of the style sheet) and perhaps a `dash`. `told` makes a text of a value,
 * `tick` one for the axis; `least` and `most` are what the axis shows at least. `stacked`: as bars upon each other.
 */
export function chart({ title, labels, names, series, told, tick = told, least = 0, most = 0, stacked = false }) {
  const canvas = h("div", { class: "canvas", role: "img", "aria-label": words(title, names, series, told) });
  const readout = h("p", { class: "readout", "aria-hidden": "true" });
  const keys = h("ul", { class: "keys", "aria-hidden": "true" }, series.map(({ label, colour, dash = "solid" }) => {
    const key = h("li", { class: stacked ? "block" : dash }, label);
    key.style.setProperty("--key", `var(${colour})`);
    return key;
  }));
  const figure = h("figure", { class: "chart" }, h("figcaption", {}, title), canvas, h("div", { class: "under" }, keys, readout));
  const say = (place) => {
    const values = place === null ? "" : series.map(({ label, values }) => `${label} ${told(values[place])}`).join(" · ");
    readout.textContent = place === null ? "" : `${names[place]}: ${values}`;
  };

  let plot;
  const draw = () => {
    plot?.destroy();
    const width = canvas.clientWidth;
    if (width === 0) return;
    const colour = (name) => resolved(canvas, name);
    const font = `12px ${getComputedStyle(canvas).fontFamily}`;
    const axis = { stroke: colour("--quiet"), font, ticks: { show: false }, border: { show: false } };
    const tall = series.flatMap(({ values }) => values).filter((value) => value !== null);
    const sums = labels.map((_, place) => series.reduce((sum, { values }) => sum + Math.max(values[place] ?? 0, 0), 0));
    const highest = round(Math.max(most, ...(stacked ? sums : tall)));
    const lines = series.map(({ values, colour: name, dash = "solid" }) => ({
      values, stroke: colour(name), width: 2, dash: DASHES[dash],
      points: { show: labels.length <= 40, size: 6, fill: colour("--card"), stroke: colour(name), width: 2 },
    }));
    // The sum of all is drawn first, what it is made of over it.
    const blocks = series.map(({ colour: name }, place) => ({
      values: labels.map((_, at) => series.slice(0, place + 1).reduce((sum, { values }) => sum + Math.max(values[at] ?? 0, 0), 0) || null),
      fill: colour(name), stroke: colour("--card"), width: 1, paths: uPlot.paths.bars({ size: [0.62, 56] }), points: { show: false },
    })).reverse();
    const drawn = stacked ? blocks : lines;
    plot = new uPlot({
      width, height: HEIGHT, legend: { show: false }, padding: [12, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !stacked, size: 9 } },
      scales: {
        x: { time: false, range: [-0.5, labels.length - 0.5] },
        y: { range: [least, highest > least ? highest + (highest - least) * 0.04 : least + 1] },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 52, size: 28, incrs: [1, 2, 3, 4, 5, 7, 10, 14, 20, 30], values: (_, at) => at.map((place) => labels[place] ?? "") },
        { ...axis, grid: { stroke: colour("--line"), width: 1 }, space: 44, size: 62, values: (_, at) => at.map((value) => tick(value)) },
      ],
      series: [{}, ...drawn.map(({ values, ...line }) => line)],
      hooks: { setCursor: [({ cursor: { idx } }) => say(idx ?? null)] },
    }, [labels.map((_, place) => place), ...drawn.map(({ values }) => values)], canvas);
  };
  const watcher = new ResizeObserver(() => {
    if (plot === undefined || plot.width !== canvas.clientWidth) draw();
  });
  watcher.observe(canvas);
  live.add({ draw, end: () => { watcher.disconnect(); plot?.destroy(); } });
  return figure;
}

/** The next number that an axis may end with. */
function round(value) {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.9999);
}

/** What a chart shows, for whoever does not see it. */
function words(title, names, series, told) {
  const parts = series.map(({ label, values }) => {
    const known = values.map((value, place) => [value, place]).filter(([value]) => value !== null);
    if (known.length === 0) return `${label}: nothing`;
    const last = known.at(-1);
    const [low, high] = [known, known].map((all, place) => all.reduce((one, other) => ((other[0] < one[0]) === (place === 0) ? other : one)));
    return `${label}: ${told(last[0])} last (${names[last[1]]}), from ${told(low[0])} to ${told(high[0])}`;
  });
  return `${title}. ${parts.join(". ")}. The table below has every value.`;
}

/** A line as small as a word. */
export function spark(values) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const at = (value, place) => [
    values.length < 2 ? 60 : 3 + (place / (values.length - 1)) * 114,
    high === low ? 12 : 21 - ((value - low) / (high - low)) * 18,
  ];
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const drawing = svg("svg", { viewBox: "0 0 120 24", preserveAspectRatio: "none", "aria-hidden": "true", class: "spark" });
  if (known.length === 0) return drawing;
  const spots = values.flatMap((value, place) => (value === null ? [] : [at(value, place)]));
  if (spots.length > 1) drawing.append(svg("polyline", { points: spots.map((spot) => spot.join(",")).join(" "), "vector-effect": "non-scaling-stroke" }));
  const [x, y] = spots.at(-1);
  // A dot: a line of no length keeps its round end in a drawing that is stretched.
  drawing.append(svg("path", { d: `M${x},${y}h0`, class: "dot", "vector-effect": "non-scaling-stroke" }));
  return drawing;
}

/** A colour of the style sheet as the canvas takes it: custom properties may depend on the scheme. */
function resolved(element, name) {
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
