// "Mine" means the browser's zone for those who have named none: the form says it with each choice.
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of document.querySelectorAll("input[name=browser_zone]")) if (zone) field.value = zone;
})();
