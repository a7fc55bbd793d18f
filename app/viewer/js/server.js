// Talking to the server. Every address begins at the page's own, so that the page works behind a path prefix.

export const BASE = new URL(".", document.baseURI);
const KEPT = 200; // answers that are not asked for twice

/** The key that the page was opened with, for servers that ask for one. */
export const credentials = { token: "" };

/** What the server refused, in its own words. */
export class Problem extends Error {}

/** A path of this server with a query of [name, value] pairs. */
export function address(path, pairs = []) {
  const url = new URL(path, BASE);
  url.search = new URLSearchParams(credentials.token ? [...pairs, ["access_token", credentials.token]] : pairs);
  return url.href;
}

const silence = () => new Problem("The server does not answer. Is it still running?");

/** A module that is loaded when it is needed, from the server as all else: `await loaded(import("…"))`. */
export const loaded = (module) =>
  module.catch(() => {
    throw silence();
  });

/** Ask for JSON; a refusal becomes a Problem with the server's own words. */
export async function ask(url, options) {
  const answer = await answerOf(url, options);
  return answer.json();
}

/** An answer that went well; its body is not read yet. */
export async function answerOf(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw silence();
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Problem(body.detail ?? `The server answers ${answer.status} without a reason.`);
}

/** Send a body as JSON. */
export const posted = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

const answers = new Map(); // address → promise

/** The same as `ask`, and only once for each address. */
export function known(url) {
  if (!answers.has(url)) {
    if (answers.size >= KEPT) answers.delete(answers.keys().next().value);
    const asked = ask(url);
    answers.set(url, asked);
    asked.catch(() => answers.delete(url));
  }
  return answers.get(url);
}
