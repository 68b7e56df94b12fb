// The one file that a page includes: the two elements, and how to set them up from a script.
import { AvailabilityElement } from "./availability-element.js";
import { FitmentElement } from "./fitment-element.js";

export { configure } from "./settings.js";
export { AvailabilityElement, FitmentElement };

for (const [name, element] of [["holdfast-availability", AvailabilityElement], ["holdfast-fitment", FitmentElement]]) {
  // A page that includes the file twice keeps the first.
  if (!customElements.get(name)) customElements.define(name, element);
}
