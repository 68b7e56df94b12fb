// One part: what is here, counter by counter, what can be done with it, what happened to it, and where else it lies.
import { html, nothing } from "lit/html.js";
import { live } from "lit/directives/live.js";
import { KINDS, count, short, time } from "./words.js";

const COUNTERS = [
  ["available", "Available", "may be promised now"], ["on_hand", "On hand", "lies here"], ["committed", "Committed", "sold, not picked"],
  ["held", "Held", "for open quotes"], ["quarantined", "Quarantined", "not to be sold"], ["safety", "Safety", "kept back"],
];
/** What somebody does at a shelf. `reason`: must be given; `where`: the other branch, said in the reason. */
const ACTS = [
  { kind: "receipt", name: "Receive" }, { kind: "count", name: "Count" },
  { kind: "quarantine", name: "Quarantine", reason: true }, { kind: "release_quarantine", name: "Release from quarantine" },
  { kind: "transfer_out", name: "Send to a branch", where: "To" }, { kind: "transfer_in", name: "Take in from a branch", where: "From" },
  { kind: "return", name: "Brought back" }, { kind: "damage", name: "Broken or gone", reason: true },
];
const MOST = 1_000_000;

export function part({ state, show, act, choose, submit }) {
  const { part } = state;
  if (!part) {
    return html`<div class="notice empty"><h2>Scan a part</h2>
      <p>A scan works wherever you are on this page. A sku, a maker's number or words can be typed into the box above.</p></div>`;
  }
  const { sku, known, loading } = part;
  const { position } = state;
  return html`<article class="part-sheet" aria-labelledby="part-name">
    <div class="head"><div>
      <h2 id="part-name" tabindex="-1">${sku}</h2>
      ${known ? html`<p class="about">${known.brand_name} ${known.number} · ${known.description}</p>` : nothing}
    </div><div class="buttons">
      <button type="button" @click=${() => show.sell(known ?? { sku })}>Quote it</button>
      <button type="button" class="plain" @click=${() => show.close()}>Close</button>
    </div></div>
    ${part.stale ? html`<p class="notice">${part.failed} ${part.at ? `What is shown is from ${time(part.at)}.` : "Nothing is known of it here yet."}</p>` : nothing}
    ${loading && !position ? html`<div class="skeleton" aria-hidden="true"><span></span></div>` : nothing}
    ${position ? html`<dl class="facts counters" aria-label="At ${state.location}">
      ${COUNTERS.map(([field, name, about]) => html`<div class=${field}><dt>${name}</dt><dd><b data-counter=${field}>${count(position[field])}</b><span class="quiet"> ${about}</span></dd></div>`)}
    </dl>` : nothing}
    ${acts({ state, act, choose, submit, position })}
    ${position?.incoming.length > 0 ? html`<h3>On its way here</h3><ul class="rows">${position.incoming.map(({ id, quantity, eta }) => html`<li>
      <span class="units">${count(quantity)} ×</span> ${id} <span class="quiet">due ${time(eta)}</span></li>`)}</ul>` : nothing}
    ${part.ledger ? ledger(state, part.ledger) : nothing}
    ${part.positions ? elsewhere(state, part.positions) : nothing}
  </article>`;
}

function acts({ state, act, choose, submit, position }) {
  return html`<div class="acts" role="group" aria-label="What is done with it">
      ${ACTS.map(({ kind, name }) => html`<button type="button" aria-pressed=${act?.kind === kind} @click=${() => choose(kind)}>${name}</button>`)}
    </div>
    ${act ? form({ state, act, choose, submit, position, of: ACTS.find(({ kind }) => kind === act.kind) }) : nothing}`;
}

