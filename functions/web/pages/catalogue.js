"use strict";

// The URL holds the whole state of the page, so that every page and movie has a link.
const FILTERS = ["q", "genre", "language", "country", "year_from", "year_to", "sort"];
const PER_PAGE = 12;
// Searches count at most this many movies.
const MAX_TOTAL = 10000;

const form = element("search");
const dialog = element("movie");
// ISO 3166-1, the officially assigned codes.
const COUNTRIES =
  "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA " +
  "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA " +
  "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
  "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS " +
  "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS " +
  "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW " +
  "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";
// The most common languages; others can be typed.
const LANGUAGES = "ar bn cs da de el en es fa fi fr he hi hu id it ja ko ml nl no pl pt ro ru sv ta te th tr uk ur vi zh";

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

// Shows the movies that match the filters, or those of one actor.
async function updateList(view, signal) {
  const actor = view.get("actor");
  const query = new URLSearchParams({ page: view.get("page") ?? 1, per_page: PER_PAGE });
  if (!actor) for (const name of FILTERS) if (view.get(name)) query.set(name, view.get(name));
  const path = actor ? `theater/actors/${encodeURIComponent(actor)}/?${query}` : `theater/movies/?${query}`;
  if (shown === path) return;
  const { status, json, problem } = await call(path, undefined, signal);
  const movies = status === 200 ? json.movies : [];
  element("heading").textContent = actor ? (json?.name ?? "Actor") : "Movies";
  for (const part of [form, element("introduction")]) part.hidden = Boolean(actor);
  element("back").hidden = !actor;
  element("movies").replaceChildren(...movies.map(card));
  if (status === 200) {
    shown = path;
    say(`${total(json.total_items, query.has("q"))}, page ${query.get("page")} of ${json.total_pages}`);
    turn("previous", json.prev_page && Number(query.get("page")) - 1);
    turn("next", json.next_page && Number(query.get("page")) + 1);
  } else {
    shown = undefined;
    const isMissing = status === 404 || (actor && status === 422);
    say(isMissing ? (actor ? "No such actor, or no movies on this page." : "No movies found.") : problem);
    turn("previous", query.get("page") !== "1" && 1);
    turn("next", false);
  }
}

function total(items, isSearch) {
  if (items === 1) return "1 movie";
  const number = items.toLocaleString("en");
  return isSearch && items >= MAX_TOTAL ? `${number} movies or more` : `${number} movies`;
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
  const links = (list, query) =>
    list.flatMap((item, index) => {
      const link = make("a", item.name);
      link.href = `${root}?${new URLSearchParams(query(item))}`;
      return index ? [", ", link] : [link];
    });
  const rows = {
    "Release": new Date(movie.date).toLocaleDateString("en", { dateStyle: "long", timeZone: "UTC" }),
    "Status": movie.status,
    "Score": `${movie.score} of 100`,
    "Genres": links(movie.genres, (genre) => ({ genre: genre.name })),
    "Actors": links(movie.actors, (actor) => ({ actor: actor.id })),
    "Languages": links(movie.languages, (language) => ({ language: language.name })),
    "Country": movie.country.name ?? countryName(movie.country.code),
    "Budget": movie.budget && dollars.format(movie.budget),
    "Revenue": movie.revenue && dollars.format(movie.revenue),
  };
  return Object.entries(rows).flatMap(([name, value]) =>
    value?.length === 0 || !value ? [] : [make("dt", name), make("dd", "", ...[value].flat())],
  );
}

// In English, like the catalogue; the code if the browser has no name for it.
function countryName(code) {
  try {
    return new Intl.DisplayNames("en", { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function fillChoices() {
  const countries = COUNTRIES.split(" ").map((code) => new Option(countryName(code), code));
  countries.sort((one, other) => one.text.localeCompare(other.text, "en"));
  form.elements.country.append(...countries);
  const languages = new Intl.DisplayNames("en", { type: "language" });
  element("languages").append(...LANGUAGES.split(" ").map((code) => new Option("", languages.of(code))));
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
for (const name of ["genre", "country", "sort"]) form.elements[name].addEventListener("change", () => form.requestSubmit());

document.querySelector("main").addEventListener("click", (event) => {
  const link = event.target.closest("#movies a, #paging a, #facts a, #back a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.href);
  if (!link.closest("#movies")) element("message").focus();
});
dialog.addEventListener("close", () => {
  if (new URLSearchParams(location.search).has("movie")) go(address({ movie: "" }));
});
addEventListener("popstate", update);

suggest(form.elements.q, element("suggestions"), ({ kind, id }) =>
  go(kind === "actors" ? `${root}?actor=${id}` : address({ movie: id })),
);
form.hidden = false;
fillChoices();
say("One moment …");
loadGenres();
update();
