"use strict";

// Suggestions below a text field: movies and actors whose names begin as the text does, in the pattern of an editable
// combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).
const MIN_LETTERS = 2;
// The pause in typing, in milliseconds, before a request is sent.
const PAUSE_MS = 300;
const MAX_SUGGESTIONS = { movies: 5, actors: 3 };

// Shows suggestions while the user types into `input`. Calls `choose` with the chosen one, `{ kind, id }`.
function suggest(input, list, choose) {
  const known = new Map();
  let request = new AbortController();
  let timer;
  let active = -1;

  const close = () => {
    clearTimeout(timer);
    request.abort();
    mark(-1);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };

  const mark = (index) => {
    active = index;
    for (const [at, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(at === index));
    }
    if (index < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[index].id);
  };

  const open = (suggestions) => {
    list.replaceChildren(...suggestions.map(option));
    mark(-1);
    list.hidden = suggestions.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
  };

  const pick = (option) => {
    close();
    choose({ kind: option.dataset.kind, id: option.dataset.id });
  };

  const look = async (text) => {
    request = new AbortController();
    const { signal } = request;
    try {
      const { suggestions, isComplete } = known.get(text) ?? (await find(text, signal));
      if (isComplete) known.set(text, { suggestions, isComplete });
      if (!signal.aborted) open(suggestions);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  input.addEventListener("input", () => {
    const text = input.value.trim();
    clearTimeout(timer);
    request.abort();
    if (text.length < MIN_LETTERS) close();
    else timer = setTimeout(look, PAUSE_MS, text);
  });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") mark((active + 1) % count);
    else if (event.key === "ArrowUp") mark((active <= 0 ? count : active) - 1);
    else if (event.key === "Enter" && active >= 0) pick(list.children[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // Before the field loses the focus, which closes the list.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) pick(option);
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
}

// Returns the movies and actors that `text` finds, and whether both searches were answered.
async function find(text, signal) {
  const search = async (kind) => {
    const query = new URLSearchParams({ q: text, per_page: MAX_SUGGESTIONS[kind] });
    const { status, json } = await call(`theater/${kind}/?${query}`, undefined, signal);
    const found = status === 200 ? json[kind].map((one) => ({ kind, ...one })) : [];
    return { found, isAnswered: [200, 404].includes(status) };
  };
  const searches = await Promise.all([search("movies"), search("actors")]);
  return {
    suggestions: searches.flatMap(({ found }) => found),
    isComplete: searches.every(({ isAnswered }) => isAnswered),
  };
}

function option({ kind, id, name, date }) {
  const made = document.createElement("li");
  const detail = document.createElement("small");
  detail.textContent = kind === "actors" ? "Actor" : date.slice(0, 4);
  made.append(name, " ", detail);
  made.id = `suggestion-${kind}-${id}`;
  made.role = "option";
  Object.assign(made.dataset, { kind, id });
  return made;
}