function form({ state, act, choose, submit, position, of }) {
  const counting = act.kind === "count";
  const variance = counting && position && act.quantity !== "" ? Number(act.quantity) - position.on_hand : 0;
  const reasonNeeded = of.reason || variance !== 0;
  const receipts = act.kind === "receipt" ? (position?.incoming ?? []) : [];
  const edit = (field) => (event) => choose(act.kind, { ...act, [field]: event.target.value });
  return html`<form id="act" class="act" aria-label=${of.name} @submit=${(event) => { event.preventDefault(); submit(event.target); }}>
    <label>${counting ? "Units on the shelf" : "Units"}
      <input id="act-units" name="quantity" type="number" inputmode="numeric" required min=${counting ? 0 : 1} max=${MOST} step="1"
        .value=${live(String(act.quantity ?? ""))} @input=${edit("quantity")}></label>
    ${receipts.length > 0 ? html`<label>Delivery <select name="incoming" .value=${live(act.incoming ?? "")} @change=${edit("incoming")}>
      <option value="">not announced</option>
      ${receipts.map(({ id, quantity }) => html`<option value=${id} ?selected=${act.incoming === id}>${id} (${count(quantity)})</option>`)}</select></label>` : nothing}
    ${of.where ? html`<label>${of.where} <input name="where" required maxlength="40" .value=${live(act.where ?? "")} @input=${edit("where")}></label>` : nothing}
    <label class="reason">Reason${reasonNeeded ? nothing : html` <span class="quiet">if any</span>`}
      <input name="reason" ?required=${reasonNeeded} maxlength="150" .value=${live(act.reason ?? "")} @input=${edit("reason")}></label>
    ${counting && position ? html`<p class="variance ${variance === 0 ? "" : "off"}" id="variance">The books say <b>${count(position.on_hand)}</b>${
      act.quantity === "" || act.quantity === undefined ? "." : variance === 0 ? ": they are right." : html`: <b>${variance > 0 ? "+" : "−"}${count(Math.abs(variance))}</b>. Say why.`}</p>` : nothing}
    <div class="buttons"><button type="submit" class="primary">${of.name}</button>
      <button type="button" class="plain" @click=${() => choose(null)}>Cancel</button></div>
    ${act.error ? html`<p class="fault" role="alert">${act.error}</p>` : nothing}
  </form>`;
}

function ledger(state, entries) {
  const waiting = state.unsent.filter(({ movement }) => movement.sku === state.part.sku);
  return html`<h3>Ledger</h3>
    ${entries.length + waiting.length === 0 ? html`<p class="none">Nothing has happened to it here.</p>` : html`
    <div class="scroll" tabindex="0" role="group" aria-label="Ledger"><table>
      <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Units</th><th scope="col">On hand</th><th scope="col">Why</th></tr></thead>
      <tbody>
        ${waiting.map(({ movement, answer }) => html`<tr class="waiting"><th scope="row">${answer ? "refused" : "not sent"}</th><td>${KINDS[movement.kind]}</td>
          <td>${count(movement.quantity)}</td><td></td><td>${movement.reason ?? ""}</td></tr>`)}
        ${entries.map((entry) => html`<tr><th scope="row">${time(entry.at)}</th><td>${KINDS[entry.kind] ?? entry.kind}</td><td>${count(entry.quantity)}${
          entry.expected !== undefined && entry.expected !== entry.on_hand ? html` <span class="quiet">books ${count(entry.expected)}</span>` : nothing}</td>
          <td>${count(entry.on_hand)}</td><td>${entry.quote ? html`<code title=${entry.quote}>…${short(entry.quote)}</code> ` : nothing}${entry.reason ?? ""}</td></tr>`)}
      </tbody></table></div>`}`;
}

function elsewhere(state, positions) {
  const others = positions.filter(({ location, available }) => location !== state.location && available > 0);
  return html`<h3>Elsewhere</h3>
    ${others.length === 0 ? html`<p class="none">No other location has any to spare.</p>` : html`<ul class="places">
      ${others.map(({ location, available }) => html`<li><b>${location}</b> ${count(available)}</li>`)}</ul>`}`;
}

/** The movement that a form says. */
export function movementOf(form, act, position) {
  const { where = "", reason = "", incoming = "" } = Object.fromEntries(new FormData(form));
  const said = [where && `${act.kind === "transfer_out" ? "to" : "from"} ${where.trim()}`, reason.trim()].filter(Boolean).join(": ");
  return {
    kind: act.kind,
    quantity: Number(act.quantity),
    ...(said && { reason: said }),
    ...(incoming && { incoming }),
    // A count says what is there; if somebody moved stock meanwhile, it is not known which of the two came first.
    ...(act.kind === "count" && position && { expect_version: position.version }),
  };
}
