// What the five numbers are: where each is in the answer, and what is divided by what.
import { count, money, percent } from "./format.js";

/** The currency that most was sold in; that of the household share where nothing was. */
export function mainCurrency({ revenue_mix: mixes, household_share: { currency } }) {
  const sold = ({ recurring, digital, physical }) => recurring + digital + physical;
  return mixes.toSorted((one, other) => sold(other) - sold(one))[0]?.currency ?? currency;
}

export const mixOf = ({ revenue_mix: mixes }, currency) => mixes.find((mix) => mix.currency === currency);

const NONE = { numerator: 0, denominator: 0, value: null };

/**
 * `share` reads the quotient of a `numbers`; `above` and `below` say what its two sums are; `amount` writes one. Of the
 * number of which `lower` is better, less is good.
 */
export const FIVE = [
  {
    id: "api", name: "API response", measure: "under 100 ms",
    about: "Queries that were answered as they were asked, quickly enough that nobody waits.",
    share: (numbers) => numbers.api_response.share,
    above: "queries answered in less than 100 ms", below: "queries answered, or failed",
  },
  {
    id: "repair", name: "Digital repair", measure: "calibrated",
    about: "Sensors and windshields that were calibrated with the authorisation that they were sold with.",
    share: (numbers) => numbers.digital_repair.share,
    above: "successful redemptions", below: "units sold that need calibration",
  },
  {
    id: "inventory", name: "Inventory accuracy", measure: "phantom rate", lower: true,
    about: "Promises that turned out to be empty: an answer said the quantity was there, and the hold that followed failed.",
    share: (numbers) => numbers.inventory_accuracy.phantoms,
    above: "lines told to be there that could not be held", below: "lines told to be there, and then asked for",
  },
  {
    id: "household", name: "Household share", measure: "of service spend",
    about: "What registered households spent here, of what their vehicles are estimated to need.",
    share: (numbers) => numbers.household_share.share,
    above: "spent here by registered households", below: "estimated service of their vehicles",
    amount: (value, numbers) => money(value, numbers.household_share.currency),
  },
  {
    id: "revenue", name: "Digital revenue mix", measure: "digital and recurring",
    about: "Revenue that needs no lorry: subscriptions, and authorisations by use.",
    share: (numbers, currency) => mixOf(numbers, currency)?.share ?? NONE,
    above: "digital and recurring revenue", below: "all revenue",
    amount: (value, _, currency) => money(value, currency),
  },
].map((one) => ({ amount: count, lower: false, ...one }));

/** `982 of 1,004`, in the number's own terms. */
export function ofText({ amount, share }, numbers, currency) {
  const { numerator, denominator } = share(numbers, currency);
  return `${amount(numerator, numbers, currency)} of ${amount(denominator, numbers, currency)}`;
}

export const valueText = ({ share }, numbers, currency) => percent(share(numbers, currency).value);

/** Whether nothing has happened that any of the numbers is about. */
export function isEmpty(numbers) {
  const { api_response: { functions }, funnel, inventory_accuracy: stock, household_share: household, revenue_mix: mixes } = numbers;
  return functions.length === 0 && Object.values(funnel).every((value) => value === 0) && stock.records.denominator === 0
    && household.powertrains.length === 0 && household.unregistered === 0
    && mixes.every(({ recurring, digital, physical }) => recurring === 0 && digital === 0 && physical === 0);
}
