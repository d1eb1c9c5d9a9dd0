"use strict";

// Long enough for the browser to have saved a file.
const SAVED_MS = 60000;

addView("data", {
  title: "Your data",
  label: "Your data",
  who: USERS,
  open() {
    onPress(element("export"), async () => {
      const { status, json, problem } = await authorized("accounts/me/export/");
      if (status !== 200) return say(problem, "problem");
      save(new Blob([JSON.stringify(json, null, 2)], { type: "application/json" }), "movie-theater-account.json");
      say("The file is being saved.", "success");
    });

    const form = element("delete-account");
    form.elements.username.value = me.email;
    const remove = async ({ password }) => {
      const isMeant = await ask(`Delete the account of ${me.email}? This cannot be undone.`, "Delete my account");
      return isMeant && authorized("accounts/me/", withJson("DELETE", { password: password.value }));
    };
    onSave(form, remove, () => {
      typed = "";
      end("Your account is deleted.", "success");
    });
  },
});

// Saves a file to the device.
function save(file, name) {
  const link = make("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}
