// How does a clerk enter sheet after sheet without looking at the screen? One key answers and leads on, Enter leads on, and only
// the last Enter sends.

export default function keying(form) {
  const boxes = [...form.querySelectorAll("input[data-key]")];

  form.addEventListener("keydown", (event) => {
    const place = boxes.indexOf(event.target);
    if (event.key !== "Enter" || place < 0 || place === boxes.length - 1) return;
    event.preventDefault();
    boxes[place + 1].focus();
  });

  form.addEventListener("input", (event) => {
    const place = boxes.indexOf(event.target);
    if (place < 0 || event.target.dataset.key !== "one" || event.target.value.trim().length !== 1) return;
    (boxes[place + 1] ?? form.querySelector("[data-main]")).focus();
  });

  for (const box of boxes) box.addEventListener("focus", () => box.select());
  form.dataset.keying = "1";
}
