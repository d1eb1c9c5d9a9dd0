"use strict";

const GUESTS = ["guest"];
const USERS = ["user", "moderator", "admin"];
const WRITERS = ["moderator", "admin"];
const ADMINS = ["admin"];

// The views of the page, by the value of `view` in its URL.
const views = new Map();
// The account of the session, as the API returns it.
let me;
// Counts what was opened and read, so that a late response is dropped.
let latest = 0;
let isOpen = false;
// Repeats what failed last.
let retry = update;

// Adds a view with the content of the template `<name>-view`: its title; its label in the navigation, or the view that
// it is `under` there; the groups that may open it; and a function that fills it, with the parameters of the URL.
function addView(name, view) {
  views.set(name, view);
}

// Shows the view that the URL names, or the first one that the user may open.
async function update() {
  latest += 1;
  if (!session) me = undefined;
  element("retry").hidden = true;
  if (session && !me) {
    const reply = await read("accounts/me/");
    if (!reply) return showUser();
    me = reply.json;
  }
  const parameters = new URLSearchParams(location.search);
  const allowed = [...views].filter(([, { who }]) => who.includes(me?.group ?? "guest"));
  const [name, view] = allowed.find(([name]) => name === parameters.get("view")) ?? allowed[0];
  showUser();
  showNavigation(allowed, view.under ?? name);
  element("heading").textContent = view.title;
  document.title = `${view.title} · Movie Theater`;
  element("view").replaceChildren(element(`${name}-view`).content.cloneNode(true));
  linkPages(element("view"));
  // What had the focus is gone.
  if (isOpen && document.activeElement === document.body) element("heading").focus();
  isOpen = true;
  say("");
  await view.open(parameters);
}

// Shows who is signed in, as far as that is known.
function showUser() {
  element("who").hidden = !session;
  element("user").hidden = !me;
  element("address").textContent = me?.email ?? "";
  element("group").textContent = WRITERS.includes(me?.group) ? ` (${me.group})` : "";
}

// Shows the views that may be opened.
function showNavigation(allowed, current) {
  const links = allowed
    .filter(([, { label }]) => label)
    .map(([name, { label }]) => {
      const link = make("a", label);
      link.href = `?view=${name}`;
      if (name === current) link.ariaCurrent = "page";
      return link;
    });
  element("views").replaceChildren(...links);
  element("views").hidden = false;
}

// Opens a view, given as the query of its URL.
async function go(query) {
  history.pushState(null, "", location.pathname + query);
  await update();
}

// Reads something for this view. Returns nothing if there is a problem, which it shows, or if the user has gone on in
// the meantime. If another attempt may help, offers `again`.
async function read(path, again = update) {
  const turn = ++latest;
  element("retry").hidden = true;
  say("One moment …");
  const reply = await authorized(path);
  if (turn !== latest) return undefined;
  if ([200, 404].includes(reply.status)) {
    say("");
    return reply;
  }
  say(reply.problem, "problem");
  retry = again;
  element("retry").hidden = reply.status >= 400 && reply.status < 500 && reply.status !== 429;
  return undefined;
}

// Asks the user to confirm something. Resolves to whether the answer is yes.
function ask(question, yes) {
  // A dialog for each question, because the event of one that was closed may come after the next question.
  const dialog = element("question").content.firstElementChild.cloneNode(true);
  dialog.querySelector("#asked").textContent = question;
  dialog.querySelector("#agree").textContent = yes;
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "agree");
    });
  });
}

// Runs `work` when the button is pressed, once at a time; after a question, if there is one.
function onPress(button, work, ...question) {
  button.addEventListener("click", async () => {
    if (!question.length || (await ask(...question))) once(button, work);
  });
}

const moment = (time) => new Date(time).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
