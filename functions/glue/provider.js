// One request to a provider, and the pause before the next. What is sent, and what the answer means, Rust says.

/**
 * The response to `body`, posted as Standard Webhooks says; rejects where there was none within `timeout` milliseconds.
 * Redirects are not followed: the request is for this URL and no other.
 */
export function post(url, id, seconds, signature, body, timeout) {
  const headers = {
    "content-type": "application/json", "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signature,
  };
  return fetch(url, { method: "POST", redirect: "manual", headers, body, signal: AbortSignal.timeout(timeout) });
}

/** Posts `body` and answers "<status>\n<body>"; "0\n<why>" if there was no answer of at most `most` bytes in time. */
export async function send(url, id, seconds, signature, body, timeout, most) {
  try {
    const response = await post(url, id, seconds, signature, body, timeout);
    return `${response.status}\n${await read(response, most)}`;
  } catch (error) {
    return `0\n${error}`;
  }
}

async function read(response, most) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, size] = ["", 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > most) throw new Error(`the answer is longer than ${most} bytes`); // leaving the loop cancels the stream
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

export const pause = (milliseconds) => scheduler.wait(milliseconds);
