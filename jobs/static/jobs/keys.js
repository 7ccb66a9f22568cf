// Keys on every page, and the palette. Single keys can be switched off; they do nothing while somebody types.
(() => {
  "use strict";
  const OFF = "runat-keys-off";
  const PATIENCE = 1500; // ms between the two keys of `g j`
  const help = document.getElementById("keys");
  const palette = document.getElementById("palette");
  if (!help || !palette) return;

  let without = false; // where nothing can be stored, until the page is left
  const areOff = () => {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return without;
    }
  };
  const switchOff = (off) => {
    without = off;
    try {
      localStorage.setItem(OFF, off ? "1" : "0");
    } catch {
      // as above
    }
  };

  // --- the list of keys ---
  const box = document.getElementById("keys-single");
  const openHelp = () => {
    box.checked = !areOff();
    help.showModal();
  };
  box.addEventListener("change", () => switchOff(!box.checked));
  const opener = document.getElementById("keys-open");
  opener.hidden = false;
  opener.addEventListener("click", openHelp);
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }

  // --- the palette ---
  const field = document.getElementById("palette-field");
  const nav = [...document.querySelectorAll("header nav a")];
  const pages = nav.map((link) => ({ text: link.textContent.trim(), note: "page", href: link.getAttribute("href") }));
  let entries = pages;
  let isAsked = false;

  const go = (entry) => ({ ...entry, take: () => window.location.assign(entry.href) });
  const find = (typed) => {
    const text = typed.trim();
    const found = [];
    const number = /^#?(\d{1,18})$/.exec(text);
    if (number) found.push({ text: `Job ${number[1]}`, note: "job", href: `${palette.dataset.jobs}${number[1]}/` });
    const words = text.toLowerCase().split(/\s+/);
    const fits = (entry) => words.every((word) => `${entry.note} ${entry.text}`.toLowerCase().includes(word));
    found.push(...entries.filter(fits).slice(0, 10));
    if (text) found.push({ text: `Jobs: ${text}`, note: "search", href: `${palette.dataset.jobs}?q=${encodeURIComponent(text)}` });
    return found.map(go);
  };
  const { show } = window.runat.combobox(field, document.getElementById("palette-list"), { find, first: true });

  const openPalette = async () => {
    if (palette.open) return;
    if (help.open) help.close();
    field.value = "";
    palette.showModal();
    show();
    if (isAsked) return;
    isAsked = true;
    try {
      const answer = await fetch(palette.dataset.entries, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      entries = [...pages, ...(await answer.json()).entries];
      if (palette.open) show();
    } catch {
      isAsked = false; // the pages can be gone to all the same
    }
  };

  // --- keys ---
  const search = () => {
    const box = [...document.querySelectorAll("main input[type=search]")].find((one) => one.offsetParent);
    if (!box) return openPalette();
    box.focus();
    box.select();
    return undefined;
  };
  const refresh = () => {
    const resume = document.querySelector("[data-resume]");
    if (resume) resume.click();
    else window.location.reload();
  };
  const single = { "/": search, "?": openHelp, r: refresh };
  let before = -PATIENCE; // when `g` was pressed

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    const types = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (types || event.ctrlKey || event.metaKey || event.altKey || areOff() || document.querySelector("dialog[open]")) return;
    const afterG = event.timeStamp - before < PATIENCE;
    before = -PATIENCE;
    if (event.repeat) return;
    const link = afterG && nav.find((one) => one.dataset.go === event.key);
    if (link) window.location.assign(link.href);
    else if (event.key === "g") before = event.timeStamp;
    else if (single[event.key]) single[event.key]();
    else return;
    event.preventDefault();
  });
})();
