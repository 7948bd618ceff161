(async (page, islands) => {
  const load = async ([js, wasm]) => {
    const module = await import(js);
    await module.default({ module_or_path: wasm });
    return module;
  };
  const listen = async () => (await load(page)).listen();
  const hydrate = async (found) => {
    const module = await load(islands);
    module.hydrate();
    found.forEach((island) => module[island.dataset.component](island));
  };
  // Most pages have no island, and a form waits for none.
  const found = document.querySelectorAll("leptos-island");
  await Promise.all([listen(), found.length && hydrate(found)]);
  // Tells style sheet and tests that the page reacts: controls that need scripts are hidden until then.
  document.documentElement.dataset.hydrated = "true";
})
