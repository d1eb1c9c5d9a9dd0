"use strict";

// The root of the site, which may be below a stage of the API or a base path of the domain.
const root = location.pathname.replace(/\/(account|activate|reset-password)\/?$/, "").replace(/\/$/, "") + "/";

function linkPages(part) {
  for (const link of part.querySelectorAll("a[data-page]")) link.href = root + link.dataset.page;
}
linkPages(document);

const element = (id) => document.getElementById(id);

function make(tag, text = "", ...children) {
  const made = document.createElement(tag);
  made.append(text, ...children);
  return made;
}

const TIMEOUT_MS = 30000;

// Sends a request to the API, a POST if there is a body. Returns the status (0 without a response) and the JSON;
// `problem` is a message for the reader, unless the request succeeded. `signal` ends it earlier.
function call(path, body, signal) {
  return send(path, { ...(body && withJson("POST", body)), signal });
}

const withJson = (method, body) => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

// Sends a request with the options of `fetch`. Returns what `call` returns, and the headers of the response.
async function send(path, options) {
  const signals = [AbortSignal.timeout(TIMEOUT_MS), options.signal].filter(Boolean);
  let response, json;
  try {
    response = await fetch(`${root}api/v1/${path}`, { ...options, signal: AbortSignal.any(signals) });
    json = response.status === 204 ? undefined : await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { status: 0, problem: "The service gave no answer. Check your connection and try again." };
  }
  const { status, headers, ok } = response;
  return { status, headers, json, problem: ok ? "" : problem(response, json) };
}

function problem(response, json) {
  if (response.status === 429) {
    const minutes = Math.ceil(Number(response.headers.get("retry-after")) / 60) || 1;
    return `Too many attempts. Try again in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
  }
  if (response.status >= 500) {
    return "Something went wrong here, not on your side. Try again in a while.";
  }
  const faults = Array.isArray(json.detail) ? json.detail.map((fault) => fault.msg) : [json.detail];
  return faults.map((fault) => fault.replace(/^Value error, /, "")).join(" ");
}

// Shows a message in the element that screen readers announce.
function say(text, kind = "") {
  const message = element("message");
  message.className = kind;
  message.textContent = text;
  if (kind) message.focus();
}

// Shows the parts of the page with these ids, and hides the other optional ones.
function show(...ids) {
  for (const part of document.querySelectorAll("main > form, #next")) {
    part.hidden = !ids.includes(part.id);
  }
}

// Runs `work` when the form is submitted, once at a time.
function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form.querySelector("button"), () => work(form.elements));
  });
}

// Runs `work` for a button, which is disabled meanwhile, so that nothing is sent twice.
async function once(button, work) {
  if (button.disabled) return;
  button.disabled = true;
  say("One moment …");
  try {
    await work();
  } finally {
    button.disabled = false;
    // A disabled button loses the focus.
    if (document.activeElement === document.body) button.focus();
  }
}

// Calls `start` with the address and the token of the link that opened this page, and the link itself, also when another
// link is opened in this tab. Removes them from the address bar and the history.
function onLink(start) {
  const read = () => {
    const link = new URLSearchParams(location.hash.slice(1));
    history.replaceState(null, "", location.pathname + location.search);
    start(link.get("email") ?? "", link.get("token") ?? "", link);
  };
  addEventListener("hashchange", () => location.hash && read());
  read();
}

// Fills the form with the address and the token of a link. If the link is incomplete (some mail scanners cut off the
// fragment), shows the fields to type them. Returns whether the link is complete.
function fill(form, email, token) {
  const isLinked = Boolean(email && token);
  form.elements.email.value = email;
  form.elements.email.readOnly = isLinked;
  form.elements.token.value = token;
  for (const part of document.querySelectorAll(".linked, .typed")) {
    part.hidden = part.classList.contains("linked") !== isLinked;
  }
  return isLinked;
}

// Returns the address and the token in a form. Accepts a pasted token with blanks around it, or a whole link.
function mailed({ email, token }) {
  const pasted = token.value.trim();
  const link = new URLSearchParams(pasted.split("#")[1]);
  return { email: link.get("email") ?? email?.value, token: link.get("token") ?? pasted };
}

// Returns whether a text looks like a token. The page does not send parts of one: a wrong token may delete the right one.
const isToken = (text) => /^[\w-]{43}$/.test(text);

const NO_TOKEN = "That is not the token of the mail. Copy the whole line of 43 characters.";
