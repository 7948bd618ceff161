// The service worker: when a page cannot be fetched, it answers with PAGE. It keeps nothing else, and touches no form,
// no file and no call of the API. PAGE and POLICY stand above; see offline.rs.

// What is no page does not even wake this worker, where the browser can be told so.
const NOT_FOR_US = [
  { requestMethod: "POST" },
  { requestMode: "cors" },
  { requestMode: "no-cors" },
  { requestMode: "same-origin" },
];

addEventListener("install", (event) => {
  // A new version takes over at once: there is nothing that both could fight about.
  skipWaiting();
  event.waitUntil(sayWhatIsNotForUs(event));
});

addEventListener("activate", (event) => {
  event.waitUntil(registration.navigationPreload?.enable() ?? Promise.resolve());
});

addEventListener("fetch", (event) => {
  const { mode, method } = event.request;
  // Without preload it would be this worker that asks, and the server could not tell any more which site led here.
  if (mode === "navigate" && method === "GET" && registration.navigationPreload) event.respondWith(answer(event));
});

/** The browser has sent its own request before it woke us: what comes back is handed on as it is. */
async function answer(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const headers = {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
    };
    return new Response(PAGE, { status: 503, headers });
  }
}

async function sayWhatIsNotForUs(event) {
  try {
    await event.addRoutes?.({ condition: { or: NOT_FOR_US }, source: "network" });
  } catch {
    // An older wording of the same: this worker looks at each request then, and lets it pass.
  }
}
