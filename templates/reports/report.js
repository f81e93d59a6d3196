"use strict";
(function () {
  const form = document.querySelector(".filter");
  const cards = Array.from(document.querySelectorAll(".card"));
  const rows = new Map(Array.from(document.querySelectorAll("#overview tbody tr"), (row) => [row.dataset.id, row]));
  const get = (id) => document.getElementById(id);
  const keys = ["target", "shape", "level", "host"];
  function apply() {
    const words = get("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      const fits = keys.every((key) => !get("f-" + key).value || card.dataset[key] === get("f-" + key).value) &&
        words.every((word) => card.dataset.search.includes(word));
      card.hidden = !fits;
      rows.get(card.id).hidden = !fits;
      shown += fits ? 1 : 0;
    }
    get("f-count").value = shown + " of " + cards.length + " jobs";
  }
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
  const body = document.querySelector("#overview tbody");
  document.querySelectorAll("#overview thead th").forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    let up = false;
    button.addEventListener("click", () => {
      up = !up;
      const key = { 2: "p95", 5: "cost" }[index];
      const value = (row) => (key ? Number(row.dataset[key]) : row.cells[index].textContent.trim().toLowerCase());
      const sorted = Array.from(rows.values()).sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
      body.append(...(up ? sorted : sorted.reverse()));
      document.querySelectorAll("#overview thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
    });
  });
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
})();
