"use strict";

onEnd = (...message) => {
  document.querySelector("dialog")?.close();
  update();
  say(...message);
};

element("sign-out").addEventListener("click", ({ target }) => once(target, signOut));
element("retry").addEventListener("click", async () => {
  await retry();
  // The button that had the focus is hidden.
  if (document.activeElement === document.body) element("heading").focus();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='?']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.search);
});
addEventListener("popstate", update);

// Opens the view of the URL; or, after the link in the mail to a new address, the one that confirms it.
onLink((email, token) => {
  link = { email, token };
  if (email || token) history.replaceState(null, "", `${location.pathname}?view=confirm-address`);
  update();
});
