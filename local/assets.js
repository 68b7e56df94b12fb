// Stands in for the network's static assets on one machine: the files of a folder, `/kpi` from `kpi.html`.
const TYPES = {
  css: "text/css", html: "text/html; charset=utf-8", ico: "image/x-icon", js: "text/javascript", json: "application/json",
  map: "application/json", svg: "image/svg+xml", txt: "text/plain; charset=utf-8", woff2: "font/woff2",
};

export default {
  async fetch(request, { FILES }) {
    const { pathname } = new URL(request.url);
    const file = pathname.endsWith("/") ? `${pathname}index.html` : /\.\w+$/.test(pathname) ? pathname : `${pathname}.html`;
    const found = await FILES.fetch(`http://files${file}`, { method: request.method });
    if (!found.ok) return new Response("There is no such page.\n", { status: 404 });
    const etag = `"${Date.parse(found.headers.get("last-modified")).toString(36)}-${found.headers.get("content-length")}"`;
    const headers = { etag, "cache-control": "public, max-age=0, must-revalidate" };
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
    headers["content-type"] = TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return new Response(found.body, { headers });
  },
};
