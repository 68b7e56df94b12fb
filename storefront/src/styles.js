// The looks of both elements. Custom properties come from the page; each has a default for light and dark.
import { css } from "lit";

export const looks = css`
  :host {
    display: block; container-type: inline-size;
    font-family: var(--holdfast-font, inherit); line-height: 1.5; color: var(--holdfast-ink, inherit);
    --quiet: var(--holdfast-quiet, light-dark(#5c6166, #a3a8ad));
    --line: var(--holdfast-line, light-dark(#dedbd3, #32383d));
    --accent: var(--holdfast-accent, light-dark(#0b6e4f, #58c49a));
    --good: var(--holdfast-good, light-dark(#0b6e4f, #58c49a));
    --warn: var(--holdfast-warn, light-dark(#8a5000, #e0a94a));
    --bad: var(--holdfast-bad, light-dark(#a32222, #f08a80));
  }
  :host([hidden]) { display: none; }
  p { margin: 0; text-wrap: pretty; }
  a, .link { color: var(--accent); text-underline-offset: .2em; }
  .link { font: inherit; padding: 0; border: 0; background: none; text-decoration: underline; text-align: start; cursor: pointer; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
  .quiet { color: var(--quiet); font-size: .875em; }
  .said { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

export const availabilityLooks = css`
  /* As tall while nothing is known as it will be: the page does not jump. */
  .box { display: flow-root; min-block-size: var(--holdfast-height, 9.5em); }
  .vehicle .box { min-block-size: calc(var(--holdfast-height, 9.5em) + 1.5em); }
  @container (inline-size < 22em) {
    .box { min-block-size: var(--holdfast-height, 11.5em); }
    .vehicle .box { min-block-size: calc(var(--holdfast-height, 11.5em) + 3em); }
  }
  .price { font-size: 1.25em; line-height: 1.3; }
  .amount { font-weight: 650; font-variant-numeric: tabular-nums; }
  .price .quiet { font-size: .7em; }
  .status { font-weight: 600; }
  .status .quiet { font-weight: 400; }
  .status::before { content: ""; display: inline-block; inline-size: .6em; block-size: .6em; margin-inline-end: .45em; border-radius: 50%; background: var(--tone); }
  .in_stock { --tone: var(--good); }
  .low_stock, .backorder, .special_order { --tone: var(--warn); }
  .out_of_stock, .discontinued, .unknown { --tone: var(--bad); }
  .status span:first-child { color: var(--tone); }
  .waiting .bar { display: block; block-size: .8em; margin-block: .35em; inline-size: 60%; border-radius: 3px; background: var(--line); }
  .waiting .bar:nth-of-type(2) { inline-size: 35%; }
  .stale .price, .stale .rows { opacity: .75; }
`;

export const fitmentLooks = css`
  form { display: grid; gap: .35em; }
  label { font-weight: 600; }
  .entry { display: flex; gap: .5em; flex-wrap: wrap; }
  input {
    font: inherit; font-variant-numeric: tabular-nums; letter-spacing: .04em; flex: 1 1 12em; min-inline-size: 0; padding: .5em .65em;
    color: inherit; background: var(--holdfast-card, light-dark(#fff, #1c2024)); border: 1px solid var(--quiet);
    border-radius: var(--holdfast-radius, 6px);
  }
  input:focus { text-transform: uppercase; }
  .check {
    font: inherit; font-weight: 600; padding: .5em 1.1em; border: 1px solid transparent; border-radius: var(--holdfast-radius, 6px);
    color: var(--holdfast-on-accent, light-dark(#fff, #10211a)); background: var(--accent); cursor: pointer;
  }
  .result { min-block-size: 1.5em; margin-block-start: .5em; }
  .yes { color: var(--good); font-weight: 600; }
  .no, .wrong { color: var(--bad); font-weight: 600; }
  ul { list-style: none; margin: .5em 0 0; padding: 0; }
  li { padding: .4em 0; border-block-start: 1px solid var(--line); display: flex; gap: .25em 1em; flex-wrap: wrap; justify-content: space-between; }
`;
