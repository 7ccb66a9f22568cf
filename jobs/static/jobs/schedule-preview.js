// The preview of a schedule follows what is typed. Without this its button asks for it.
(() => {
  "use strict";
  const PAUSE = 350; // milliseconds without a key
  const begin = () => {
    const region = document.getElementById("schedule-preview");
    const expression = document.getElementById("id_expression");
    const form = region && region.closest("form");
    if (!form || !expression) return;
    const shown = region.querySelector(".shown");
    const fieldset = expression.closest("fieldset");
    if (fieldset) fieldset.after(region);
    region.classList.add("live");
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    const fresh = form.querySelector("#id_time_zone");
    if (fresh && !region.dataset.address.match(/\d/) && fresh.value === "UTC" && zone) fresh.value = zone;
    let timer = 0;
    let asked = null;
    const ask = async () => {
      if (asked) asked.abort();
      asked = new AbortController();
      const data = new FormData(form);
      data.set("viewer_zone", zone);
      region.classList.add("waits");
      try {
        const answer = await fetch(region.dataset.address, {
          method: "POST", body: data, signal: asked.signal, credentials: "same-origin", redirect: "error",
        });
        if (!answer.ok) throw new Error(answer.status);
        shown.innerHTML = await answer.text();
      } catch (error) {
        if (error.name === "AbortError") return;
        shown.textContent = "The preview could not be asked for; it is tried again with the next key.";
      }
      region.classList.remove("waits");
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, PAUSE);
    };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    if (expression.value.trim()) ask();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
