"use strict";

// Shows why a form was not accepted: each error of a field below it, anything else as the message.
function showProblem(form, { status, json, problem }) {
  const faults = status === 422 ? json.detail : [];
  const placed = faults.map(({ loc, msg }) => [loc.map((part) => field(form, part)).find(Boolean), msg]);
  if (!placed.length || placed.some(([place]) => !place)) {
    say(problem, "problem");
    return;
  }
  const count = placed.length === 1 ? "One field needs" : `${placed.length} fields need`;
  say(`${count} a change.`, "problem");
  for (const [place, message] of placed) mark(place, message.replace(/^Value error, /, ""));
  placed[0][0].focus();
}

function field(form, name) {
  return typeof name === "string" && form.elements.namedItem(name);
}

// Shows an error below a field, for screen readers too.
function mark(place, message) {
  const known = element(`${place.name}-fault`);
  if (known) {
    known.append(` ${message}`);
    return;
  }
  const fault = make("p", message);
  fault.id = `${place.name}-fault`;
  fault.className = "fault";
  place.closest("label").after(fault);
  place.ariaInvalid = "true";
  place.dataset.describedBy = place.getAttribute("aria-describedby") ?? "";
  place.setAttribute("aria-describedby", `${place.dataset.describedBy} ${fault.id}`.trim());
}

function unmark(form) {
  for (const fault of form.querySelectorAll(".fault")) fault.remove();
  for (const place of form.querySelectorAll("[aria-invalid]")) {
    place.ariaInvalid = null;
    place.setAttribute("aria-describedby", place.dataset.describedBy);
  }
}

// Runs `work` when the form is submitted. It returns the response, or nothing if the user has decided otherwise; `done`
// runs if the response is a success.
function onSave(form, work, done) {
  onSubmit(form, async (fields) => {
    unmark(form);
    const reply = await work(fields);
    if (!reply) {
      // Keeps the message of another view that has opened meanwhile.
      if (form.isConnected) say("");
    } else if (reply.status >= 200 && reply.status < 300) await done(reply);
    else showProblem(form, reply);
  });
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-reveals]")) return;
  for (const password of target.form.querySelectorAll("[autocomplete$=password]")) {
    password.type = target.checked ? "text" : "password";
  }
});
