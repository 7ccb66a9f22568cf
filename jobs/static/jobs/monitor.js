// Counts the seconds between two answers, and says so when the server no longer answers. htmx does the rest.
(() => {
  "use strict";
  let base = 0; // the server's time in ms when the facts came in
  let received = 0; // our own clock then
  let stamp = "";

  // The same as `span` in jobs/spans.py.
  const span = (seconds) => {
    const s = Math.max(Math.trunc(seconds), 0);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.trunc(s / 60)} min ${s % 60} s`;
    if (s < 86400) return `${Math.trunc(s / 3600)} h ${Math.trunc((s % 3600) / 60)} min`;
    return `${Math.trunc(s / 86400)} d ${Math.trunc((s % 86400) / 3600)} h`;
  };

  const tick = () => {
    const facts = document.getElementById("facts");
    if (!facts) return;
    if (facts.dataset.now !== stamp) { // an unchanged page (304) comes with its old time: keep counting
      stamp = facts.dataset.now;
      base = Date.parse(stamp);
      received = performance.now();
    }
    const now = base + performance.now() - received;
    for (const time of facts.querySelectorAll("time[data-tick]")) {
      const ms = time.dataset.tick === "since" ? now - Date.parse(time.dateTime) : Date.parse(time.dateTime) - now;
      const text = span(ms / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
    if (facts.dataset.title) { // of one job, whose state it tells to those who look at another tab
      document.title = facts.dataset.title;
      return;
    }
    const problems = Number(facts.dataset.problems || 0);
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = problems ? `(${problems}) ${title}` : title;
  };

  // What a person has opened, closed or typed stays so.
  if (window.Idiomorph) {
    const theirs = { open: "details", value: "input:not([type=hidden]), textarea" };
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(theirs[name] && node.matches(theirs[name]));
  }

  const failed = () => {
    const banner = document.getElementById("stale");
    if (!banner || !banner.hidden) return;
    document.getElementById("stale-since").textContent = new Date().toISOString().slice(11, 19);
    banner.hidden = false;
  };

  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, failed);
  document.addEventListener("htmx:afterSwap", () => {
    const banner = document.getElementById("stale");
    if (banner) banner.hidden = true;
    tick();
  });
  tick();
  setInterval(tick, 1000);
})();
