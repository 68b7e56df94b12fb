// The page /branch: the key, the box that takes scans and texts, the views, and what is told of the connection.
import { html, nothing, render } from "lit/html.js";
import { Failure } from "./api.js";
import { counter } from "./counter.js";
import { movementOf, part } from "./part.js";
import { Sale } from "./sale.js";
import { Console } from "./state.js";
import { todo } from "./todo.js";
import { unsent } from "./unsent.js";
import { listenForScans } from "./wedge.js";
import { count, time } from "./words.js";

const RENEW_MS = 20_000;
const TICK_MS = 1_000;
const VIEWS = { todo: "To do", part: "Part", counter: "Counter", unsent: "Not sent" };

const at = (id) => document.getElementById(id);
const [door, place, box, said, notices, nav, main] = ["door", "place", "code", "said", "notices", "views", "view"].map(at);

const state = new Console(() => paint());
const sale = new Sale(state, () => paint());
let view = "todo";
let several = null; // parts between which somebody chooses
let act = null; // the form that is open at the part
let forms = 0;
let giving = null;
let givenUp = [];
let broken = null;

// --- the key

door.addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = at("key").value.trim();
  at("key").value = "";
  await enter(key);
});

at("forget").addEventListener("click", () => leave(""));

async function enter(key) {
  at("key-error").textContent = "";
  try {
    await state.enter(key);
  } catch (error) {
    const lacks = error.kind === "scope" ? "This key is known, but may not move stock: it lacks the scope stock, or is another branch's." : error.message;
    return leave(lacks);
  }
  open();
}

function open() {
  door.hidden = true;
  at("console").hidden = false;
  at("forget").hidden = false;
  show.view("todo");
  box.focus();
}

/** Asks for a key, saying why. What is not sent stays. */
function leave(why) {
  sale.clear();
  state.leave();
  at("console").hidden = true;
  at("forget").hidden = true;
  door.hidden = false;
  place.textContent = "";
  at("key-error").textContent = why;
  at("key").setAttribute("aria-invalid", String(why !== ""));
  at("key").focus();
}

/** What is done when something cannot be: the key is asked for again, or it is said. */
function failed(error) {
  if (!(error instanceof Failure)) {
    console.error(error);
    return tell("Something is wrong with this page. Load it again; what is not sent stays.", true);
  }
  if (error.kind === "key") return leave(error.message);
  return tell(error.message, true);
}

function tell(text, bad = false) {
  said.textContent = text;
  said.classList.toggle("bad", bad);
}

// --- the box: scans from anywhere, texts from here

at("scan").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  box.value = "";
  if (text === "" && view === "counter") return sale.hold();
  if (text !== "") take(text);
});

listenForScans(box, (scan) => take(scan.trim()));

/** Takes a scan or a text: to the quote at the counter, or else to the part. `2*…` is two of it. */
async function take(text) {
  if (!state.key) return;
  const [, times, code] = /^(\d{1,4})\s*[*×x]\s*(\S.*)$/i.exec(text) ?? [null, "1", text];
  several = null;
  tell(`Looking for ${code} …`);
  try {
    const found = await state.find(code);
    if (found.none) return tell(found.none, true);
    if (found.several) {
      several = { parts: found.several, quantity: Number(times) };
      tell(`${count(found.several.length)} parts: choose one.`);
      paint();
      main.querySelector(".choose button")?.focus();
      return;
    }
    chosen(found.part, Number(times));
  } catch (error) {
    failed(error);
  }
}

function chosen(found, quantity) {
  several = null;
  tell(`${found.sku} ${found.description ?? ""}`);
  if (view === "counter") sale.add(found, quantity);
  else show.part(found.sku);
  box.focus();
}

// --- what is done

const show = {
  view(name) {
    view = name;
    several = null;
    giving = null;
    if (name === "unsent") state.givenUp().then((list) => { givenUp = list; paint(); });
    paint();
  },
  part(sku, kind = null, fields = {}) {
    if (state.part?.sku !== sku || kind) act = null;
    show.view("part");
    if (kind) choose(kind, fields);
    state.showPart(sku).catch(failed);
  },
  close() {
    act = null;
    state.closePart();
    show.view("todo");
    box.focus();
  },
  sell(known) {
    sale.add(known);
    show.view("counter");
    box.focus();
  },
  async move(...movements) {
    try {
      tell(await state.move(...movements));
    } catch (error) {
      failed(error);
    }
    box.focus();
  },
  async handOver() {
    try {
      await sale.handOver();
      tell("Picked and handed over.");
    } catch (error) {
      failed(error);
    }
    box.focus();
  },
  wake: () => state.outbox.wake(),
  async discard(entry, reason) {
    if (reason === "") return;
    await state.discard(entry, reason);
    show.view("unsent");
    box.focus();
  },
};

