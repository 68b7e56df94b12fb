// What there is to do: shortfalls, picks and hand-overs by quote, what is on its way, and the numbers of today.
import { html, nothing } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";
import { KINDS, count, short, time, units } from "./words.js";

const SECTIONS = [
  ["pick", "To pick", "Sold, and still on the shelf.", "Nothing is to be picked."],
  ["hand_over", "To hand over", "Picked, and waiting for whoever fetches it.", "Nothing waits to be fetched."],
];
const DONE = { waiting: "done, not sent yet", sent: "done", refused: "refused" };

export function todo({ state, show, view }) {
  const { list } = state;
  if (!list) return skeleton();
  if (list.at === null) {
    return html`<div class="notice empty"><h2>There is nothing to show yet</h2>
      <p>This browser has not seen this branch before, and Holdfast cannot be reached. It has to be, once; then the console can be used without it.</p></div>`;
  }
  const of = (task) => list.tasks.filter((one) => one.task === task);
  return html`
    ${list.truncated ? html`<p class="notice">There is more to do than is shown. The most pressing comes first.</p>` : nothing}
    ${shortfalls({ state, show }, of("shortfall"))}
    <div class="two">${SECTIONS.map(([task, name, about, none]) => html`
      <section id=${task} aria-labelledby="${task}-name">
        <h2 id="${task}-name">${name} <span class="sum">${count(of(task).length)}</span></h2>
        <p class="about">${about}</p>
        ${quotes(of(task)).length === 0 ? html`<p class="none">${none}</p>` : nothing}
        ${repeat(quotes(of(task)), ([quote]) => quote, ([quote, tasks]) => ofQuote({ state, show, view }, task, quote, tasks))}
      </section>`)}
    </div>
    ${incoming({ state, show }, of("receive"))}
    ${today(list)}`;
}

/** Tasks by quote, in the order of the first of each. */
function quotes(tasks) {
  const groups = new Map();
  for (const task of tasks) groups.set(task.quote, [...(groups.get(task.quote) ?? []), task]);
  return [...groups];
}

function ofQuote({ state, show, view }, task, quote, tasks) {
  const kind = task === "pick" ? "pick" : "hand_over";
  const verb = task === "pick" ? "Pick" : "Hand over";
  const open = tasks.filter((one) => !state.doneWith(one));
  const make = ({ sku, quantity, at }) => ({ intent: `${kind}/${quote}/${sku}/${quantity}/${at}`, kind, sku, quantity, quote });
  return html`<article class="ticket">
    <h3>${buyer(tasks[0])}<span class="unseen">Quote </span><code title=${quote}>…${short(quote)}</code>
      ${tasks[0].at ? html`<span class="quiet">${task === "pick" ? "sold" : "picked"} ${time(tasks[0].at)}</span>` : nothing}
      ${open.length > 1 ? html`<button type="button" @click=${() => show.move(...open.map(make))}>${verb} all ${open.length}</button>` : nothing}</h3>
    <ul class="rows">${repeat(tasks, ({ sku }) => sku, (one) => {
      const done = state.doneWith(one);
      return html`<li class=${done ? "done" : ""}>
        <span class="units">${count(one.quantity)} ×</span> ${named(state, show, one.sku)}
        ${done ? html`<span class="state">${DONE[done]}${done === "refused" ? html` <button type="button" class="link" @click=${() => view("unsent")}>see why</button>` : nothing}</span>`
          : html`<button type="button" class="primary" aria-label="${verb} ${count(one.quantity)} × ${one.sku}" @click=${() => show.move(make(one))}>${verb}</button>`}
      </li>`;
    })}</ul>
  </article>`;
}

/** Who bought, as they will say it when they come. */
function buyer({ sold_to: to }) {
  return to ? html`<span class="buyer">${to.account}${to.reference ? html` <b>${to.reference}</b>` : nothing}</span>` : nothing;
}

function named(state, show, sku) {
  const part = state.list.parts.find((one) => one.sku === sku);
  return html`<button type="button" class="link part" @click=${() => show.part(sku)}><b>${sku}</b>
    ${part ? html`<span>${part.brand_name} ${part.number} · ${part.description}</span>` : nothing}</button>`;
}

function shortfalls({ state, show }, tasks) {
  if (tasks.length === 0) return nothing;
  return html`<section id="shortfall" class="short" aria-labelledby="shortfall-name">
    <h2 id="shortfall-name">Short <span class="sum">${count(tasks.length)}</span></h2>
    <p class="about">More is promised than is here. Look for it and count again, get it from another branch, or tell those who wait.</p>
    <ul class="rows">${repeat(tasks, ({ sku }) => sku, ({ sku, quantity, quotes = [] }) => html`<li>
      <span class="units">${count(quantity)} missing</span> ${named(state, show, sku)}
      <span class="quiet">${quotes.length > 0 ? html`promised to ${quotes.slice(0, 4).map((quote) => html`<code title=${quote}>…${short(quote)}</code> `)}${quotes.length > 4 ? `and ${quotes.length - 4} more` : nothing}` : nothing}</span>
      <button type="button" aria-label="Count ${sku}" @click=${() => show.part(sku, "count")}>Count</button>
    </li>`)}</ul>
  </section>`;
}

function incoming({ state, show }, tasks) {
  return html`<section id="receive" aria-labelledby="receive-name">
    <h2 id="receive-name">On its way <span class="sum">${count(tasks.length)}</span></h2>
    ${tasks.length === 0 ? html`<p class="none">Nothing is announced.</p>` : html`<ul class="rows">
      ${repeat(tasks, ({ incoming: id, sku }) => `${sku}/${id}`, (one) => {
        const done = state.doneWith(one);
        const late = Date.parse(one.at) < Date.now();
        return html`<li class=${done ? "done" : ""}>
          <span class="units">${count(one.quantity)} ×</span> ${named(state, show, one.sku)}
          <span class=${late ? "late" : "quiet"}>${one.incoming} · ${late ? "due since" : "due"} ${time(one.at)}</span>
          ${done ? html`<span class="state">${DONE[done]}</span>` : html`
            <button type="button" aria-label="Receive ${one.incoming}: ${count(one.quantity)} × ${one.sku}"
              @click=${() => show.part(one.sku, "receipt", { incoming: one.incoming, quantity: one.quantity })}>Receive</button>`}
        </li>`;
      })}</ul>`}
  </section>`;
}

/** What was done today, as the server has it. */
function today({ today, at, location }) {
  const order = Object.keys(KINDS);
  const sums = [...today].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return html`<section id="today" aria-labelledby="today-name">
    <h2 id="today-name">Today</h2>
    ${sums.length === 0 ? html`<p class="none">Nothing has moved at ${location} today.</p>` : html`<dl class="facts">
      ${sums.map(({ kind, movements, units: sum, variance }) => html`<div><dt>${KINDS[kind] ?? kind}</dt>
        <dd>${count(sum)}<span class="quiet"> in ${count(movements)}${kind === "count" ? html` · ${variance === 0 ? "books right" : `${units(variance)} off`}` : nothing}</span></dd></div>`)}
    </dl>`}
    <p class="asof">As of ${time(at)}.</p>
  </section>`;
}

const skeleton = () => html`<div class="skeleton" aria-hidden="true"><span></span><span></span><span></span></div>`;
