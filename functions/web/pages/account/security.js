"use strict";

// The address and the token of the link that opened the page.
let link = {};

addView("security", {
  title: "Password and address",
  label: "Password and address",
  who: USERS,
  open() {
    const change = element("change-password");
    // For password managers.
    change.elements.username.value = me.email;
    const changePassword = ({ old_password: { value: old_password }, new_password: { value: new_password } }) =>
      authorized("accounts/password-change/", withJson("POST", { old_password, new_password }));
    onSave(change, changePassword, () => {
      change.reset();
      say("Your password is changed, and all other sessions have ended.", "success");
    });

    const address = element("change-address");
    const requestChange = ({ email, password }) =>
      authorized("accounts/email-change/request/", withJson("POST", { email: email.value, password: password.value }));
    onSave(address, requestChange, ({ json }) => {
      address.reset();
      say(`${json.message} Open the link in it to confirm the new address.`, "success");
    });
  },
});

addView("confirm-address", {
  title: "Confirm your new address",
  under: "security",
  who: [...GUESTS, ...USERS],
  open() {
    const form = element("confirm-address");
    const isLinked = Boolean(link.email && link.token);
    for (const part of form.querySelectorAll(".linked, .typed")) {
      part.hidden = part.classList.contains("linked") !== isLinked;
    }
    element("new-address").textContent = link.email ?? "";
    form.elements.token.value = link.token ?? "";
    // Requires a click, because mail scanners open links too.
    onSubmit(form, async ({ token }) => {
      const body = { token: mailed({ token }).token };
      if (!isLinked && !isToken(body.token)) return say(NO_TOKEN, "problem");
      const reply = await call("accounts/email-change/complete/", body);
      if (reply.status === 400) {
        say("This token has been used, or is too old. Sign in to have a new one sent.", "problem");
      } else if (reply.status !== 200) {
        say(reply.problem, "problem");
      } else {
        typed = link.email ?? "";
        link = {};
        // Reads the new address, if a session is left.
        me = undefined;
        await go(session ? "?view=security" : "?view=sign-in");
        say("Your address is changed. Sign in with it from now on; all other sessions have ended.", "success");
      }
    });
  },
});
