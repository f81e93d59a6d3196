"use strict";
(function () {
  const form = document.querySelector(".filter");
  const MANY = 200; // beyond so many the rest waits for its button or its search: laying out thousands of rows takes seconds
  const get = (id) => document.getElementById(id);
  const body = document.querySelector("#overview tbody");
  const keys = ["target", "shape", "level", "host"];
  const all = document.createElement("button");
  let limit = MANY;
  const jobs = Array.from(body.rows, (row) => {
    const card = get(row.dataset.id);
    return { row, card, search: card.dataset.search, data: card.dataset, shown: true };
  });
  function show(job, fits) {
    if (job.shown === fits) return;
    job.shown = fits;
    job.card.hidden = !fits;
    job.row.hidden = !fits;
  }
  function apply() {
    const words = get("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = keys.map((key) => [key, get("f-" + key).value]).filter(([, value]) => value);
    let count = 0;
    for (const job of jobs) {
      const fits = chosen.every(([key, value]) => job.data[key] === value) && words.every((word) => job.search.includes(word));
      count += fits ? 1 : 0;
      show(job, fits && count <= limit);
    }
    get("f-count").value = count + " of " + jobs.length + " jobs";
    all.hidden = count <= limit;
    all.textContent = "show all " + count;
  }
  function reveal() {
    const job = jobs.find((one) => "#" + one.card.id === location.hash || "#" + one.card.id + "-q" === location.hash);
    if (job && !job.shown) {
      show(job, true);
      get(location.hash.slice(1)).scrollIntoView();
    }
  }
  all.type = "button";
  all.className = "all";
  all.addEventListener("click", () => { limit = Infinity; apply(); });
  form.append(all);
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
  reveal();
  window.addEventListener("hashchange", reveal);
  document.querySelectorAll("#overview thead th").forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    let up = false;
    button.addEventListener("click", () => {
      up = !up;
      const key = { 2: "p95", 5: "cost" }[index];
      for (const job of jobs) job.key = key ? Number(job.row.dataset[key]) : job.row.cells[index].textContent.trim().toLowerCase();
      jobs.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (up ? 1 : -1));
      body.append(...jobs.map((job) => job.row));
      apply();
      document.querySelectorAll("#overview thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
    });
  });
  let opened = [];
  window.addEventListener("beforeprint", () => {
    jobs.forEach((job) => show(job, true));
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach((fold) => { fold.open = true; });
  });
  window.addEventListener("afterprint", () => { opened.forEach((fold) => { fold.open = false; }); apply(); });
})();
