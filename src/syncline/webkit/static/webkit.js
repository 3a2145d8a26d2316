// What pages do better with a script. Everything here has a way without one: a form, a link, a <details>.

const zones = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Show moments in the reader's own zone; the title keeps UTC. */
function tellTime(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    const when = new Date(time.dateTime);
    if (!Number.isNaN(when.valueOf())) {
      time.textContent = (time.dataset.precise === "yes" ? exact : zones).format(when);
    }
  }
}

/** Copy what a button names, and say so for a moment. */
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source instanceof HTMLInputElement ? source.value : source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  const word = button.querySelector(".word");
  const before = word.textContent;
  word.textContent = "Copied";
  setTimeout(() => { word.textContent = before; }, 1600);
}

/** Have a form sent once: a second click while the first is under way does nothing. */
function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 8000);
}

/** A box that ticks all others of its form. */
function tickAll(box) {
  for (const each of box.closest("form, table").querySelectorAll("input[type=checkbox][name]")) {
    if (!each.disabled) each.checked = box.checked;
  }
}

/** Replace parts of the page by fresh ones: `data-fresh="SECONDS"` on an element that has an id. */
function keepFresh(part) {
  const seconds = Number(part.dataset.fresh);
  let timer = null;
  const again = () => { timer = setTimeout(look, seconds * 1000); };
  const look = async () => {
    if (document.hidden || part.contains(document.activeElement)) return again();
    try {
      const answer = await fetch(location.href, { headers: { "x-part": part.id } });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(part.id);
        if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
        if (!fresh?.dataset.fresh) return;
        tellTime(part);
      }
    } catch { /* the next look may succeed */ }
    again();
  };
  again();
  addEventListener("pagehide", () => clearTimeout(timer));
}

/** A live list: `data-live="ADDRESS"` takes finished rows from an event stream and puts them on top. */
function follow(list) {
  const most = Number(list.dataset.most || 200);
  const button = document.getElementById(list.dataset.pause);
  let source = null;
  let last = list.dataset.last || "";
  const open = () => {
    const address = new URL(list.dataset.live, location.href);
    if (last) address.searchParams.set("after", last);
    source = new EventSource(address);
    source.onmessage = (message) => {
      last = message.lastEventId || last;
      const rows = new DOMParser().parseFromString(`<table><tbody>${message.data}</tbody></table>`, "text/html");
      tellTime(rows);
      list.prepend(...rows.querySelectorAll("tr"));
      while (list.children.length > most) list.lastElementChild.remove();
    };
  };
  const close = () => { source?.close(); source = null; };
  open();
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const paused = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!paused));
      if (paused) open(); else close();
    });
  }
  addEventListener("pagehide", close);
}

/** Say something to those who listen instead of looking. */
function say(words) {
  let line = document.getElementById("said");
  if (!line) {
    line = Object.assign(document.createElement("p"), { id: "said", className: "unseen-word" });
    line.setAttribute("role", "status");
    document.body.append(line);
  }
  line.textContent = words;
}

/** Rows put in another order, `data-arrange="FIRST PLACE"`, by the `.handle` of each (`data-row="ID"`): dragged, or held
    with Space, moved with the arrow keys and let go with Space; Escape puts back. The form is told `do=move:ID:PLACE`. */
