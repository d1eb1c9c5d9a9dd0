"use strict";

let isLinked;

onLink((email, token) => {
  isLinked = fill(element("reset"), email, token);
  element("request").elements.email.value = email;
  say(isLinked ? "" : "Enter your email address to get a link for choosing a new password.");
  show(isLinked ? "reset" : "request");
});

element("paste").addEventListener("click", () => {
  isLinked = fill(element("reset"), element("request").elements.email.value, "");
  say("");
  show("reset");
  element("reset").elements[element("reset").elements.email.value ? "token" : "email"].focus();
});

element("show").addEventListener("change", ({ target }) => {
  element("password").type = target.checked ? "text" : "password";
});

onSubmit(element("reset"), async (fields) => {
  const link = mailed(fields);
  if (!isLinked && !isToken(link.token)) {
    say(NO_TOKEN, "problem");
    return;
  }
  const body = { ...link, password: fields.password.value };
  const { status, json, problem } = await call("accounts/reset-password/complete/", body);
  const isOnlyThePassword = status === 422 && json.detail.every((fault) => fault.loc.includes("password"));
  if (status === 200) {
    fields.password.value = "";
    say("Your password is changed, and every device was signed out.", "success");
    show("next");
  } else if (status === 400) {
    say(`This ${isLinked ? "link" : "token"} has been used, or is too old. Have a new one sent.`, "problem");
    show("request");
  } else if (status === 422 && isLinked && !isOnlyThePassword) {
    say("The link is damaged. Open the one in your mail again, or have a new one sent.", "problem");
    show("request");
  } else {
    say(problem, "problem");
  }
});

onSubmit(element("request"), async ({ email }) => {
  const { status, json, problem } = await call("accounts/password-reset/request/", { email: email.value });
  if (status === 200) {
    say(json.message, "success");
    show();
  } else {
    say(problem, "problem");
  }
});
