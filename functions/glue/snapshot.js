// A snapshot of a location's stock on its way through Rust (src/sync.rs), part by part: what it comes to in all, and after
// its last line what a full one does not name.

const COUNTED = { same: "same", differs: "changed", applied: "changed", duplicate: "duplicates", version_conflict: "conflicts" };

export class Snapshot {
  #named = new Set();
  #full;
  #sum = { lines: 0, same: 0, changed: 0, duplicates: 0, conflicts: 0, rejected: 0, unanswered: 0, zeroed: 0 };
  #unread = 0;

  constructor(url) {
    const { searchParams } = new URL(url);
    this.#full = searchParams.get("mode") === "full";
  }

  /** Counts the lines of an answer. */
  see(text) {
    for (const line of text.trimEnd().split("\n")) {
      const { sku, result } = JSON.parse(line);
      this.#sum.lines++;
      this.#sum[result === undefined ? "unanswered" : (COUNTED[result] ?? "rejected")]++;
      if (sku === undefined) this.#unread++;
      else if (this.#full) this.#named.add(sku);
    }
  }

  /**
   * The texts that follow the last line: what became of each position that a full snapshot does not name, then the sum.
   * `ask(place, text)` promises Rust's answer, or nothing where it failed. A position whose line may be among those that
   * could not be read or answered must not be emptied: then none is.
   */
  async *rest(ask) {
    const sum = this.#sum;
    let why;
    if (this.#full && this.#unread > 0) {
      why = "some lines could not be read or answered, so it is not known what the snapshot does not name; send it again";
    } else if (this.#full) {
      for (let place = "0"; why === undefined && place !== null;) {
        const page = JSON.parse(await ask(place, ""));
        const lines = page?.lines.filter(({ sku }) => !this.#named.has(sku)) ?? [];
        const text = lines.length > 0 ? await ask("", lines.map((line) => JSON.stringify(line)).join("\n")) : "";
        if (page === null || text === null) {
          why = "the shards are busy or restarting; send the snapshot again, under the same Idempotency-Key";
          break;
        }
        for (const line of text.split("\n").slice(0, -1)) {
          const told = COUNTED[JSON.parse(line).result] ?? "rejected";
          sum[told === "changed" ? "zeroed" : told]++;
        }
        if (text !== "") yield text;
        place = page.next;
      }
    }
    yield `${JSON.stringify({ summary: sum, complete: why === undefined && sum.unanswered === 0, ...(why && { detail: why }) })}\n`;
  }
}
