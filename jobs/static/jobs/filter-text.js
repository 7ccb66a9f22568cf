// Offers words and values while a filter is typed. What they mean is read by the server alone.
(() => {
  "use strict";
  const field = document.getElementById("filter-q");
  const list = document.getElementById("filter-q-list");
  if (!field || !list) return;
  let known = null; // {words: [[word, hint]], values: {word: [value]}}

  // Where the term begins in which the caret stands: after the last space that no quotes enclose.
  const begin = (text) => {
    let at = 0;
    let quoted = false;
    for (let n = 0; n < text.length; n += 1) {
      if (quoted && text[n] === "\\") n += 1;
      else if (text[n] === '"' && (quoted || n === at || text[n - 1] === ":")) quoted = !quoted;
      else if (!quoted && /\s/.test(text[n])) at = n + 1;
    }
    return at;
  };

  const written = (value) => (/^[^\s"][^\s]*$/.test(value) ? value : `"${value.replace(/(["\\])/g, "\\$1")}"`);

  const put = (from, to, text, goesOn) => {
    field.setRangeText(text, from, to, "end");
    field.focus();
    if (goesOn) field.dispatchEvent(new Event("input"));
  };

  const find = (text, caret) => {
    if (!known) return [];
    let from = begin(text.slice(0, caret));
    if (text[from] === "-") from += 1;
    const term = text.slice(from, caret);
    const colon = term.indexOf(":");
    if (colon < 0) {
      const low = term.toLowerCase();
      return known.words
        .filter(([word]) => word.startsWith(low))
        .map(([word, note]) => ({ text: `${word}:`, note, take: () => put(from, caret, `${word}:`, true) }));
    }
    const word = term.slice(0, colon).toLowerCase();
    const values = known.values[word] || known.values[term.slice(0, colon)] || [];
    const typed = term.slice(colon + 1);
    const comma = word === "state" ? typed.lastIndexOf(",") + 1 : 0;
    const part = typed.slice(comma).replace(/^"/, "").toLowerCase();
    const others = typed.slice(0, comma).split(",");
    return values
      .filter((value) => value.toLowerCase().includes(part) && value.toLowerCase() !== part && !others.includes(value))
      .map((value) => ({ text: value, take: () => put(from + colon + 1 + comma, caret, `${written(value)} `, false) }));
  };

  const { show } = window.runat.combobox(field, list, { find });
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  let isAsked = false;
  let hasTyped = false; // since the page was loaded
  field.addEventListener("input", () => (hasTyped = true));
  const ask = async () => {
    if (isAsked) return;
    isAsked = true;
    try {
      const answer = await fetch(list.dataset.words, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      known = await answer.json();
      if (hasTyped && document.activeElement === field) show();
    } catch {
      isAsked = false; // a filter can be typed all the same
    }
  };
  field.addEventListener("focus", ask);
  if (document.activeElement === field) ask();
})();
