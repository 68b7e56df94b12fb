// The board: a strip of the five numbers, then each of them with its trend and all that it rests on.
import { chart, spark } from "./chart.js";
import { bar, drawer, h, table } from "./dom.js";
import { FIVE, mixOf, ofText, valueText } from "./five.js";
import { METRICS, NOTHING, POWERTRAINS, count, millis, money, percent, periodLabel, periodName, points, regionName, span } from "./format.js";

/**
 * All of the board. `model` has the answers: `now` and `before` (of the period before), `groups` (by time) and `regions`;
 * what was chosen: `currency`, `edge` (an edge function) and `choose(what, value)`; and `unit`: day, week or month.
 */
export function board(model) {
  return [
    strip(model),
    ...FIVE.map((one, place) => section(one, place + 1, model)),
    funnel(model),
    byRegion(model),
    model.now.numbers.web.length > 0 && web(model),
  ];
}

function strip({ now: { numbers }, before, groups, currency }) {
  const tile = (one, place) => h("li", {},
    h("a", { href: `#${one.id}`, id: `tile-${one.id}` },
      h("span", { class: "name" }, h("span", { class: "ordinal" }, String(place + 1)), one.name),
      h("span", { class: "value" }, valueText(one, numbers, currency)),
      h("span", { class: "measure-name" }, one.measure),
      spark(groups.map((group) => one.share(group.numbers, currency).value)),
      h("span", { class: "of" }, ofText(one, numbers, currency)),
      h("span", { class: "delta" }, delta(one, numbers, before.numbers, currency))));
  return h("ol", { class: "strip", "aria-label": "The five numbers" }, FIVE.map(tile));
}

/** How a share has moved since the period before, in words. */
function delta({ share, lower }, now, before, currency) {
  const [one, other] = [share(now, currency).value, share(before, currency).value];
  if (one === null || other === null) return "nothing to compare with";
  const text = points(one, other);
  return text === "unchanged" ? text : `${text}, ${(one > other) !== lower ? "better" : "worse"}`;
}

function section(one, ordinal, model) {
  const { now: { numbers }, before, currency, unit } = model;
  const { numerator, denominator } = one.share(numbers, currency);
  const amount = (value) => one.amount(value, numbers, currency);
  return h("section", { id: one.id, class: "number", "aria-labelledby": `${one.id}-title`, tabindex: "-1" },
    h("h2", { id: `${one.id}-title` }, h("span", { class: "ordinal" }, String(ordinal)), one.name),
    h("p", { class: "about" }, one.about),
    h("div", { class: "sheet" },
      h("div", { class: "answer" },
        h("p", { class: "value" }, valueText(one, numbers, currency)),
        h("p", { class: "measure-name" }, one.measure),
        h("dl", { class: "fraction" },
          h("div", {}, h("dd", { id: `${one.id}-numerator` }, amount(numerator)), h("dt", {}, one.above)),
          h("div", {}, h("dd", { id: `${one.id}-denominator` }, amount(denominator)), h("dt", {}, one.below))),
        h("p", { class: "delta" }, `Against ${span(before.from, before.to)}: ${delta(one, numbers, before.numbers, currency)}`)),
      (MAIN[one.id] ?? trend)(one, model)),
    MORE[one.id](model),
    drawer(`${one.id}-times`, `${one.name}, ${unit} by ${unit}`, byTime(one, model)),
    drawer(`${one.id}-regions`, `${one.name} by region`, inRegions(one, model)));
}

const across = ({ groups }) => ({ labels: groups.map(periodLabel), names: groups.map(periodName) });

function trend(one, model) {
  const values = model.groups.map((group) => one.share(group.numbers, model.currency).value);
  const known = values.filter((value) => value !== null);
  // Close to 100 %, the last tenth is what matters; everything else is told from zero on.
  const least = one.id === "api" && known.length > 0 ? Math.min(0.9, Math.floor(Math.min(...known) * 10) / 10) : 0;
  return chart({
    title: `${one.name}: ${one.measure}`, ...across(model), told: percent, tick: axisPercent, least,
    most: one.lower ? 0.02 : 1, series: [{ label: one.measure, values, colour: "--accent" }],
  });
}

