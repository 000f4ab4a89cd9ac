// The chat page: shows what Lotse says, sends what the person writes, taps or shares.

const API = "/chat/api/messages";
const KEEP_SEEN = 50;
const LONGEST_PAUSE = 15000;
const TAP_PAUSE = 800;
const TYPING_AT_MOST = 30000;
const LINK = /https?:\/\/[^\s<>"'\u2068\u2069]+[^\s<>"'\u2068\u2069.,;:!?)\]]/g;

const byId = (id) => document.getElementById(id);
const [scroll, log, typing, offline] = ["scroll", "log", "typing", "offline"].map(byId);
const [composer, words, send] = ["composer", "words", "send"].map(byId);

let page = JSON.parse(document.body.dataset.page);
let after = 0; // everything up to this number was seen …
const seen = new Set(); // … and these above it
const outbox = []; // what the person did and the server has not confirmed yet
let sending = false;
let typingTimer = 0;

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function wait(milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      window.removeEventListener("online", done);
      resolve();
    };
    window.addEventListener("online", done);
    setTimeout(done, milliseconds);
  });
}

function freshId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only where the page is loaded securely
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// A browser that keeps no cookies would load the page for ever: once is enough.
function startOver() {
  if (sessionStorage.getItem("lotse-reloaded")) return;
  sessionStorage.setItem("lotse-reloaded", "yes");
  location.reload();
}

/* ---- showing ---- */

function show(element) {
  log.append(element);
  const tall = element.offsetHeight > scroll.clientHeight;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: tall ? "start" : "end", behavior: calm ? "auto" : "smooth" });
}

function bubble(text) {
  const made = make("div", "bubble");
  made.dir = "auto";
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    made.append(text.slice(from, found.index), link(found[0], found[0]));
    from = found.index + found[0].length;
  }
  made.append(text.slice(from));
  return made;
}

function link(url, label, className) {
  const made = make("a", className, label);
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  made.dir = "auto";
  return made;
}

function choice(label, onTap) {
  const made = make("button", "choice", label);
  made.type = "button";
  made.dir = "auto";
  let last = -TAP_PAUSE;
  made.addEventListener("click", () => {
    const now = performance.now();
    if (now - last < TAP_PAUSE) return; // a double tap is one tap
    last = now;
    onTap(made);
  });
  return made;
}

function buttons(rows) {
  const all = make("div", "buttons");
  for (const row of rows) {
    const line = make("div", "row");
    for (const one of row) {
      if (one.url && /^https?:/i.test(one.url)) line.append(link(one.url, one.label, "choice"));
      else if (one.data) line.append(choice(one.label, () => say({ tap: one.data }, one.label)));
    }
    all.append(line);
  }
  return all;
}

function file(document_) {
  const bytes = Uint8Array.from(atob(document_.content), (sign) => sign.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: document_.media_type }));
  if (document_.media_type.startsWith("audio/")) {
    const player = make("audio", "player");
    player.controls = true;
    player.src = address;
    player.ariaLabel = document_.name;
    return player;
  }
  const made = make("a", "choice file");
  const sign = make("span", "sign", "↓");
  sign.ariaHidden = "true";
  made.append(sign, page.file.replace("{name}", () => document_.name));
  made.download = document_.name;
  made.href = address;
  return made;
}

function place() {
  const button = choice(page.location, () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      say({ location: [coords.latitude, coords.longitude] }, page.location);
    }, () => {}, { timeout: 20000 });
  });
  button.classList.add("place");
  return button;
}

function receive(message) {
  if (seen.has(message.id)) return;
  seen.add(message.id);
  typing.hidden = true;
  const item = make("li", "message");
  item.append(bubble(message.text));
  if (message.document) item.append(file(message.document));
  if (message.ask_location && navigator.geolocation && isSecureContext) item.append(place());
  if (message.buttons) item.append(buttons(message.buttons));
  show(item);
}

function dress(texts) {
  page = texts;
  document.documentElement.lang = page.lang;
  document.documentElement.dir = page.dir;
  document.title = byId("title").textContent = page.title;
  words.placeholder = composer.querySelector("label").textContent = page.placeholder;
  send.ariaLabel = send.title = page.send;
  offline.textContent = page.offline;
}

/* ---- sending: one after the other, each until the server has it ---- */

function say(what, shown) {
  const item = make("li", "message mine waiting");
  item.append(make("span", "unseen", `${page.you}: `), bubble(shown));
  show(item);
  queue(what, item);
}

function queue(what, item) {
  outbox.push({ body: JSON.stringify({ id: freshId(), ...what }), item });
  if (!sending) flush();
}

async function flush() {
  sending = true;
  for (let pause = 1000; outbox.length; ) {
    const { body, item } = outbox[0];
    const status = await post(body);
    if (status === 202 || (status >= 400 && status < 500 && ![401, 408, 429].includes(status))) {
      outbox.shift();
      item?.classList.remove("waiting");
      item?.classList.toggle("failed", status !== 202);
      if (status === 202) showTyping();
      pause = 1000;
      continue;
    }
    if (status === 401) startOver();
    if (status !== 429) offline.hidden = false;
    await wait(status === 429 ? 5000 : pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
  sending = false;
}

async function post(body) {
  const headers = { "Content-Type": "application/json", "X-Lotse": "1" };
  try {
    return (await fetch(API, { method: "POST", headers, body })).status;
  } catch {
    return 0; // no network: the same message goes again, and counts once
  }
}

function showTyping() {
  typing.hidden = false;
  typing.scrollIntoView({ block: "nearest" });
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => (typing.hidden = true), TYPING_AT_MOST);
}

/* ---- listening ---- */

async function ask(seconds) {
  const query = new URLSearchParams({ after, seen: [...seen], wait: seconds, lang: page.lang });
  const answer = await fetch(`${API}?${query}`, { headers: { "X-Lotse": "1" } });
  if (answer.status === 401) startOver();
  if (!answer.ok) throw new Error(String(answer.status));
  const { messages, page: texts } = await answer.json();
  sessionStorage.removeItem("lotse-reloaded");
  offline.hidden = true;
  if (texts) dress(texts);
  messages.forEach(receive);
  const old = [...seen].sort((one, other) => one - other).slice(0, -KEEP_SEEN);
  for (const id of old) {
    after = id;
    seen.delete(id);
  }
  return messages.length;
}

async function listen() {
  let first = true;
  for (let pause = 1000; ; ) {
    try {
      const count = await ask(first ? 0 : 25);
      if (first && !count) queue({ text: "/start", lang: navigator.language });
      first = false;
      pause = 1000;
    } catch {
      offline.hidden = false;
      await wait(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

/* ---- the line at the bottom ---- */

function grow() {
  words.style.height = "auto";
  words.style.height = `${words.scrollHeight + 2}px`;
}

words.addEventListener("input", grow);
words.addEventListener("keydown", (event) => {
  // While a word is being put together (Tigrinya, Amharic), Enter belongs to the keyboard.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = words.value.trim();
  words.focus();
  if (!text) return;
  words.value = "";
  grow();
  say({ text }, text);
});

listen();
