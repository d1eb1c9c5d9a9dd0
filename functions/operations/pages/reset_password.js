"use strict";

let link;

onLink((email, token) => {
  link = { email, token };
  element("reset").elements.email.value = email;
  element("request").elements.email.value = email;
  say(email && token ? "" : "Enter the address of your account, and get a link with which you can choose a new password.");
  show(email && token ? "reset" : "request");
});

element("show").addEventListener("change", ({ target }) => {
  element("password").type = target.checked ? "text" : "password";
});

onSubmit(element("reset"), async ({ password }) => {
  const body = { ...link, password: password.value };
  const { status, json, problem } = await call("accounts/reset-password/complete/", body);
  const isOnlyThePassword = status === 422 && json.detail.every((fault) => fault.loc.includes("password"));
  if (status === 200) {
    password.value = "";
    say("Your password is changed, and every device was signed out.", "success");
    show("next");
  } else if (status === 400) {
    say("This link has been used, or is too old. Have a new one sent.", "problem");
    show("request");
  } else if (status === 422 && !isOnlyThePassword) {
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
