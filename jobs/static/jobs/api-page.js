/* The page of an address of REST: sends what its forms hold, and shows what was answered. */
"use strict";

const JSON_INDENTED = "application/json; indent=4";

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 4);
  } catch {
    return text;
  }
}

async function send(form) {
  const { method } = form.dataset;
  const headers = { Accept: JSON_INDENTED, "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const body = form.elements.body?.value;
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(window.location.href, { method, headers, body });
  const text = await answer.text();
  // An answer that went well is shown as it came: a browser's numbers would round some of it.
  return [`HTTP ${answer.status} ${answer.statusText}`, answer.ok ? text : readable(text)];
}

for (const form of document.querySelectorAll("form.sending")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.method === "DELETE" && !window.confirm("Delete what stands at this address?")) {
      return;
    }
    const button = form.querySelector("button");
    const reply = form.querySelector(".reply");
    button.disabled = true;
    try {
      [reply.querySelector("h3").textContent, reply.querySelector("pre").textContent] = await send(form);
    } catch {
      reply.querySelector("h3").textContent = "No answer came; try again.";
      reply.querySelector("pre").textContent = "";
    }
    reply.hidden = false;
    button.disabled = false;
  });
}
