"use strict";

// The address of the last form, so that it need not be typed twice.
let typed = "";

addView("sign-in", {
  title: "Sign in",
  label: "Sign in",
  who: GUESTS,
  open() {
    const form = element("sign-in");
    form.elements.email.value = typed;
    const login = ({ email, password }) =>
      call("accounts/login/", { email: email.value, password: password.value });
    onSave(form, login, async ({ json }) => {
      begin(json);
      await update();
    });
  },
});

addView("register", {
  title: "Register",
  label: "Register",
  who: GUESTS,
  open() {
    const register = ({ email, password }) =>
      call("accounts/register/", { email: email.value, password: password.value });
    onSave(element("register"), register, async ({ json }) => {
      typed = json.email;
      await go("?view=sign-in");
      say(`A mail to ${typed} is on its way. Open the link in it to activate your account, then sign in.`, "success");
    });
  },
});