/** Opens a form at the part, or changes what is in it. Each form that is opened is one movement, however often it is sent. */
function choose(kind, fields = null) {
  if (kind === null) act = null;
  else if (fields && act?.kind === kind) act = { ...act, ...fields };
  else act = { kind, quantity: "", form: (forms += 1), ...fields };
  paint();
  if (act && !main.querySelector("#act")?.contains(document.activeElement)) main.querySelector("#act-units")?.focus();
}

async function submit(form) {
  const doing = act;
  if (!doing) return;
  const { sku } = state.part;
  try {
    const { position } = state;
    const done = await state.move({ intent: `form/${doing.form}`, sku, ...movementOf(form, doing, position) });
    if (act === doing) act = null;
    tell(done);
    paint();
    box.focus();
  } catch (error) {
    console.error(error);
    act = { ...doing, error: "This device could not keep it. Nothing was done: write it down, and load the page again." };
    paint();
  }
}

// --- what is seen

function paint() {
  if (at("console").hidden && !state.key) return;
  place.textContent = state.location ?? "";
  render(views(), nav);
  render(banners(), notices);
  render(several ? choice() : content(), main);
}

function content() {
  if (view === "part") return part({ state, show, act, choose, submit });
  if (view === "counter") return counter({ sale, state, show });
  if (view === "unsent") return unsent({ state, show, giving, give, givenUp });
  return todo({ state, show, view: show.view });
}

function give(id) {
  giving = giving === id ? null : id;
  paint();
  at("why")?.focus();
}

function choice() {
  const { parts, quantity } = several;
  return html`<section class="choose" aria-labelledby="choose-name"><h2 id="choose-name">Which of these?</h2>
    <ul class="rows">${parts.map((one) => html`<li><button type="button" class="link part" @click=${() => chosen(one, quantity)}>
      <b>${one.sku}</b><span>${one.brand_name} ${one.number} · ${one.description}</span></button></li>`)}</ul>
    <button type="button" class="plain" @click=${() => { several = null; paint(); box.focus(); }}>None of them</button></section>`;
}

function views() {
  const refused = state.unsent.filter(({ answer }) => answer).length;
  const numbers = { todo: state.list?.tasks.filter(({ task }) => task !== "receive").length, counter: sale.lines.length, unsent: state.unsent.length };
  return Object.entries(VIEWS).map(([name, text]) => html`<button type="button" aria-current=${view === name ? "page" : nothing}
    class=${name === "unsent" && refused > 0 ? "alarm" : ""} @click=${() => { show.view(name); box.focus(); }}>${text}${
    numbers[name] ? html` <span class="sum">${count(numbers[name])}</span>` : nothing}</button>`);
}

function banners() {
  if (broken) return html`<div class="notice" role="alert"><p>${broken}</p></div>`;
  const waiting = state.unsent.filter(({ answer }) => !answer).length;
  const refused = state.unsent.length - waiting;
  const seen = state.list?.at ? ` What is shown is from ${time(state.list.at)}.` : "";
  return html`
    ${state.offline ? html`<div class="notice offline" role="status"><p><b>Offline.</b>${seen} What you do is kept on this device and sent when the connection is back${
      waiting > 0 ? `: ${count(waiting)} so far` : ""}.</p><button type="button" @click=${() => again()}>Try now</button></div>`
      : state.list?.stale ? html`<div class="notice" role="status"><p>${state.list.failed}${seen}</p><button type="button" @click=${() => again()}>Try again</button></div>` : nothing}
    ${refused > 0 && view !== "unsent" ? html`<div class="notice" role="status"><p>${count(refused)} of what you did ${refused === 1 ? "was" : "were"} refused.</p>
      <button type="button" @click=${() => show.view("unsent")}>See why</button></div>` : nothing}`;
}

async function again() {
  try {
    await Promise.all([state.renew(), state.outbox.wake()]);
  } catch (error) {
    failed(error);
  }
}

// --- time, the connection, the start

setInterval(() => { if (state.key && document.visibilityState === "visible") state.renew().catch(failed); }, RENEW_MS);
setInterval(() => { if (view === "counter" && sale.quote?.state === "held") paint(); }, TICK_MS);
window.addEventListener("online", () => { if (state.key) again(); });
window.addEventListener("offline", () => { state.offline = true; paint(); });
document.addEventListener("visibilitychange", () => { if (state.key && document.visibilityState === "visible") again(); });

navigator.serviceWorker?.register("/branch-sw.js", { scope: "/branch" }).catch((error) => console.error(error));

try {
  await state.open();
  if (state.key) {
    // The key was good before this reload; without a connection it cannot be asked about, and need not be.
    open();
    await state.renew().catch(failed);
    state.outbox.wake();
  } else {
    leave("");
  }
} catch (error) {
  console.error(error);
  broken = "This browser keeps nothing for this page (storage is off, full, or the window is private). What is done here could be lost, so nothing can be done here.";
  at("console").hidden = false;
  render(banners(), notices);
  at("scan").hidden = true;
}
