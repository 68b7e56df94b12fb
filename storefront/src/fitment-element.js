// <holdfast-fitment>: takes a VIN, says which vehicle it is, whether `sku` fits it, and what of `part-type` does.
import { html, nothing } from "lit";
import { HoldfastElement } from "./element.js";
import { sourceOf } from "./availability.js";
import { vehicleName } from "./formats.js";
import { configure } from "./settings.js";
import { fitmentLooks, looks } from "./styles.js";

// Without I, O and Q (ISO 3779).
const VIN = /^[A-HJ-NPR-Z0-9]{17}$/;

export class FitmentElement extends HoldfastElement {
  static properties = {
    partType: { attribute: "part-type" }, label: {}, share: { type: Boolean },
    found: { state: true }, fault: { state: true },
  };
  static styles = [looks, fitmentLooks];

  #asked;
  #entry = "";

  willUpdate(changed) {
    if (changed.has("vin") && this.vin) this.#check(this.vin);
    else if (this.#asked && (changed.has("sku") || changed.has("partType"))) this.#check(this.#asked);
  }

  async #check(text) {
    const vin = text.replace(/[\s-]/g, "").toUpperCase();
    this.#entry = vin;
    if (!VIN.test(vin)) {
      [this.#asked, this.found, this.fault] = [undefined, undefined, "vin_wrong"];
      return;
    }
    this.#asked = vin;
    const source = sourceOf({ ...this.settings, vin });
    try {
      const [known, one] = await Promise.all([source.fitting(this.partType), this.sku ? this.#one(source) : null]);
      if (this.#asked !== vin) return;
      [this.found, this.fault] = [{ ...known, item: one }, undefined];
      // Every part of the page may say now whether it fits.
      if (this.share) configure({ vin });
      this.emit("vehicle", { vin, ...this.found });
    } catch (error) {
      if (this.#asked !== vin) return;
      [this.found, this.fault] = [undefined, error.code === "invalid_request" ? "vin_wrong" : "failed"];
      this.emit("error", { status: error.status, code: error.code, message: error.message });
    }
  }

  #one(source) {
    return new Promise((done, failed) => {
      const stop = source.watch([this.sku], ({ item, error }) => {
        queueMicrotask(() => stop());
        if (error) failed(error); else done(item);
      });
    });
  }

  #submitted(event) {
    event.preventDefault();
    this.#check(new FormData(event.target).get("vin"));
  }

  render() {
    const wrong = this.fault === "vin_wrong";
    return html`
      <form part="form" @submit=${this.#submitted}>
        <label for="vin">${this.say("vin")}</label>
        <div class="entry">
          <input id="vin" name="vin" part="input" .value=${this.#entry} autocomplete="off" autocapitalize="characters" spellcheck="false" required
            aria-describedby="hint result" aria-invalid=${wrong}>
          <button class="check" part="button">${this.say("check")}</button>
        </div>
        <p id="hint" class="quiet">${this.say("vin_hint")}</p>
      </form>
      <div id="result" class="result" part="result" role="status">${this.fault ? html`<p class="wrong">${this.say(this.fault)}</p>` : this.#result()}</div>
      <slot></slot>`;
  }

  #result() {
    if (!this.found) return nothing;
    const { vehicle, item, items } = this.found;
    const name = vehicleName(vehicle, this.spoken);
    if (!name) return html`<p>${this.say("vehicle_unknown")}</p>`;
    return html`
      <p>${item?.fits ? html`<span class=${item.fits}>${this.fit(item, vehicle)}</span>` : this.say("vehicle", { vehicle: name })}</p>
      ${this.partType ? this.#list(items, name) : nothing}`;
  }

  #list(items, vehicle) {
    const title = this.say("fitting", { type: this.label ?? this.partType, vehicle });
    if (items.length === 0) return html`<p>${title}: ${this.say("nothing_fits")}</p>`;
    const row = (item) => html`
      <li part="fitting"><span>${this.way(item, `${item.brand_name} ${item.number}`)}${item.fit_notes ? html` <span class="quiet">${item.fit_notes.join(", ")}</span>` : nothing}</span>
        <span><span class="amount">${this.price(item.price)}</span> <span class="quiet">${this.say(item.status)}</span></span></li>`;
    return html`<ul part="list" aria-label=${title}>${items.map(row)}</ul>`;
  }
}
