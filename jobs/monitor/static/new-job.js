// A fresh form speaks the visitor's own time; without this it speaks UTC, and says so.
(() => {
  "use strict";
  const form = document.querySelector("#new-job[data-fresh]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!form || !zone) return;
  const runAt = form.elements.run_at;
  const local = new Date(runAt.value + "Z");
  const two = (n) => String(n).padStart(2, "0");
  form.elements.time_zone.value = zone;
  runAt.value = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}` +
    `T${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
})();
