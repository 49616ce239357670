// Which fields matter for the answers given so far? Hides the others; the server decides anyway.
//
// <… data-show-if='{"field":"f.kind","in":["a"]}'>: the condition language of api/forms, with HTML field names.

function answer(form, name) {
  const found = form.elements.namedItem(name);
  if (!found) return [];
  const list = found instanceof RadioNodeList ? [...found] : [found];
  return list.filter((field) => !["checkbox", "radio"].includes(field.type) || field.checked).map((field) => field.value).filter(Boolean);
}

function holds(form, condition) {
  if (condition.all) return condition.all.every((part) => holds(form, part));
  if (condition.any) return condition.any.some((part) => holds(form, part));
  if (condition.not) return !holds(form, condition.not);
  const values = answer(form, condition.field);
  if ("filled" in condition) return (values.length > 0) === condition.filled;
  return values.some((value) => condition.in.includes(value));
}

export default function showIf(form) {
  const parts = [...form.querySelectorAll("[data-show-if]")].map((element) => [element, JSON.parse(element.dataset.showIf)]);
  const update = () => { for (const [element, condition] of parts) element.hidden = !holds(form, condition); };
  form.addEventListener("change", update);
  form.addEventListener("input", update);
  update();
}
