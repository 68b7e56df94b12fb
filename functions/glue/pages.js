// What people and crawlers look at: static files, with the headers that keep other people's code out of them.

const PAGES = new Set(["/", "/kpi", "/branch", "/branch-sw.js", "/robots.txt", "/llms.txt", "/openapi.json", "/demo", "/holdfast.js"]);
// What programs in other origins' pages may read.
const OPEN = new Set(["/openapi.json", "/holdfast.js"]);
// What shops include: asked for on each of their pages, new with a release.
const KEPT = new Map([["/holdfast.js", "public, max-age=3600, stale-while-revalidate=86400"]]);
const FOLDER = "/assets/";

const HEADERS = {
  // Scripts, styles and data from here alone; no frames, no forms that leave.
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Whether `path` is that of a static file; else the API answers. */
export const isPage = (path) => PAGES.has(path) || path.startsWith(FOLDER);

/** The static file at `path`, for GET and HEAD. */
export async function page(request, path, env) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("This is a page: GET it.\n", { status: 405, headers: { ...HEADERS, allow: "GET, HEAD" } });
  }
  const found = await env.ASSETS.fetch(new URL(path, request.url), { method: request.method, headers: request.headers });
  const response = new Response(found.body, found);
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  if (KEPT.has(path) && response.status < 400) response.headers.set("cache-control", KEPT.get(path));
  if (OPEN.has(path)) response.headers.set("access-control-allow-origin", "*");
  return response;
}
