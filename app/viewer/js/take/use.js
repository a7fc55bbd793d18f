// "Use this map": its addresses, and snippets for other programs, to copy.

import { $, announce, copyText, el, notice, saveBlob } from "../dom.js";
import { writeAddress } from "../permalink.js";
import { Problem, answerOf } from "../server.js";
import { activeLayer, currentScene, watch } from "../state.js";
import { takeAway } from "./context.js";
import { SNIPPETS } from "./snippets.js";

const COPIED_MS = 1500;
let chosen = SNIPPETS[0].id;
let context = null;

function draw() {
  const snippet = SNIPPETS.find(({ id }) => id === chosen);
  for (const tab of $("use-list").children) {
    const isChosen = tab.dataset.snippet === chosen;
    tab.setAttribute("aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
  }
  $("use-text").textContent = snippet.write(context);
  $("use-text").setAttribute("aria-label", snippet.title);
}

async function open() {
  try {
    context = await takeAway();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return notice(error.message);
  }
  $("use-title").textContent = `Use this map: ${context.title}`;
  draw();
  $("use").showModal();
}

/** Arrow keys move through the list, as in any list of tabs. */
function press(event) {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const index = SNIPPETS.findIndex(({ id }) => id === chosen);
  chosen = SNIPPETS[(index + by + SNIPPETS.length) % SNIPPETS.length].id;
  draw();
  $("use-list").querySelector("[aria-selected=true]").focus();
}

async function copied(button, text) {
  await copyText(text);
  const words = button.textContent;
  button.textContent = "Copied";
  announce("Copied to the clipboard");
  setTimeout(() => (button.textContent = words), COPIED_MS);
}

/** Save what is on the map; what the server refuses is told in its words. */
async function save(button, format) {
  button.disabled = true;
  try {
    const { saved, name } = await takeAway();
    const answer = await answerOf(saved[format]);
    saveBlob(await answer.blob(), `${name}.${format}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notice(error.message);
  } finally {
    button.disabled = false;
  }
}

export function mountUse() {
  $("use-list").replaceChildren(
    ...SNIPPETS.map(({ id, title }) =>
      el("button", {
        type: "button",
        role: "tab",
        textContent: title,
        dataset: { snippet: id },
        "aria-controls": "use-text",
        onclick: () => {
          chosen = id;
          draw();
        },
      }),
    ),
  );
  $("use-list").onkeydown = press;
  $("use-open").onclick = open;
  $("use-copy").onclick = () => copied($("use-copy"), $("use-text").textContent);
  $("share").onclick = () => {
    writeAddress();
    copied($("share"), location.href);
  };
  $("save-png").onclick = () => save($("save-png"), "png");
  $("save-tiff").onclick = () => save($("save-tiff"), "tif");
  watch(["layers", "scene", "scenes"], () => ($("take").hidden = !activeLayer() || !currentScene()));
}
