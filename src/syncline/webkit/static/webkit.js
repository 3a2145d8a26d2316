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
document.querySelectorAll("[data-fresh]").forEach(keepFresh);
document.querySelectorAll("[data-live]").forEach(follow);
