// Is what I typed safe? Saves a form's text to the server while it is typed, and on this device when the network is away.
//
// <form data-island="draft" data-draft-url="/…/nhap"> with <p data-draft-status role="status"></p> inside.
// The server answers 204, or 200 with the plain-text sentence to show. Files are never part of a draft.
// The copy on the device exists only while the server does not have the text.

const WAIT = 700;
const words = {
  saving: "Đang lưu nháp…",
  saved: "Đã lưu nháp.",
  offline: "Không có mạng. Nội dung được giữ trên máy này và sẽ tự lưu khi có mạng lại.",
  expired: "Phiên làm việc đã hết. Nội dung được giữ trên máy này: hãy đăng nhập lại ở thẻ khác rồi quay lại đây.",
  failed: "Chưa lưu được nháp lên máy chủ. Nội dung được giữ trên máy này.",
  restored: "Đã khôi phục nội dung chưa lưu của lần trước.",
};

export default function draft(form) {
  const url = form.dataset.draftUrl;
  const key = `ck-draft:${url}`;
  const status = form.querySelector("[data-draft-status]");
  let timer = 0;
  let dirty = false;
  let running = null;

  const say = (text, bad = false) => {
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("ck-draft--bad", bad);
  };

  const fields = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name.startsWith("f."));

  const keep = () => { try { localStorage.setItem(key, JSON.stringify(fields())); } catch { /* private window */ } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* private window */ } };

  async function send() {
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(body), headers: { "X-Draft": "1" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return [false, words.expired];
    if (!answer.ok) return [false, words.failed, true]; // the server is there: the form itself may still go through
    const text = answer.headers.get("content-type")?.startsWith("text/plain") ? await answer.text() : "";
    return [true, text || words.saved];
  }

  async function save() {
    clearTimeout(timer);
    if (running) await running;
    if (!dirty) return true;
    dirty = false;
    say(words.saving);
    running = send().catch(() => [false, navigator.onLine ? words.failed : words.offline]);
    const [ok, text, maySubmit = ok] = await running;
    running = null;
    if (ok && !dirty) forget();
    if (!ok) dirty = true;
    say(text, !ok);
    return maySubmit;
  }

  function typed() {
    dirty = true;
    keep();
    clearTimeout(timer);
    timer = setTimeout(save, WAIT);
  }

  function restore() {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { return; }
    if (!Array.isArray(kept)) return;
    const left = new Map();
    for (const [name, value] of kept) left.set(name, [...(left.get(name) ?? []), value]);
    for (const field of form.elements) {
      if (!field.name?.startsWith("f.") || field.type === "file") continue;
      const values = left.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field.type !== "submit" && values.length) field.value = values[0];
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
    say(words.restored);
    typed();
  }

  // On a slow line people type before this script is there.
  const begun = () => [...form.elements].some((field) => field.name?.startsWith("f.") && field.type !== "file"
    && (field.checked !== field.defaultChecked || ("defaultValue" in field && field.value !== field.defaultValue)));

  form.addEventListener("input", typed);
  form.addEventListener("change", (event) => { if (event.target !== form) typed(); });
  addEventListener("online", save);
  addEventListener("offline", () => say(words.offline, true));
  // The text reaches the server before the form does: if the network fails in between, nothing is lost.
  let cleared = false;
  form.addEventListener("submit", (event) => {
    if (cleared || (!dirty && !running)) return;
    event.preventDefault();
    const { submitter } = event;
    save().then((maySubmit) => {
      if (!maySubmit) return;
      cleared = true;
      form.requestSubmit(submitter);
      cleared = false;
    });
  }, { capture: true });
  restore();
  if (!dirty && begun()) typed();
}
