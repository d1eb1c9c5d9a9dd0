"use strict";

// The URL holds the whole state of the page, so that every page and movie has a link.
const FILTERS = ["q", "genre", "sort"];
const PER_PAGE = 12;

const form = element("search");
const dialog = element("movie");
let loading = new AbortController();
let shown;

// Returns the URL of this view with some parameters replaced; leaves empty ones out.
function address(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return query.size ? `?${query}` : root;
}

function go(to) {
  history.pushState(null, "", to);
  update();
}

async function update() {
  const view = new URLSearchParams(location.search);
  for (const name of FILTERS) form.elements[name].value = view.get(name) ?? "";
  loading.abort();
  loading = new AbortController();
  try {
    await Promise.all([updateList(view, loading.signal), updateMovie(view.get("movie"), loading.signal)]);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

async function updateList(view, signal) {
  const query = new URLSearchParams({ page: view.get("page") ?? 1, per_page: PER_PAGE });
  for (const name of FILTERS) if (view.get(name)) query.set(name, view.get(name));
  if (shown === `${query}`) return;
  const { status, json, problem } = await call(`theater/movies/?${query}`, undefined, signal);
  const movies = status === 200 ? json.movies : [];
  element("movies").replaceChildren(...movies.map(card));
  if (status === 200) {
    shown = `${query}`;
    const total = json.total_items === 1 ? "1 movie" : `${json.total_items} movies`;
    say(`${total}, page ${query.get("page")} of ${json.total_pages}`);
    turn("previous", json.prev_page && Number(query.get("page")) - 1);
    turn("next", json.next_page && Number(query.get("page")) + 1);
  } else {
    shown = undefined;
    say(status === 404 ? "No movies found." : problem);
    turn("previous", query.get("page") !== "1" && 1);
    turn("next", false);
  }
}

function turn(id, page) {
  const link = element(id);
  link.hidden = !page;
  link.href = address({ page: page > 1 && page, movie: "" });
  element("paging").hidden = element("previous").hidden && element("next").hidden;
}

function card(movie) {
  const link = make("a", movie.name);
  link.href = address({ movie: movie.id });
  const item = make("li");
  item.append(make("h2", "", link), make("p", `${movie.date.slice(0, 4)} · ${Math.round(movie.score)} of 100`));
  item.append(make("p", movie.overview));
  return item;
}

function make(tag, text = "", ...children) {
  const made = document.createElement(tag);
  made.append(text, ...children);
  return made;
}

async function updateMovie(id, signal) {
  if (!id) return dialog.close();
  const { status, json, problem } = await call(`theater/movies/${encodeURIComponent(id)}/`, undefined, signal);
  const found = status === 200;
  const isMissing = [404, 422].includes(status);
  element("title").textContent = found ? json.name : isMissing ? "No such movie" : "Not available";
  element("overview").textContent = found ? json.overview : isMissing ? "" : problem;
  element("facts").replaceChildren(...(found ? facts(json) : []));
  if (!dialog.open) dialog.showModal();
}

function facts(movie) {
  const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
  const names = (list) => list.map((item) => item.name).join(", ");
  const rows = {
    "Release": new Date(movie.date).toLocaleDateString("en", { dateStyle: "long", timeZone: "UTC" }),
    "Status": movie.status,
    "Score": `${movie.score} of 100`,
    "Genres": names(movie.genres),
    "Actors": names(movie.actors),
    "Languages": names(movie.languages),
    "Country": movie.country.name ?? movie.country.code,
    "Budget": movie.budget && dollars.format(movie.budget),
    "Revenue": movie.revenue && dollars.format(movie.revenue),
  };
  return Object.entries(rows).flatMap(([name, value]) => (value ? [make("dt", name), make("dd", value)] : []));
}

async function loadGenres() {
  const { status, json } = await call("theater/genres/");
  const select = form.elements.genre;
  if (status === 200) {
    select.append(...json.genres.map((genre) => new Option(`${genre.name} (${genre.movies})`, genre.name)));
  }
  select.value = new URLSearchParams(location.search).get("genre") ?? "";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(address({ ...Object.fromEntries(new FormData(form)), page: "", movie: "" }));
});
for (const name of ["genre", "sort"]) form.elements[name].addEventListener("change", () => form.requestSubmit());

document.querySelector("main").addEventListener("click", (event) => {
  const link = event.target.closest("#movies a, #paging a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.href);
  if (link.closest("#paging")) element("message").focus();
});
dialog.addEventListener("close", () => {
  if (new URLSearchParams(location.search).has("movie")) go(address({ movie: "" }));
});
addEventListener("popstate", update);

form.hidden = false;
say("One moment …");
loadGenres();
update();
