// What may a page do beyond plain HTML? Only what degrades to nothing: every form works without this file.
// <… data-island="draft"> starts islands/draft.js, and so on.

const islands = {
  draft: () => import("./draft.js"),
  keying: () => import("./keying.js"),
  showif: () => import("./showif.js"),
};

function start(root) {
  for (const element of root.querySelectorAll("[data-island]")) {
    if (element.dataset.started) continue;
    element.dataset.started = "1";
    for (const name of element.dataset.island.split(" ")) islands[name]?.().then((island) => island.default(element));
  }
}

function remember(name, value) {
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${location.protocol === "https:" ? ";secure" : ""}`;
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remember("ck_theme", root.dataset.theme);
}

// Marked as well, so that where the browser refuses one only has to press Ctrl+C.
async function copy(box) {
  box.select();
  const said = document.getElementById(`${box.id}-da-chep`);
  try {
    await navigator.clipboard.writeText(box.value);
    said.textContent = "Đã chép.";
  } catch {
    said.textContent = "Đã đánh dấu: nhấn Ctrl+C để chép.";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button?.dataset.do === "theme") switchTheme();
  if (button?.dataset.do === "print") print();
  if (button?.dataset.do === "copy") copy(document.getElementById(button.dataset.from));
  for (const menu of document.querySelectorAll("details.ck-user[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.ck-user[open], details.ck-menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

document.addEventListener("change", (event) => {
  const all = event.target.dataset.selectAll;
  if (!all) return;
  const group = event.target.closest("section") ?? document;
  for (const box of group.querySelectorAll(`input[type=checkbox][name="${all}"]`)) box.checked = event.target.checked;
});

// A second click while the first answer is on its way must not send the form twice.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.hasAttribute("data-many")) return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
  setTimeout(() => delete event.target.dataset.sent, 5000);
});
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });

document.documentElement.classList.add("js");
for (const box of document.querySelectorAll("[data-select-all]")) box.closest("label").hidden = false;
document.addEventListener("htmx:after:swap", () => start(document));
start(document);
