"use strict";
// Shows the conversations whose row holds every word of the filter, and hides the others with their parts.
const filter = document.getElementById("filter");
const odd = document.getElementById("odd");
const shown = document.getElementById("shown");
const rows = [...document.querySelectorAll("tbody tr")];

function apply() {
  const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const wanted = words.every((word) => text.includes(word)) && (!odd.checked || row.classList.contains("odd"));
    row.hidden = !wanted;
    document.getElementById(`conversation-${row.dataset.number}`).hidden = !wanted;
    count += wanted ? 1 : 0;
  }
  shown.textContent = `${count} / ${rows.length}`;
}

// A link leads to a conversation, and unfolds it.
function unfold() {
  document.querySelector(`${location.hash || "#none"} > details`)?.setAttribute("open", "");
}

window.addEventListener("hashchange", unfold);
unfold();
filter.addEventListener("input", apply);
odd.addEventListener("change", apply);
apply();
