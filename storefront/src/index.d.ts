import type { Schemas } from "../client/index.js";

export interface Settings {
  /** Where the API answers; without a trailing path. */
  endpoint: string;
  /** A publishable key. */
  key: string;
  /** Where the shopper is, in degrees. */
  place: { lat: number; lon: number } | null;
  /** The shopper's vehicle. */
  vin: string | null;
  /** Seconds between looks at what may have changed; 0: never. */
  refresh: number;
}

/** Changes what holds for every element of the page that does not say otherwise itself. */
export function configure(changes: Partial<Settings>): void;

declare class HoldfastElement extends HTMLElement {
  sku?: string;
  vin?: string;
  endpoint?: string;
  key?: string;
  lat?: number;
  lon?: number;
  /** Where parts are in the shop: `/parts/{sku}`. */
  partHref?: string;
}

export class AvailabilityElement extends HoldfastElement {}

export class FitmentElement extends HoldfastElement {
  /** The type whose fitting parts are listed. */
  partType?: string;
  /** What the page calls that type. */
  label?: string;
  /** Whether the vehicle is that of the whole page. */
  share?: boolean;
}

export interface HoldfastEvents {
  "holdfast-availability": CustomEvent<{ sku: string; item: Schemas["PublicAnswer"]; vehicle?: Schemas["PublicVehicle"]; stale: boolean }>;
  "holdfast-part": CustomEvent<{ sku: string; item: Schemas["PublicAnswer"] | Schemas["PublicAlternate"] }>;
  "holdfast-vehicle": CustomEvent<{
    vin: string; vehicle: Schemas["PublicVehicle"]; part_types: string[]; items: Schemas["PublicAnswer"][]; item: Schemas["PublicAnswer"] | null;
  }>;
  "holdfast-error": CustomEvent<{ sku?: string; status?: number; code?: string; message: string }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "holdfast-availability": AvailabilityElement;
    "holdfast-fitment": FitmentElement;
  }
  interface HTMLElementEventMap extends HoldfastEvents {}
}
