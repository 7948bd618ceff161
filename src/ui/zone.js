(() => {
  // Whoever lives by UTC reads what the server wrote.
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || /^(Etc\/)?(UTC|GMT|UCT|Zulu|Universal|Greenwich)$/.test(zone)) return;

  const day = (at) => at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  const dayOfWeek = (at) => `${at.toLocaleDateString("en-GB", { weekday: "long" })}, ${day(at)}`;
  const time = (at) => at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

  // Columns that say themselves that they are in UTC have no word of it in each time, and stay.
  const put = (element) => {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.valueOf())) return;
    if (/ UTC$/.test(element.title) || element.dataset.at) element.title = `${day(at)} at ${time(at)} (${zone})`;
    if (/ UTC$/.test(element.textContent)) element.textContent = `${day(at)} at ${time(at)}`;
    else if (/^\d\d:\d\d$/.test(element.textContent)) element.textContent = time(at);
  };
  const putAll = (root) => root.querySelectorAll("time[datetime]").forEach(put);

  // Events by day: in another zone some belong to the day before or after.
  const sections = [...document.querySelectorAll("section[data-day]")];
  const entries = sections.flatMap((section) => [...section.querySelectorAll("li")]);
  let last;
  for (const entry of entries) {
    const name = dayOfWeek(new Date(entry.querySelector("time").dateTime));
    if (last?.dataset.day !== name) {
      last = sections[0].cloneNode(true);
      last.dataset.day = name;
      const heading = last.querySelector("h2");
      [heading.textContent, heading.id] = [name, `${heading.id}-${entries.indexOf(entry)}`];
      last.setAttribute("aria-labelledby", heading.id);
      last.querySelector("ul").replaceChildren();
      sections[0].before(last);
    }
    last.querySelector("ul").append(entry);
  }
  if (last) sections.forEach((section) => section.remove());

  putAll(document);
  // What scripts bring later.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node instanceof Element) node.matches("time[datetime]") ? put(node) : putAll(node);
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
