// The page /kpi: the key, what is chosen, and what is shown of it.
import { NoNumbers, numbers } from "./api.js";
import { clear, redraw } from "./chart.js";
import { h } from "./dom.js";
import { isEmpty, mainCurrency } from "./five.js";
import { regionName, span } from "./format.js";
import { before, period, text } from "./ranges.js";
import { board } from "./sections.js";

const KEY = "holdfast-key"; // in the session's storage: gone with the tab
const RENEW_MS = 30_000;

const at = (id) => document.getElementById(id);
const [door, content, choice, place, notice, status] = ["door", "content", "choice", "board", "notice", "status"].map(at);

/** What is shown, and what was chosen beside the period and the region, which are in the address. */
let model = null;
let asking = null;
const chosen = { edge: "query", currency: null };

// --- the key

door.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, at("key").value.trim());
  at("key").value = "";
  enter();
});

at("forget").addEventListener("click", () => {
  asking?.abort();
  leave("");
});

/** Shows the board to whoever has a key. */
function enter() {
  if (!sessionStorage.getItem(KEY)) return leave("");
  at("key-error").textContent = "";
  door.hidden = true;
  content.hidden = false;
  at("forget").hidden = false;
  load();
}

/** Asks for a key, saying why. */
function leave(why) {
  sessionStorage.removeItem(KEY);
  model = null;
  clear();
  place.replaceChildren();
  notice.replaceChildren();
  content.hidden = true;
  at("forget").hidden = true;
  door.hidden = false;
  at("key-error").textContent = why;
  at("key").setAttribute("aria-invalid", String(why !== ""));
  at("key").focus();
}

// --- what is chosen

const today = () => text(Date.now());

/** What the address says: so it can be sent to somebody, who needs a key of their own. */
function wanted() {
  const asked = new URLSearchParams(location.search);
  const range = ["7d", "30d", "13w", "12m", "own"].find((one) => one === asked.get("range")) ?? "7d";
  const by = ["day", "week", "month"].find((one) => one === asked.get("by")) ?? "day";
  return { range, from: asked.get("from") ?? "", to: asked.get("to") ?? "", by, region: asked.get("region") ?? "" };
}

/** Notes a choice in the address and shows what it is about. */
function choose(changes) {
  const { range, from, to, by, region } = { ...wanted(), ...changes };
  const query = new URLSearchParams({ range, ...(range === "own" && { from, to, by }), ...(region && { region }) });
  history.replaceState(null, "", `?${query}`);
  show();
  load();
}

/** Sets the form to what the address says. */
function show() {
  const { range, from, to, by, region } = wanted();
  choice.elements.range.value = range;
  at("own").hidden = range !== "own";
  if (range === "own") {
    for (const [name, value] of Object.entries({ from, to, by })) choice.elements[name].value = value;
  }
  knowRegions([region]);
  choice.elements.region.value = region;
}

/** Puts regions that are not there yet into the list. */
function knowRegions(regions) {
  const list = choice.elements.region;
  const known = new Set([...list.options].map(({ value }) => value));
  for (const region of regions) if (!known.has(region)) list.append(h("option", { value: region }, regionName(region)));
}

choice.addEventListener("change", ({ target }) => {
  if (target.name === "region") return choose({ region: target.value });
  if (target.name !== "range") return; // the parts of an own period wait for the button
  if (target.value !== "own") return choose({ range: target.value });
  // Begins with what is shown.
  const { from, to, by } = period(wanted(), today());
  choose({ range: "own", from, to, by });
  choice.elements.from.focus();
});

choice.addEventListener("submit", (event) => {
  event.preventDefault();
  const { from, to, by } = choice.elements;
  choose({ range: "own", from: from.value, to: to.value, by: by.value });
});

// --- the numbers

/** Asks for what is wanted and shows it. What is shown stays until then. */
async function load() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const key = sessionStorage.getItem(KEY);
  const asked = wanted();
  const now = period(asked, today());
  place.setAttribute("aria-busy", "true");
  if (model === null) {
    status.textContent = "Asking for the numbers …";
    place.replaceChildren(skeleton());
  }
  try {
    const { region } = asked;
    const [times, regions, earlier] = await Promise.all([
      numbers(key, { ...now, region }, signal),
      numbers(key, { from: now.from, to: now.to, by: "region", region }, signal),
      now.from < now.to || now.from === now.to ? numbers(key, { ...before(now), region }, signal) : null,
    ]);
    model = { now: times, groups: times.groups, regions: regions.groups, before: earlier, unit: now.by, region };
    notice.replaceChildren();
    paint();
    status.textContent = `As of ${new Date().toLocaleTimeString("en-GB")}. Renewed every half minute.`;
  } catch (error) {
    if (signal.aborted) return;
    failed(error instanceof NoNumbers ? error : new NoNumbers("failed", "Something is wrong with this page."));
    if (!(error instanceof NoNumbers)) console.error(error);
  } finally {
    if (!signal.aborted) place.setAttribute("aria-busy", "false");
  }
}

function failed({ kind, message }) {
  if (kind === "key" || kind === "scope") return leave(message);
  status.textContent = "";
  if (model === null) place.replaceChildren();
  const stale = model === null ? "" : " What is shown below is from before.";
  notice.replaceChildren(h("div", { class: "notice", role: "alert" }, h("p", {}, message + stale),
    kind !== "asked" && h("button", { type: "button", onclick: load }, "Try again")));
}

/** Draws the board anew; what was open stays open, and who was somewhere stays there. */
function paint() {
  const { now, region } = model;
  at("period").textContent = `${span(now.from, now.to)}, days in UTC, ${region ? regionName(region) : "all regions"}`;
  if (!region) knowRegions(model.regions.map((group) => group.region));
  const open = [...place.querySelectorAll("details[open]")].map(({ id }) => id);
  const focused = place.contains(document.activeElement) ? focusId(document.activeElement) : "";
  const offered = now.numbers.revenue_mix.map(({ currency }) => currency);
  const currency = offered.includes(chosen.currency) ? chosen.currency : mainCurrency(now.numbers);
  clear();
  const parts = board({ ...model, currency, edge: chosen.edge, choose: pick });
  place.replaceChildren(...(isEmpty(now.numbers) ? [empty()] : []), ...parts.filter(Boolean));
  for (const id of open) at(id)?.setAttribute("open", "");
  if (focused) (place.querySelector(`#${CSS.escape(focused)} > summary`) ?? at(focused))?.focus({ preventScroll: true });
}

const focusId = (element) => (element.localName === "summary" ? element.parentElement.id : element.id);

function pick(what, value) {
  if (what === "region") {
    choose({ region: value });
    choice.elements.region.focus();
    return;
  }
  chosen[what] = value;
  paint();
}

const empty = () => h("div", { class: "notice empty" },
  h("h2", {}, "Nothing happened in this period"),
  h("p", {}, "No event of it has been counted. Queries are counted within seconds, quotes and tokens a few seconds after. "
    + "On a machine of your own, ", h("code", {}, "make demo"), " plays a day of a distributor."));

const skeleton = () => h("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 5 }, () => h("span")), h("span", { class: "wide" }));

const whenSeen = () => { if (document.visibilityState === "visible" && model !== null) load(); };
setInterval(whenSeen, RENEW_MS);
window.addEventListener("online", () => { if (!content.hidden) load(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

show();
enter();
