// Says the number of the slider while it moves, and keeps the address that of what is shown. htmx asks for the rest.
(() => {
  "use strict";
  document.addEventListener("input", (event) => {
    if (event.target.id === "slots") document.getElementById("slots-shown").textContent = event.target.value;
  });
  document.addEventListener("htmx:afterSwap", (event) => history.replaceState(null, "", event.detail.xhr.responseURL));
})();
