"use strict";

let link;

// A click is asked for: programs that look into mail open its links too.
onLink((email, token) => {
  link = { email, token };
  element("resend").elements.email.value = email;
  if (email && token) {
    element("address").textContent = email;
    say("");
    show("activate");
  } else {
    say("The link is not complete. Open the one in your mail again, or have a new one sent.", "problem");
    show("resend");
  }
});

onSubmit(element("activate"), async () => {
  const { status, json, problem } = await call("accounts/activate/", link);
  if (status === 200) {
    say("Your account is active.", "success");
    show("next");
  } else if (status === 400 && json.detail === "User account is already active.") {
    say("Your account was active already.", "success");
    show("next");
  } else if (status === 400) {
    say(
      "This link has been used, or is too old. If you have activated your account before, it is ready. " +
        "If not, have a new link sent.",
      "problem",
    );
    show("resend", "next");
  } else if (status === 422) {
    say("The link is damaged. Open the one in your mail again, or have a new one sent.", "problem");
    show("resend");
  } else {
    say(problem, "problem");
  }
});

onSubmit(element("resend"), async ({ email }) => {
  const { status, json, problem } = await call("accounts/activate/resend/", { email: email.value });
  if (status === 200) {
    say(`${json.message} Open the link in it to go on.`, "success");
    show();
  } else {
    say(problem, "problem");
  }
});
