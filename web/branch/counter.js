// The quote at the counter, as it is seen: what is wanted, then what is held, sold and handed over.
import { html, nothing } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";
import { count, money, short, time } from "./words.js";

export function counter({ sale, state, show }) {
  const { quote } = sale;
  return html`<section class="sale" aria-labelledby="sale-name">
    <h2 id="sale-name" tabindex="-1">${quote ? html`Quote <code title=${quote.id}>…${short(quote.id)}</code>` : "Quote at the counter"}</h2>
    ${sale.refusal ? refusal(sale.refusal, state) : nothing}
    ${quote ? held({ sale, quote, state, show }) : wanted({ sale, state })}
  </section>`;
}

function wanted({ sale, state }) {
  if (sale.lines.length === 0) {
    return html`<div class="notice empty"><h3>Scan what the customer wants</h3>
      <p>Or type a sku and Enter; <kbd>2*BRKX-4410</kbd> is two of them. Enter in the empty box holds the quote.</p></div>`;
  }
  const priced = sale.lines.every(({ price }) => price);
  return html`<ul class="rows lines">${repeat(sale.lines, ({ sku }) => sku, (line) => html`<li>
      <label class="unseen" for="units-${line.sku}">Units of ${line.sku}</label>
      <input id="units-${line.sku}" class="few" type="number" inputmode="numeric" min="1" max="1000000" required .value=${String(line.quantity)}
        @input=${(event) => { if (event.target.checkValidity() && event.target.value !== "") sale.set(line.sku, Number(event.target.value)); }}>
      <span class="part"><b>${line.sku}</b><span>${line.description ?? ""}</span></span>
      <span class=${line.here < line.quantity ? "late" : "quiet"}>${line.here === undefined ? "" : `${count(line.here)} here`}</span>
      <span class="money">${line.price ? money(line.price) : line.price_reason ? "not sold to this account" : "–"}</span>
      <button type="button" class="plain" aria-label="Remove ${line.sku}" @click=${() => sale.set(line.sku, 0)}>✕</button>
    </li>`)}</ul>
    ${priced ? html`<p class="total">Together <b>${money(sum(sale.lines))}</b> <span class="quiet">for the account of this key, core charges apart</span></p>` : nothing}
    ${state.offline ? html`<p class="notice">Stock is held by Holdfast, which cannot be reached. The lines stay here until it can.</p>` : nothing}
    <div class="buttons">
      <button type="button" class="primary" ?disabled=${sale.busy} @click=${() => sale.hold()}>${sale.busy === "hold" ? "Holding …" : "Hold and quote"}</button>
      <button type="button" class="plain" @click=${() => sale.clear()}>Start again</button>
    </div>`;
}

const sum = (lines) => ({ amount: lines.reduce((total, { price }) => total + price.amount, 0), currency: lines[0].price.currency });

function held({ sale, quote, state, show }) {
  const left = Math.max(0, Math.floor((Date.parse(quote.expires_at) - Date.now()) / 1_000));
  const over = quote.state === "held" && left === 0;
  const states = {
    held: over ? "Its time is over. What was held is free again." : html`Held until <b>${time(quote.expires_at)}</b>, for ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} more.`,
    committed: "Sold.", released: "Given up. Nothing is held.", expired: "Its time is over. What was held is free again.",
  };
  return html`<p class="said-state ${quote.state}" role="status">${states[quote.state] ?? quote.state}</p>
    <ul class="rows lines">${quote.lines.map((line) => html`<li><span class="units">${count(line.committed ?? line.held)} ×</span>
      <span class="part"><b>${line.sku}</b></span>
      <span class="money">${line.price?.extended ? money(line.price.extended) : nothing}</span></li>`)}</ul>
    <p class="total">Total <b>${money(quote.total)}</b>${quote.core_total?.amount ? html` <span class="quiet">with ${money(quote.core_total)} core charges</span>` : nothing}</p>
    <div class="buttons">
      ${quote.state === "held" && !over ? html`
        <button type="button" class="primary" ?disabled=${sale.busy} @click=${() => sale.commit()}>${sale.busy === "commit" ? "Selling …" : "Sell"}</button>
        <button type="button" ?disabled=${sale.busy} @click=${() => sale.release()}>Give it up</button>` : nothing}
      ${quote.state === "committed" ? html`
        ${sale.goods.length > 0 ? html`<button type="button" class="primary" @click=${() => show.handOver()}>Picked and handed over</button>` : nothing}
        <button type="button" @click=${() => sale.clear()}>Fetched later</button>` : nothing}
      ${quote.state !== "committed" && (quote.state !== "held" || over) ? html`<button type="button" @click=${() => sale.clear()}>Next customer</button>` : nothing}
    </div>`;
}

/** Why it was refused, and where else there is some. */
function refusal({ message, problem }, state) {
  const short = (problem?.errors ?? []).filter(({ code }) => code === "insufficient_stock");
  if (short.length === 0) return html`<div class="notice" role="alert"><p>${message}</p></div>`;
  return html`<div class="notice short" role="alert">${short.map(({ sku, quantity, available, locations = [], alternates = [] }) => {
    const others = locations.filter(({ location }) => location !== state.location);
    return html`<p>${count(available)} of ${count(quantity)} × <b>${sku}</b> can be had here.
      ${others.length > 0 ? html` Elsewhere: ${others.slice(0, 4).map(({ location, available: some }) => `${location} ${count(some)}`).join(", ")}.` : nothing}
      ${alternates.length > 0 ? html` Instead: ${alternates.slice(0, 3).map((one) => `${one.sku} (${count(one.available)})`).join(", ")}.` : nothing}</p>`;
  })}</div>`;
}
