"use strict";

// Where the site starts: an API's stage or a domain's base path may come before it.
const root = location.pathname.replace(/\/(activate|reset-password)\/?$/, "").replace(/\/$/, "") + "/";

for (const link of document.querySelectorAll("a[data-page]")) {
  link.href = root + link.dataset.page;
}

const element = (id) => document.getElementById(id);

// Sends a request to the API, a POST where there is a body. Gives its status, 0 where no answer came, and its
// JSON; `problem` is a sentence for the reader, unless it succeeded.
async function call(path, body, signal = AbortSignal.timeout(30000)) {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let response, json;
  try {
    response = await fetch(`${root}api/v1/${path}`, { ...(body && post), signal });
    json = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { status: 0, problem: "The service gave no answer. Check your connection and try again." };
  }
  return { status: response.status, json, problem: response.ok ? "" : problem(response, json) };
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

// Says what happened, in the one place of a page that screen readers announce.
function say(text, kind = "") {
  const message = element("message");
  message.className = kind;
  message.textContent = text;
  if (kind) message.focus();
}

// Shows the parts of the page with these ids, and hides the other ones that come and go.
function show(...ids) {
  for (const part of document.querySelectorAll("main > form, #next")) {
    part.hidden = !ids.includes(part.id);
  }
}

// Runs `work` when the form is sent, once at a time.
function onSubmit(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    say("One moment …");
    try {
      await work(form.elements);
    } finally {
      button.disabled = false;
    }
  });
}

// Calls `start` with the address and the token of the link that led here, now and whenever another link is
// opened in this tab. The address bar and the history keep neither.
function onLink(start) {
  const read = () => {
    const link = new URLSearchParams(location.hash.slice(1));
    history.replaceState(null, "", location.pathname + location.search);
    start(link.get("email") ?? "", link.get("token") ?? "");
  };
  addEventListener("hashchange", () => location.hash && read());
  read();
}

// Puts what a link said into the form that takes a mailed token, and shows the parts of the page for a complete
// link, or those to type address and token into: some programs that look into mail cut off what follows the "#".
// Gives whether the link is complete.
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

// The address and the token in a form. The token may have been pasted with blanks around it, or with its link.
function mailed({ email, token }) {
  const pasted = token.value.trim();
  const link = new URLSearchParams(pasted.split("#")[1]);
  return { email: link.get("email") ?? email.value, token: link.get("token") ?? pasted };
}

// Whether a text has the form of a token. A piece of one is better not sent: a wrong token ends the right one.
const isToken = (text) => /^[\w-]{43}$/.test(text);

const NO_TOKEN = "That is not the token of the mail. Copy the whole line of 43 characters.";
