// A field with a list of what could be meant, after WAI-ARIA's combobox: arrows choose, Enter takes, Escape closes.
(() => {
  "use strict";
  const MOST = 12;

  // `find` returns what could be meant as {text, note, take}; `take` gets it. `first`: the first is chosen already, and
  // Escape and Tab are for the dialog around.
  const combobox = (field, list, { find, first = false }) => {
    let options = [];
    let at = -1;

    const close = () => {
      list.hidden = true;
      options = [];
      at = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };

    const choose = (n) => {
      at = n;
      [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
      if (at < 0) {
        field.removeAttribute("aria-activedescendant");
        return;
      }
      field.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    };

    const take = (n) => {
      const taken = options[n];
      close();
      taken.take();
    };

    const show = () => {
      options = find(field.value, field.selectionStart ?? field.value.length).slice(0, MOST);
      list.replaceChildren(
        ...options.map((option, n) => {
          const item = document.createElement("li");
          item.id = `${list.id}-${n}`;
          item.setAttribute("role", "option");
          item.append(option.text);
          if (option.note) {
            const note = document.createElement("small");
            note.append(option.note);
            item.append(" ", note);
          }
          item.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
          item.addEventListener("click", () => take(n));
          return item;
        }),
      );
      if (!options.length) {
        close();
        return;
      }
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      choose(first ? 0 : -1);
    };

    field.addEventListener("input", show);
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) show();
        else choose((at + (event.key === "ArrowDown" ? 1 : options.length - (at < 0 ? 0 : 1))) % options.length);
      } else if (event.key === "Enter" && at >= 0) take(at);
      else if (event.key === "Tab" && !event.shiftKey && at >= 0 && !first) take(at);
      else if (event.key === "Escape" && !list.hidden && !first) close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return { show, close };
  };

  window.runat = { ...window.runat, combobox };
})();
