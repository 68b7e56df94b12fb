// What both elements share: where they ask, in which language they speak, how they name and link a part.
import { html, LitElement } from "lit";
import { money, vehicleName } from "./formats.js";
import { languageOf, onChange, settingsOf } from "./settings.js";
import { sourceOf } from "./availability.js";
import { say } from "./words.js";

export class HoldfastElement extends LitElement {
  static properties = {
    sku: {}, vin: {}, endpoint: {}, key: {}, lat: { type: Number }, lon: { type: Number },
    language: { attribute: "lang" },
    partHref: { attribute: "part-href" },
  };

  #unlisten;

  connectedCallback() {
    super.connectedCallback();
    this.#unlisten = onChange(() => this.requestUpdate());
  }

  disconnectedCallback() {
    this.#unlisten();
    super.disconnectedCallback();
  }

  get settings() {
    return settingsOf(this);
  }

  get source() {
    return sourceOf(this.settings);
  }

  get spoken() {
    return languageOf(this);
  }

  say(name, fills) {
    return say(name, this.spoken, fills);
  }

  /** Tells the page, which may forbid what would follow. */
  emit(name, detail) {
    return this.dispatchEvent(new CustomEvent(`holdfast-${name}`, { detail, bubbles: true, composed: true, cancelable: true }));
  }

  price(price) {
    return price ? money(price.unit, this.spoken) : this.say("no_price");
  }

  /** A part that a shopper may go on to: a link where the page says where parts are, else a button that tells the page. */
  way(item, label) {
    const chosen = (event) => { if (!this.emit("part", { sku: item.sku, item })) event.preventDefault(); };
    if (!this.partHref) return html`<button class="link" type="button" part="link" @click=${chosen}>${label}</button>`;
    const href = this.partHref.replaceAll("{sku}", encodeURIComponent(item.sku));
    return html`<a href=${href} part="link" @click=${chosen}>${label}</a>`;
  }

  /** Whether it fits, in words; the conditions are in the catalogue's. */
  fit(item, vehicle) {
    const takes = item.fit_quantity > 1 ? [this.say("takes", { count: item.fit_quantity })] : [];
    const notes = [...(item.fit_notes ?? []), ...takes].join(", ");
    const words = { yes: notes ? "fits_if" : "fits", no: "fits_not", unknown: "fits_unknown" }[item.fits];
    return this.say(words, { vehicle: vehicleName(vehicle, this.spoken) || this.say("your_vehicle"), notes });
  }
}
