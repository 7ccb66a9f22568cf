// Times of schedules get the viewer's own clock beside the schedule's, where the two differ.
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const two = (n) => String(n).padStart(2, "0");
  const own = (stamp) => {
    const at = new Date(stamp);
    const day = at.toLocaleDateString("en", { weekday: "short" });
    const seconds = at.getSeconds() ? `:${two(at.getSeconds())}` : "";
    return `${day} ${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
      `${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
  };
  const show = (root) => {
    for (const time of root.querySelectorAll("time.schedule-time:not([data-own])")) {
      time.dataset.own = "";
      const shown = own(time.dateTime);
      if (zone === "UTC" || time.firstChild.textContent.startsWith(shown)) continue;
      const small = document.createElement("small");
      small.textContent = `${shown} ${zone}, yours`;
      time.append(small);
    }
  };
  const begin = () => show(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
  window.scheduleTimes = show;
})();
