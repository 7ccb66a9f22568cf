// The admin keeps colours of its own in the browser; the header's switch of our pages is what counts. Before it looks.
localStorage.setItem("adminTheme", JSON.stringify(document.documentElement.className || "auto"));
