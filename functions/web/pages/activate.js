"use strict";

let isLinked;

// Requires a click, because mail scanners open links too.
onLink((email, token, link) => {
  isLinked = fill(element("activate"), email, token);
  element("resend").elements.email.value = email;
  if (isLinked) {
    element("address").textContent = email;
    say("");
    show("activate");
    offerPassword(link.has("choose"));
  } else {
    say("The link is not complete. Paste the token of your mail below, or have a new link sent.", "problem");
    show("activate", "resend");
    offerPassword(true);
  }
});

// Shows the field for a password, or the button that does. After a resend, the password of the registration may be
// another person's.
function offerPassword(isShown) {
  element("choice").hidden = !isShown;
  element("choose").hidden = isShown;
}

element("choose").addEventListener("click", () => {
  offerPassword(true);
  element("password").focus();
});

element("show").addEventListener("change", ({ target }) => {
  element("password").type = target.checked ? "text" : "password";
});

// Returns whether the form needs a password: unless it is hidden, or the whole link of a registration is pasted.
function needsPassword({ token }) {
  const [, link] = token.value.split("#");
  return !element("choice").hidden && (isLinked || !link || new URLSearchParams(link.trim()).has("choose"));
}

onSubmit(element("activate"), async (fields) => {
  const body = mailed(fields);
  if (!isLinked && !isToken(body.token)) {
    say(NO_TOKEN, "problem");
    return;
  }
  element("resend").elements.email.value = body.email;
  const password = fields.password.value;
  if (!password && needsPassword(fields)) {
    say("Choose a password.", "problem");
    return;
  }
  const chosen = password && !element("choice").hidden ? { password } : {};
  const { status, json, problem } = await call("accounts/activate/", { ...body, ...chosen });
  const isOnlyThePassword = status === 422 && json.detail.every((fault) => fault.loc.includes("password"));
  if (status === 200) {
    fields.password.value = "";
    say("Your account is active.", "success");
    show("next");
  } else if (status === 400 && json.detail === "User account is already active.") {
    const kept = chosen.password ? " Its password was not changed." : "";
    say(`Your account was active already.${kept}`, "success");
    show("next");
  } else if (status === 400) {
    say(
      `This ${isLinked ? "link" : "token"} has been used, or is too old. If you have activated your account ` +
        "before, it is ready. If not, have a new link sent.",
      "problem",
    );
    show("resend", "next", isLinked ? "" : "activate");
  } else if (status === 422 && isLinked && !isOnlyThePassword) {
    say("The link is damaged. Open the one in your mail again, or have a new one sent.", "problem");
    show("resend");
  } else {
    say(problem, "problem");
  }
});

onSubmit(element("resend"), async ({ email }) => {
  const { status, json, problem } = await call("accounts/activate/resend/", { email: email.value });
  if (status === 200) {
    say(`${json.message} Open the link in it to go on${isLinked ? "" : ", or paste the token below"}.`, "success");
    show(isLinked ? "" : "activate");
  } else {
    say(problem, "problem");
  }
});