function arrange(list) {
  const first = Number(list.dataset.arrange);
  let row = null;
  let from = 0;
  const place = () => [...list.children].indexOf(row);
  const told = () => `${row.querySelector(".handle").getAttribute("aria-label")}, at place ${first + place()} of ${first - 1 + list.children.length}`;
  // The neighbours move, never the row that is held: a moved element loses focus and pointer.
  const shift = (back) => {
    const other = back ? row.previousElementSibling : row.nextElementSibling;
    if (other) row[back ? "after" : "before"](other);
    return other;
  };
  const hold = (handle) => {
    row = handle.closest("tr");
    from = place();
    row.classList.add("held");
    handle.setAttribute("aria-pressed", "true");
    say(`Held: ${told()}.`);
  };
  const release = (keep) => {
    if (!row) return;
    const handle = row.querySelector(".handle");
    while (!keep && place() !== from) shift(place() > from);
    const moved = place() !== from;
    say(moved ? `Let go: ${told()}.` : `Back where it was: ${told()}.`);
    row.classList.remove("held");
    handle.setAttribute("aria-pressed", "false");
    if (moved) {
      const input = Object.assign(document.createElement("input"), { type: "hidden", name: "do" });
      input.value = `move:${handle.dataset.row}:${first + place()}`;
      list.closest("form").append(input);
      list.closest("form").requestSubmit();
    }
    row = null;
  };
  const middle = (other) => { const box = other.getBoundingClientRect(); return box.top + box.height / 2; };
  list.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    release(false);
    hold(handle);
    handle.setPointerCapture(event.pointerId);
  });
  list.addEventListener("pointermove", (event) => {
    if (!row || !event.target.hasPointerCapture?.(event.pointerId)) return;
    if (event.clientY < 40) scrollBy(0, -12);
    if (event.clientY > innerHeight - 40) scrollBy(0, 12);
    while (row.previousElementSibling && event.clientY < middle(row.previousElementSibling)) shift(true);
    while (row.nextElementSibling && event.clientY > middle(row.nextElementSibling)) shift(false);
  });
  list.addEventListener("pointerup", () => release(true));
  list.addEventListener("pointercancel", () => release(false));
  list.addEventListener("focusout", (event) => { if (row?.contains(event.target)) release(false); });
  list.addEventListener("keydown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle) return;
    const key = event.key;
    if (key === " " || key === "Enter") { if (row) release(true); else hold(handle); }
    else if (!row) return;
    else if (key === "Escape") release(false);
    else if (key === "ArrowUp" || key === "ArrowDown") { shift(key === "ArrowUp"); say(`${told()}.`); }
    else return;
    event.preventDefault();
  });
}

/** Suggest what there is while a field is filled in: `data-suggest="ADDRESS" data-with="FIELDS"` asks for the options of
    the field's list, telling what those fields of its form hold. */
function suggest(field) {
  const form = field.form;
  let timer = null;
  let asked = null;
  const look = async () => {
    asked?.abort();
    const mine = asked = new AbortController();
    const address = new URL(field.dataset.suggest, location.href);
    for (const name of field.dataset.with.split(" ")) address.searchParams.set(name, form.elements[name].value);
    try {
      const answer = await fetch(address, { signal: mine.signal });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      field.list.replaceChildren(...page.querySelectorAll("datalist option"));
    } catch { /* what was suggested before stays */ }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 200); };
  field.addEventListener("input", soon);
  field.addEventListener("focus", look);
}

/** Show what saving a form would change while it is filled in: `data-weigh="PART"` names an empty part below its buttons,
    so that nothing moves under a hand that is about to press one. The answer's `#preview` and fingerprint go there. */
function weigh(form) {
  const part = document.getElementById(form.dataset.weigh);
  let asked = null;
  const look = async () => {
    const mine = asked = new AbortController();
    const filled = new URLSearchParams(new FormData(form));
    filled.set("do", "preview");
    part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: filled, signal: mine.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const preview = page.getElementById("preview");
      if (answer.redirected || !preview || mine.signal.aborted) return;
      preview.removeAttribute("autofocus");
      part.replaceChildren(preview, page.querySelector(`[data-weigh="${part.id}"] [name=expect]`));
      say(part.querySelector(".banner").textContent.trim());
    } catch { /* saving says what is the matter */ } finally {
      if (asked === mine) part.removeAttribute("aria-busy");
    }
  };
  // What was looked at is no longer what would be saved.
  form.addEventListener("input", () => {
    asked?.abort();
    part.replaceChildren();
    for (const each of form.querySelectorAll("#preview, [name=expect]")) each.remove();
  });
  form.addEventListener("change", () => { if (form.checkValidity()) look(); });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) copy(button);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  const typing = /^(input|textarea|select)$/i.test(event.target.tagName);
  if (event.key === "/" && !typing) {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-tick-all]")) tickAll(event.target);
});
document.addEventListener("submit", sendOnce);
document.documentElement.classList.add("scripted");
tellTime(document);
document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
document.querySelectorAll("[data-fresh]").forEach(keepFresh);
document.querySelectorAll("[data-live]").forEach(follow);
document.querySelectorAll("[data-arrange]").forEach(arrange);
document.querySelectorAll("[data-weigh]").forEach(weigh);
document.querySelectorAll("[data-suggest]").forEach(suggest);
