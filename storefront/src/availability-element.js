// <holdfast-availability sku="…">: status, price, pickup, delivery and alternates of one part.
import { html, nothing } from "lit";
import { HoldfastElement } from "./element.js";
import { count, day, daysAway, money, moment, time } from "./formats.js";
import { availabilityLooks, looks } from "./styles.js";

const CAN_BE_HAD = ["in_stock", "low_stock", "backorder", "special_order"];
const ALTERNATES_SHOWN = 2; // as many lines as pickup and delivery would take

export class AvailabilityElement extends HoldfastElement {
  static properties = { answer: { state: true }, said: { state: true } };
  static styles = [looks, availabilityLooks];

  #stop;
  #asked;

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop?.();
    this.#asked = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    this.requestUpdate();
  }

  /** Asks anew where the question is another one. */
  willUpdate() {
    const question = JSON.stringify([this.sku, this.settings]);
    if (!this.isConnected || question === this.#asked) return;
    this.#asked = question;
    this.#stop?.();
    // What was said of this part stands until its new answer, so that nothing blinks.
    if (this.answer?.item?.sku !== this.sku) this.answer = undefined;
    this.#stop = this.sku ? this.source.watch([this.sku], (answer) => this.#told(answer)) : undefined;
  }

  #told(answer) {
    const before = this.answer?.item?.status;
    this.answer = answer;
    const { item, error, stale } = answer;
    if (error) {
      this.emit("error", { sku: this.sku, status: error.status, code: error.code, message: error.message });
      return;
    }
    // Listeners hear of what changes, not of a page full of first answers.
    if (before && before !== item.status) this.said = this.say("now", { part: this.#name(item), status: this.say(item.status) });
    this.emit("availability", { sku: this.sku, item, vehicle: answer.vehicle, stale });
  }

  #name({ sku, brand_name, number }) {
    return brand_name ? `${brand_name} ${number}` : sku;
  }

  render() {
    const { item, error } = this.answer ?? {};
    return html`
      <div class=${this.settings.vin ? "vehicle" : ""}>
        <div class="box ${item ? (this.answer.stale ? "stale" : "") : "waiting"}" part="box" role="group" aria-busy=${!this.answer}
          aria-label=${this.say("about", { part: item ? this.#name(item) : this.sku ?? "" })}>
          ${item ? this.#known(item) : error ? this.#failed() : this.#waiting()}
        </div>
      </div>
      <p class="said" role="status">${this.said}</p>
      <slot name="action"></slot>`;
  }

  #waiting() {
    return html`<span class="said">${this.say("checking")}</span><span class="bar"></span><span class="bar"></span>`;
  }

  /** The page's own link, as without a script. */
  #failed() {
    return html`<p class="quiet" part="failed">${this.say("failed")}</p><slot></slot>`;
  }

  #known(item) {
    const language = this.spoken;
    const words = item.status === "backorder" && item.eta
      // A day without a time is its midnight in UTC.
      ? this.say("backorder_eta", { day: day(item.eta, language, "UTC") })
      : this.say(item.status);
    const stale = this.answer.stale ? this.say("stale", { time: time(this.answer.at, language) }) : nothing;
    return html`
      <p class="status ${item.status}" part="status"><span>${words}</span> <span class="quiet">${stale}</span></p>
      ${item.price || CAN_BE_HAD.includes(item.status) ? this.#price(item, language) : nothing}
      <div class="rows">
        ${item.fits ? html`<p class="fits ${item.fits}" part="fits">${this.fit(item, this.answer.vehicle)}</p>` : nothing}
        ${item.pickup || item.delivery ? this.#ways(item, language) : nothing}
        ${item.alternates ? this.#alternates(item.alternates) : nothing}
        ${CAN_BE_HAD.includes(item.status) ? nothing : html`<slot name="unavailable"></slot>`}
      </div>`;
  }

  #price({ price }, language) {
    const core = price?.core ? html` <span class="quiet" part="core">${this.say("core", { amount: money(price.core, language) })}</span>` : nothing;
    return html`<p class="price" part="price"><span class="amount">${this.price(price)}</span>${core}</p>`;
  }

  #ways({ pickup, delivery }, language) {
    return html`
      <p class="pickup" part="pickup">${pickup ? this.#pickup(pickup, language) : this.say("no_pickup")}</p>
      ${delivery ? html`<p class="delivery quiet" part="delivery">${this.say("delivery", {
        day: day(delivery.deliver_by, language), time: time(delivery.deliver_by, language), cutoff: moment(delivery.cutoff, language),
      })}</p>` : nothing}`;
  }

  #pickup({ name, available, ready_at, until, time_zone }, language) {
    const units = { count: count(available, language), place: name };
    if (!ready_at || !until) return `${units.count} · ${name}`;
    return daysAway(ready_at, time_zone) === 0
      ? this.say("pickup_today", { ...units, until: time(until, language, time_zone) })
      : this.say("pickup_later", { ...units, day: day(ready_at, language, time_zone), from: time(ready_at, language, time_zone) });
  }

  #alternates(alternates) {
    return alternates.slice(0, ALTERNATES_SHOWN).map((item) => {
      const name = this.#name(item);
      const part = item.quantity > 1 ? this.say("sets", { count: item.quantity, part: name }) : name;
      const price = item.price ? html` <span class="amount">${this.price(item.price)}</span>` : nothing;
      return html`<p class="alternate" part="alternate">${this.way(item, this.say("instead", { part }))}${price}</p>`;
    });
  }
}
