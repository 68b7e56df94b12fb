// Server-Sent Events over fetch(): EventSource cannot send the key.

/** The events of a body, one after the other: `{ event, data }`. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // A line break may be CRLF, and be cut in two by a chunk: the CR waits for what follows.
      const whole = text + value;
      const cut = whole.endsWith("\r") ? whole.length - 1 : whole.length;
      const blocks = whole.slice(0, cut).replace(/\r\n?/g, "\n").split("\n\n");
      text = blocks.pop() + whole.slice(cut);
      for (const block of blocks) {
        const event = read(block);
        if (event.data !== null) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function read(block) {
  let event = "message";
  let data = null;
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const [field, value] = colon === -1 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (field === "event") event = value;
    if (field === "data") data = data === null ? value : `${data}\n${value}`;
  }
  return { event, data };
}
