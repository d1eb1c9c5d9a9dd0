"use strict";

let isLinked;

// Requires a click, because mail scanners open links too.
onLink((email, token) => {
  isLinked = fill(element("activate"), email, token);
  element("resend").elements.email.value = email;
  if (isLinked) {
    element("address").textContent = email;
    say("");
    show("activate");
  } else {
    say("The link is not complete. Paste the token of your mail below, or have a new link sent.", "problem");
    show("activate", "resend");
  }
});

onSubmit(element("activate"), async (fields) => {
  const body = mailed(fields);
  if (!isLinked && !isToken(body.token)) {
    say(NO_TOKEN, "problem");
    return;
  }
  element("resend").elements.email.value = body.email;
  const { status, json, problem } = await call("accounts/activate/", body);
  if (status === 200) {
    say("Your account is active.", "success");
    show("next");
  } else if (status === 400 && json.detail === "User account is already active.") {
    say("Your account was active already.", "success");
    show("next");
  } else if (status === 400) {
    say(
      `This ${isLinked ? "link" : "token"} has been used, or is too old. If you have activated your account ` +
        "before, it is ready. If not, have a new link sent.",
      "problem",
    );
    show("resend", "next", isLinked ? "" : "activate");
  } else if (status === 422 && isLinked) {
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
