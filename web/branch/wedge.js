// A bar code scanner types: fast, and ends with Enter. Whatever has the focus, what it typed is a scan.

/** Longer between two keys, and a person types them, in milliseconds. */
const FAST_MS = 40;
/** Fewer characters, and it may be a person all the same. */
const SHORTEST = 6;

/**
 * Calls `scanned` with what a scanner typed anywhere but in `own`, the box where people type such things. A field that had
 * the focus gets back what it had before.
 */
export function listenForScans(own, scanned, target = document) {
  let keys = "", last = 0, field = null, before = "";
  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === own) return;
    const fast = event.timeStamp - last < FAST_MS;
    last = event.timeStamp;
    if (event.key.length === 1) {
      if (!fast || keys === "") {
        keys = "";
        field = "value" in event.target ? event.target : null;
        before = field?.value ?? "";
      }
      keys += event.key;
      return;
    }
    if (event.key === "Shift") return;
    const scan = keys;
    keys = "";
    if (event.key !== "Enter" || !fast || scan.length < SHORTEST) return;
    event.preventDefault();
    event.stopPropagation();
    if (field) {
      field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    scanned(scan);
  }, true);
}
