// Keeps the console's own files, so that it opens without a connection. Only these, and the newest whenever they can be
// had; what the API answers is never kept here.
const KEPT = "holdfast-branch";
const FILES = ["/branch", "/assets/branch.js", "/assets/branch.css", "/assets/holdfast.css", "/assets/icon.svg"];
/** A connection that hangs is as good as none, in milliseconds. */
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin || !FILES.includes(pathname)) return;
  event.respondWith(newest(event, pathname));
});

async function newest(event, pathname) {
  const kept = await caches.open(KEPT);
  const asked = fetch(event.request).then(async (response) => {
    if (response.ok) await kept.put(pathname, response.clone());
    return response;
  });
  event.waitUntil(asked.catch(() => {}));
  const late = new Promise((_, fail) => setTimeout(fail, PATIENCE_MS, new Error("late")));
  try {
    const response = await Promise.race([asked, late]);
    if (response.status < 500) return response;
    return (await kept.match(pathname)) ?? response;
  } catch {
    return (await kept.match(pathname)) ?? asked;
  }
}
