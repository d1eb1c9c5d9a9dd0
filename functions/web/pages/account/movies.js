"use strict";

const LISTS = ["genres", "actors", "languages"];

addView("movies", {
  title: "Movies",
  label: "Movies",
  who: WRITERS,
  open: () => openList("theater/movies/", "movies", movieRow),
});
addView("movie", { title: "New movie", under: "movies", who: WRITERS, open: openMovie });

function movieRow({ id, name, date, score }) {
  const link = make("a", name);
  link.href = `?view=movie&id=${id}`;
  return make("li", "", make("h2", "", link), make("p", `${date.slice(0, 4)} · ${score} of 100`));
}

async function openMovie(parameters) {
  const id = parameters.get("id");
  const form = element("movie");
  const path = id ? `theater/movies/${encodeURIComponent(id)}/` : "theater/movies/";
  let name, tag;
  if (id) {
    element("heading").textContent = "Change a movie";
    const reply = await read(path);
    if (!reply) return;
    if (reply.status === 404) return say(reply.json.detail, "problem");
    ({ name } = reply.json);
    tag = reply.headers.get("etag");
    fillMovie(form.elements, reply.json);
    element("delete-movie").hidden = false;
  }
  form.hidden = false;

  // Another moderator's change is not overwritten.
  const send = async (request) => {
    if (tag) request.headers["if-match"] = tag;
    const reply = await authorized(path, request);
    element("reload").hidden = reply.status !== 412;
    return reply;
  };
  const save = (fields) => send(withJson(id ? "PUT" : "POST", movieIn(fields)));
  onSave(form, save, ({ json }) => leaveMovie(`${json.name} is saved.`));
  onPress(element("reload"), update);
  const remove = async () => {
    const reply = await send({ method: "DELETE", headers: {} });
    if (![204, 404].includes(reply.status)) return say(reply.problem, "problem");
    await leaveMovie(`${name} is deleted.`);
  };
  onPress(element("delete-movie"), remove, `Delete ${name}?`, "Delete");
}

async function leaveMovie(message) {
  await go("?view=movies");
  say(message, "success");
}

function fillMovie(fields, movie) {
  for (const name of ["name", "date", "score", "overview", "status", "budget", "revenue"]) {
    fields[name].value = movie[name];
  }
  fields.country.value = movie.country.code;
  for (const list of LISTS) fields[list].value = movie[list].map(({ name }) => name).join("\n");
}

// Returns the movie in the fields. The API reads numbers from text, so that no digit is lost.
function movieIn(fields) {
  const movie = Object.fromEntries([...new FormData(fields.name.form)]);
  for (const list of LISTS) movie[list] = movie[list].split("\n").filter((line) => line.trim());
  return movie;
}
