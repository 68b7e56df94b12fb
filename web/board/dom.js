// Making elements. Text is always text: nothing that the API says is read as HTML.

/** An element with properties (`class`, `on…`, attributes) and children; `null` and `false` are left out. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === false || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return element;
}

/**
 * A table under a caption. `columns`: names, the first of them that of what a row is about; `rows`: lists of texts or
 * elements. It can be scrolled by keyboard where it is too wide.
 */
export function table(caption, columns, rows) {
  const head = h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)));
  const row = ([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell)));
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h("table", {}, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, rows.map(row))));
}

/** What can be opened. It stays open while the numbers are renewed: `id` is how it is known. */
export function drawer(id, summary, ...children) {
  return h("details", { id, class: "drawer" }, h("summary", {}, summary), ...children);
}

/** A bar of `part` (0 to 1) of its place. What it shows is also told in words beside it. */
export function bar(part, kind = "") {
  const fill = h("span", {});
  fill.style.width = `${Math.min(Math.max(part, 0), 1) * 100}%`;
  return h("span", { class: `measure ${kind}`, "aria-hidden": "true" }, fill);
}