const axisPercent = (value) => `${Number((value * 100).toFixed(1))} %`;

function byTime(one, { groups, unit, currency }) {
  const row = (group) => {
    const { numerator, denominator, value } = one.share(group.numbers, currency);
    return [periodName(group), one.amount(numerator, group.numbers, currency), one.amount(denominator, group.numbers, currency), percent(value)];
  };
  return table(`${one.name}, ${unit} by ${unit}`, [unit, one.above, one.below, one.measure], groups.map(row).reverse());
}

function inRegions(one, { regions, currency }) {
  const row = ({ region, numbers }) => {
    const { numerator, denominator, value } = one.share(numbers, currency);
    return [regionName(region), one.amount(numerator, numbers, currency), one.amount(denominator, numbers, currency), percent(value)];
  };
  return table(`${one.name} by region`, ["region", one.above, one.below, one.measure], regions.map(row));
}

/** Facts beside each other: names and values. */
const facts = (...entries) => h("dl", { class: "facts" }, entries.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));

/** What is shown beside a number where it is not the trend of its share. */
const MAIN = {
  revenue: (_, model) => {
    const { currency } = model;
    const values = (kind) => model.groups.map(({ numbers }) => mixOf(numbers, currency)?.[kind] ?? 0);
    return chart({
      title: `Revenue, ${model.unit} by ${model.unit}`, ...across(model), stacked: true,
      told: (value) => money(value, currency), tick: (value) => money(value, currency, { short: true }),
      series: [
        { label: "recurring", values: values("recurring"), colour: "--accent" },
        { label: "digital", values: values("digital"), colour: "--second" },
        { label: "physical", values: values("physical"), colour: "--third" },
      ],
    });
  },
};

