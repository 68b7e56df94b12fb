// What is not sent, and what was refused and needs a decision.
import { html, nothing } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";
import { count, deed, short, time } from "./words.js";

export function unsent({ state, show, giving, give, givenUp }) {
  const waiting = state.unsent.filter(({ answer }) => !answer);
  const refused = state.unsent.filter(({ answer }) => answer);
  return html`<section aria-labelledby="unsent-name">
    <h2 id="unsent-name" tabindex="-1">Not sent <span class="sum">${count(waiting.length)}</span></h2>
    ${waiting.length === 0 ? html`<p class="none">Everything that was done here has arrived.</p>` : html`
      <p class="about">Kept on this device, also when it is switched off. Each is sent once, in this order, as soon as Holdfast can be reached.</p>
      ${state.trouble && !state.offline ? html`<p class="notice">${state.trouble.message} <button type="button" @click=${() => show.wake()}>Try now</button></p>` : nothing}
      <ul class="rows">${repeat(waiting, ({ movement }) => movement.id, ({ movement, made_at }) => html`<li>${what(movement)} <span class="quiet">${time(made_at)}</span></li>`)}</ul>`}
  </section>
  ${refused.length === 0 ? nothing : html`<section class="short" aria-labelledby="refused-name">
    <h2 id="refused-name">Refused <span class="sum">${count(refused.length)}</span></h2>
    <p class="about">These did not change any stock. Look at the part, do what is right, and give the old one up.</p>
    <ul class="rows refused">${repeat(refused, ({ movement }) => movement.id, (entry) => {
      const { movement, answer, made_at } = entry;
      return html`<li>
        <div>${what(movement)} <span class="quiet">${time(made_at)}</span>
          <p>${answer.result === "version_conflict" ? "Somebody moved stock of it between what you saw and your count. Look at it again." : answer.detail}</p></div>
        <div class="buttons">
          <button type="button" @click=${() => show.part(movement.sku, movement.kind === "count" ? "count" : null)}>${movement.kind === "count" ? "Count again" : "Look at it"}</button>
          <button type="button" aria-expanded=${giving === movement.id} @click=${() => give(movement.id)}>Give it up</button>
        </div>
        ${giving === movement.id ? html`<form class="act" @submit=${(event) => {
          event.preventDefault();
          show.discard(entry, new FormData(event.target).get("why").trim());
        }}><label class="reason">Why <input id="why" name="why" required maxlength="150" pattern=".*\\S.*"></label>
          <button type="submit" class="primary">Give it up</button></form>` : nothing}
      </li>`;
    })}</ul>
  </section>`}
  ${givenUp.length === 0 ? nothing : html`<details class="drawer"><summary>Given up on this device (${count(givenUp.length)})</summary>
    <ul class="rows">${givenUp.map(({ movement, reason, at }) => html`<li>${what(movement)} <span class="quiet">${time(at)}: ${reason}</span></li>`)}</ul></details>`}`;
}

function what(movement) {
  const { quote, reason } = movement;
  return html`<b>${deed(movement)}</b>${quote ? html` <code title=${quote}>…${short(quote)}</code>` : nothing}${reason ? html` <span class="quiet">${reason}</span>` : nothing}`;
}
