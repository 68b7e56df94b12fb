// A position as it will be once movements are applied that the server does not know yet. What a movement does to the
// counters is decided there (src/stock/movement.rs); this foretells it, so that a count made without a connection is
// compared with the right number.

const MORE = new Set(["receipt", "transfer_in", "return", "adjustment"]);
const LESS = new Set(["damage", "transfer_out", "pick"]);

/** The position after `movements`, each of which is one version. */
export function ahead(position, movements) {
  let { on_hand, committed, quarantined, version } = position;
  for (const { kind, quantity } of movements) {
    version += 1;
    if (kind === "count") on_hand = quantity;
    if (MORE.has(kind)) on_hand += quantity;
    if (LESS.has(kind)) on_hand = Math.max(on_hand - quantity, 0);
    if (kind === "pick") committed = Math.max(committed - quantity, 0);
    if (kind === "quarantine") quarantined += quantity;
    if (kind === "release_quarantine") quarantined = Math.max(quarantined - quantity, 0);
    if (kind === "count" || kind === "damage") quarantined = Math.min(quarantined, on_hand);
  }
  const available = Math.max(on_hand - committed - position.held - quarantined - position.safety, 0);
  return { ...position, on_hand, committed, quarantined, available, version };
}