/** What else each number rests on. */
const MORE = {
  api: (model) => {
    const { now: { numbers: { api_response: { functions } } }, groups, edge, choose } = model;
    if (functions.length === 0) return null;
    const shown = functions.find((one) => one.function === edge) ?? functions.find((one) => one.function === "query") ?? functions[0];
    const of = (group) => group.numbers.api_response.functions.find((one) => one.function === shown.function);
    const values = (name) => groups.map((group) => of(group)?.[name] ?? null);
    const choice = h("label", { class: "pick" }, "Edge function ",
      h("select", { id: "edge", onchange: ({ target }) => choose("edge", target.value) }, functions.map((one) => (
        h("option", { value: one.function, selected: one === shown }, one.function.replace("_", " "))
      ))));
    const row = (one) => [one.function.replace("_", " "), count(one.count), ...[one.p50, one.p90, one.p95, one.p99].map(millis),
      ...[one.refused, one.failed, one.late].map(count)];
    const line = (group) => [periodName(group), count(of(group)?.count ?? 0), ...["p50", "p75", "p90", "p95", "p99", "p999"].map((name) => millis(of(group)?.[name]))];
    return [
      h("div", { class: "detail" }, choice, chart({
        title: `How long ${shown.function.replace("_", " ")} takes`, ...across(model), told: millis, most: 10,
        series: [
          { label: "p50", values: values("p50"), colour: "--accent" },
          { label: "p90", values: values("p90"), colour: "--second", dash: "dashed" },
          { label: "p99", values: values("p99"), colour: "--warn", dash: "dotted" },
        ],
      })),
      drawer("api-percentiles", `Percentiles of ${shown.function.replace("_", " ")}, ${model.unit} by ${model.unit}`,
        table(`Percentiles of ${shown.function.replace("_", " ")}`, [model.unit, "answered", "p50", "p75", "p90", "p95", "p99", "p99.9"], groups.map(line).reverse())),
      drawer("api-functions", "Every edge function",
        table("Every edge function", ["function", "answered", "p50", "p90", "p95", "p99", "refused", "failed", "late"], functions.map(row))),
    ];
  },
  repair: ({ now: { numbers: { digital_repair: repair } } }) => facts(
    ["Tokens issued", count(repair.issued)], ["Succeeded", count(repair.succeeded)], ["Failed", count(repair.failed)],
    ["Refused", count(repair.refused)], ["Revoked", count(repair.revoked)], ["Expired", count(repair.expired)],
    ["Units returned", count(repair.returned)],
  ),
  inventory: (model) => {
    const { now: { numbers: { inventory_accuracy: stock } }, groups } = model;
    const values = (read) => groups.map(({ numbers }) => read(numbers.inventory_accuracy));
    return [
      facts(
        ["Time to a hold, p50", millis(stock.allocation.p50)], ["Time to a hold, p99", millis(stock.allocation.p99)],
        ["Records within tolerance", `${percent(stock.records.value)} (${count(stock.records.numerator)} of ${count(stock.records.denominator)})`],
        ["Records exact", `${percent(stock.exact.value)} (${count(stock.exact.numerator)} of ${count(stock.exact.denominator)})`],
        ["Phantoms that pages reported", count(stock.reported)], ["Shortfalls", count(stock.shortfalls)],
      ),
      h("div", { class: "detail three" },
        causes(stock),
        chart({
          title: "Records within tolerance", ...across(model), told: percent, tick: axisPercent, most: 1,
          series: [{ label: "within tolerance", values: values(({ records }) => records.value), colour: "--accent" }],
        }),
        chart({
          title: "From the request to the hold", ...across(model), told: millis, most: 10,
          series: [
            { label: "p50", values: values(({ allocation }) => allocation.p50), colour: "--accent" },
            { label: "p99", values: values(({ allocation }) => allocation.p99), colour: "--warn", dash: "dotted" },
          ],
        })),
      drawer("inventory-records", `Counts and holds, ${model.unit} by ${model.unit}`,
        table("Counts and holds", [model.unit, "within tolerance", "records counted", "share", "holds", "p50", "p99"], groups.map((group) => {
          const { records, allocation } = group.numbers.inventory_accuracy;
          return [periodName(group), count(records.numerator), count(records.denominator), percent(records.value), count(allocation.count), millis(allocation.p50), millis(allocation.p99)];
        }).reverse())),
    ];
  },
  household: ({ now: { numbers: { household_share: share } } }) => {
    const amount = (value) => money(value, share.currency);
    const highest = Math.max(1, ...share.powertrains.map(({ share: { value } }) => value ?? 0));
    const row = ({ powertrain, vehicle_days: days, share: { numerator, denominator, value } }) => [
      POWERTRAINS[powertrain] ?? powertrain, count(days), amount(numerator), amount(denominator),
      h("span", { class: "with-bar" }, bar((value ?? 0) / highest), percent(value)),
    ];
    return [
      share.powertrains.length > 0 && table("By what drives the vehicle", ["powertrain", "vehicle days", "spent here", "estimated service", "share"], share.powertrains.map(row)),
      h("p", { class: "note" }, `Beside that, ${amount(share.unregistered)} was spent by households whose vehicles are not known. The estimate is a table that can be replaced.`),
    ];
  },
  revenue: (model) => {
    const { now: { numbers }, currency, choose } = model;
    const mix = mixOf(numbers, currency);
    if (mix === undefined) return null;
    const amount = (value) => money(value, currency);
    const grown = (value) => `${value > 0 ? "+" : ""}${amount(value)}`;
    const all = numbers.revenue_mix.map((one) => one.currency);
    const { numerator, denominator, value } = mix.growth;
    return [
      all.length > 1 && h("label", { class: "pick" }, "Currency ",
        h("select", { id: "currency", onchange: ({ target }) => choose("currency", target.value) },
          all.map((one) => h("option", { value: one, selected: one === currency }, one)))),
      facts(
        ["Recurring", amount(mix.recurring)], ["Digital", amount(mix.digital)], ["Physical", amount(mix.physical)],
        ["All, the period before", amount(mix.before)], ["All have grown by", grown(denominator)],
        ["Digital and recurring by", grown(numerator)],
        ["Their share of the growth", denominator > 0 ? percent(value) : NOTHING],
      ),
      drawer("revenue-kinds", `Kinds of revenue, ${model.unit} by ${model.unit}`,
        table("Kinds of revenue", [model.unit, "recurring", "digital", "physical", "before", "growth of all", "growth of digital and recurring"], model.groups.map((group) => {
          const one = mixOf(group.numbers, currency);
          const cells = one ? [one.recurring, one.digital, one.physical, one.before].map(amount) : Array(4).fill(NOTHING);
          return [periodName(group), ...cells, one ? grown(one.growth.denominator) : NOTHING, one ? grown(one.growth.numerator) : NOTHING];
        }).reverse())),
    ];
  },
};

