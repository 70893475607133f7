// Shows one picture at a time and sends each answer before it shows the next.

import { element, list, showPanel } from "./panel.js";
import { onSwipe } from "./swipe.js";

const KEYS = {
  1: "wrong", j: "wrong", ArrowLeft: "wrong",
  2: "unsure", k: "unsure", ArrowUp: "unsure",
  3: "right", l: "right", ArrowRight: "right",
};
const UNDO = ["z", "u", "Backspace"];
const FIRST_WORD = 4; // the key of the label's first word
const PING = 15_000; // milliseconds; the server gives our pictures away after a minute
const TICK = 2_000; // milliseconds; how often somebody without a picture asks for one

const at = (id) => document.getElementById(id);
const client = (sessionStorage.review ??= crypto.randomUUID());

let current = null; // the picture that is shown
let ready = false; // it can be seen, so it can be answered
let saving = false;
let heard = 0; // when the server last answered
let asked = 0;
let latest = 0; // the request whose answer is shown
const preloaded = new Map();

async function ask(act, more = {}) {
  const number = ++asked;
  try {
    const body = JSON.stringify({ client, ...more });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(act, { method: "POST", headers, body });
    if (answer.status === 404) throw Error("This review has ended. Open the address that the new one printed.");
    const state = await answer.json();
    if (!answer.ok) throw Error(`Not saved: ${state.error}`);
    trouble("");
    heard = Date.now();
    if (number > latest) {
      latest = number;
      show(state);
    }
    return true;
  } catch (error) {
    trouble(error instanceof TypeError ? "Not saved: the review does not answer. Is it still running?" : error.message);
    return false;
  }
}

async function save(act, more, said) {
  if (saving) return;
  saving = true;
  if (await ask(act, more)) at("last").value = said;
  saving = false;
}

function answer(mark, only = "") {
  if (!current || !ready) return;
  const label = current.label.map((word) => word.value).join(" ");
  const which = only ? `${only} wrong` : mark;
  save("answer", { image: current.id, mark, only }, `${which}: ${label}`);
}

function undo() {
  if (!at("undo").disabled) save("undo", {}, "taken back");
}

function trouble(text) {
  at("trouble").textContent = text;
  at("trouble").hidden = !text;
}

function show(state) {
  document.title = `${state.done} of ${state.total} · ${state.store}`;
  at("bar").max = state.total || 1;
  at("bar").value = state.done;
  at("count").textContent = `${state.done} of ${state.total}`;
  at("undo").disabled = !state.undo;
  at("look").hidden = !state.queue.length;
  at("rest").hidden = !!state.queue.length;
  showPanel(at("panel"), state.precision);
  showPicture(state.queue[0] ?? null);
  if (!state.queue.length) showRest(state);
  preload(state.queue.slice(1));
}

function showPicture(picture) {
  if (picture && picture.id === current?.id) return;
  current = picture;
  ready = false;
  document.body.classList.remove("ready");
  if (!picture) return;
  at("undrawn").hidden = true;
  at("image").hidden = false;
  at("image").src = `image/${picture.id}`;
  at("label").replaceChildren(...picture.label.map(word));
  at("found").replaceChildren(...found(picture));
  at("hint").querySelector(".several").hidden = picture.label.length < 2;
}

function word({ name, value }, place, all) {
  const shown = element(all.length > 1 ? "button" : "p", "word");
  shown.append(element("small", "", name), element("b", "", value));
  if (all.length === 1) return shown;
  shown.type = "button";
  shown.title = `Only the ${name} is wrong`;
  shown.append(element("kbd", "", `${FIRST_WORD + place}`));
  shown.addEventListener("click", () => answer("wrong", name));
  return shown;
}

function* found({ title, query, engine, page, link }) {
  if (title) yield element("span", "title", title);
  yield element("span", "", `found for “${query}” at ${engine}`);
  if (!page) return;
  const source = element(link ? "a" : "span", "page", page);
  if (link) Object.assign(source, { href: link, target: "_blank", rel: "noreferrer noopener nofollow" });
  yield source;
}

function showRest({ left, precision }) {
  at("end").textContent = left
    ? `The last ${left} are open in another browser`
    : "All of the sample has been looked at";
  at("why").textContent = left ? "They come here if it is silent for a minute." : precision.advice;
  at("more").hidden = left > 0 || !precision.next.length;
  at("rest").querySelector("ul")?.remove();
  if (!at("more").hidden) at("more").before(list(precision.next));
}

function preload(pictures) {
  const wanted = new Set(pictures.map((picture) => picture.id));
  for (const id of preloaded.keys()) if (!wanted.has(id)) preloaded.delete(id);
  for (const id of wanted) {
    if (preloaded.has(id)) continue;
    const image = new Image();
    image.src = `image/${id}`;
    preloaded.set(id, image);
  }
}

function seen(drawn) {
  at("undrawn").hidden = drawn;
  at("image").hidden = !drawn;
  ready = true;
  document.body.classList.add("ready");
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const place = Number(event.key) - FIRST_WORD;
  if (UNDO.includes(event.key)) undo();
  else if (KEYS[event.key]) answer(KEYS[event.key]);
  else if (current?.label.length > 1 && current.label[place]) answer("wrong", current.label[place].name);
  else if (event.key === "Enter" && !at("rest").hidden && !at("more").hidden) save("more", {}, "");
  else return;
  event.preventDefault();
}

function tick() {
  const due = current ? PING : 0;
  if (!saving && !document.hidden && Date.now() - heard > due) ask("next");
}

at("image").addEventListener("load", () => seen(true));
at("image").addEventListener("error", () => seen(false));
at("undo").addEventListener("click", undo);
at("more").addEventListener("click", () => save("more", {}, ""));
for (const button of document.querySelectorAll("[data-mark]")) {
  button.addEventListener("click", () => answer(button.dataset.mark));
}
document.addEventListener("keydown", onKey);
document.addEventListener("visibilitychange", () => document.hidden || saving || ask("next"));
setInterval(tick, TICK);
onSwipe(at("picture"), { left: () => answer("wrong"), right: () => answer("right") });
ask("next");
