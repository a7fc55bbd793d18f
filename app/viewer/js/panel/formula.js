// A formula of bands: completed while it is typed, and judged by the server before it is drawn.

import { $, el, settled } from "../dom.js";
import { first, isFormula, routeOf, withFormula } from "../look.js";
import { Problem, ask, known, address } from "../server.js";
import { activeLayer, changeLayer, found, watch } from "../state.js";

const WAIT_MS = 350; // after the last key
const OFFERED_MAX = 8;
let offered = []; // names that would complete the word at the caret
let chosen = -1;

/** Names of bands that a formula knows, with what else they are called. */
const words = () =>
  found.bands
    .filter(({ variable }) => variable)
    .flatMap(({ variable, common_name: common, title }) => [
      { word: variable, about: common && common !== variable ? common : (title ?? "") },
      ...(common && common !== variable ? [{ word: common, about: variable }] : []),
    ])
    .filter(({ word }, i, all) => all.findIndex((each) => each.word === word) === i);

/** The word that ends at the caret, and where it begins. */
function atCaret() {
  const field = $("formula");
  const before = field.value.slice(0, field.selectionStart);
  const [word] = before.match(/[A-Za-z_][A-Za-z0-9_]*$/) ?? [""];
  return { word, start: before.length - word.length };
}

function offer() {
  const { word } = atCaret();
  const typed = word.toLowerCase();
  const completes = (each) => each.word !== word && each.word.toLowerCase().startsWith(typed);
  offered = word ? words().filter(completes).slice(0, OFFERED_MAX) : [];
  chosen = -1;
  drawOffer();
}

function drawOffer() {
  const list = $("formula-offer");
  list.hidden = !offered.length;
  $("formula").setAttribute("aria-expanded", offered.length > 0);
  list.replaceChildren(
    ...offered.map(({ word, about }, i) =>
      el(
        "li",
        {
          id: `offer-${i}`,
          role: "option",
          "aria-selected": i === chosen,
          onpointerdown: (event) => {
            event.preventDefault(); // the field keeps the focus
            complete(i);
          },
        },
        el("b", { textContent: word }),
        el("span", { textContent: about }),
      ),
    ),
  );
  if (chosen >= 0) $("formula").setAttribute("aria-activedescendant", `offer-${chosen}`);
  else $("formula").removeAttribute("aria-activedescendant");
}

function complete(index) {
  const field = $("formula");
  const { start } = atCaret();
  field.setRangeText(offered[index].word, start, field.selectionStart, "end");
  offered = [];
  drawOffer();
  judge();
}

function press(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && offered.length) {
    event.preventDefault();
    chosen = (chosen + step + offered.length) % offered.length;
    drawOffer();
  } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
    event.preventDefault();
    complete(chosen);
  } else if (event.key === "Escape" && offered.length) {
    event.stopPropagation();
    offered = [];
    drawOffer();
  }
}

/** Ask the server whether it understands; what it does, is drawn. */
const judge = settled(async () => {
  const expression = $("formula").value.trim();
  const layer = activeLayer();
  say("", "");
  if (!expression || expression === first(layer.params, "expression")) return;
  const next = { ...layer, params: withFormula(layer.params, expression), title: "" };
  try {
    await ask(routeOf(next, "explain"));
    if ($("formula").value.trim() !== expression) return;
    say("good", "Understood");
    changeLayer({ params: next.params, title: "" });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if ($("formula").value.trim() === expression) say("bad", error.message);
  }
}, WAIT_MS);

function say(kind, message) {
  $("formula-said").className = kind;
  $("formula-said").textContent = message;
  $("formula").setAttribute("aria-invalid", kind === "bad");
}

/** Indices whose bands the item has. */
async function drawExamples() {
  const names = new Set(found.bands.flatMap(({ common_name: common, variable }) => [common, variable]));
  if (names.has("nir08")) names.add("nir");
  const { indices } = await known(address("indices"));
  const fitting = indices.filter(
    ({ bands, needs_reflectance: scaled }) => !scaled && bands.every((band) => names.has(band)),
  );
  $("formula-examples").replaceChildren(
    ...fitting.map(({ id, title, expression }) =>
      el("button", {
        type: "button",
        textContent: id.toUpperCase(),
        title,
        onclick: () => {
          $("formula").value = expression;
          judge();
        },
      }),
    ),
  );
}

function draw() {
  const layer = activeLayer();
  if (!layer || document.activeElement === $("formula")) return;
  $("formula").value = isFormula(layer.params) ? first(layer.params, "expression") : "";
  say("", "");
}

export function mountFormula() {
  $("formula").oninput = () => {
    offer();
    judge();
  };
  $("formula").onkeydown = press;
  $("formula").onblur = () => {
    offered = [];
    drawOffer();
  };
  watch(["layers", "active"], draw);
  watch(["bands"], drawExamples);
}