function causes({ phantoms, causes: found }) {
  const NAMES = { stale_snapshot: "A snapshot was behind", race: "Somebody was faster", count: "A count found less" };
  const row = ([cause, number]) => h("li", {},
    h("span", {}, NAMES[cause] ?? cause), h("b", {}, count(number)), bar(number / Math.max(phantoms.numerator, 1), "bad"));
  return h("div", { class: "causes" }, h("h3", {}, "Why promises were empty"), h("ul", { class: "bars" }, Object.entries(found).map(row)));
}

function funnel({ now: { numbers: { funnel: steps } } }) {
  const all = [["Queries answered", steps.queries], ["Quotes held", steps.quotes], ["Quotes committed", steps.commits],
    ["Tokens issued", steps.tokens], ["Calibrations", steps.calibrations]];
  const most = Math.max(1, ...all.map(([, value]) => value));
  const step = ([name, value], place) => {
    const last = place > 0 ? all[place - 1][1] : 0;
    return h("li", {}, h("span", {}, name), h("b", {}, count(value)), bar(value / most),
      h("small", {}, last > 0 ? `${percent(value / last)} of ${all[place - 1][0].toLowerCase()}` : ""));
  };
  return h("section", { id: "funnel", "aria-labelledby": "funnel-title" },
    h("h2", { id: "funnel-title" }, "From a query to a calibration"),
    h("ol", { class: "bars funnel" }, all.map(step)),
    h("p", { class: "note" }, `${count(steps.refused)} quotes were refused. Not every commit has something to calibrate.`));
}

function byRegion({ regions, currency, choose, region }) {
  const open = (id) => h("button", { type: "button", class: "link", id: `region-${id}`, onclick: () => choose("region", id) }, regionName(id));
  const row = ({ region: id, numbers }) => [region ? regionName(id) : open(id), count(numbers.funnel.queries), ...FIVE.map((one) => valueText(one, numbers, currency))];
  return h("section", { id: "regions", "aria-labelledby": "regions-title" },
    h("h2", { id: "regions-title" }, "By region"),
    table("The five numbers by region", ["region", "queries", ...FIVE.map((one) => `${one.name}, ${one.measure}`)], regions.map(row)));
}

function web({ now: { numbers } }) {
  const told = (metric, value) => (metric === "cls" ? (value / 1_000).toFixed(3) : millis(value));
  return h("section", { id: "web", "aria-labelledby": "web-title" },
    h("h2", { id: "web-title" }, "What browsers measured"),
    table("What browsers measured", ["metric", "reports", "p50", "p75", "p95"], numbers.web.map((one) => (
      [METRICS[one.metric] ?? one.metric, count(one.count), ...[one.p50, one.p75, one.p95].map((value) => told(one.metric, value))]
    ))));
}
