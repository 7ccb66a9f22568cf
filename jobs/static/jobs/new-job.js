// A fresh form speaks the visitor's own time; without this it speaks UTC, and says so.
(() => {
  "use strict";
  const form = document.getElementById("new-job");
  if (!form) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && form.dataset.fresh !== undefined) form.elements.time_zone.value = zone;
  const zones = document.getElementById("zones");
  for (const name of ["UTC", ...(Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [])]) {
    zones.append(new Option(name, name));
  }
})();
