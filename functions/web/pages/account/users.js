"use strict";

addView("users", {
  title: "Users",
  label: "Users",
  who: ADMINS,
  open: () => openList("accounts/users/", "users", userRow),
});
addView("events", {
  title: "Events",
  label: "Events",
  who: ADMINS,
  open: () => openList("accounts/events/", "events", eventRow),
});

function userRow(user) {
  const row = element("user-row").content.cloneNode(true).firstElementChild;
  const form = row.querySelector("form");
  const [heading, state, disable] = ["h2", "p", ".quiet"].map((part) => row.querySelector(part));
  const states = [user.is_active ? "" : "not activated", user.is_disabled ? "disabled" : ""].filter(Boolean);
  heading.textContent = user.email;
  state.textContent = [`Id ${user.id}`, user.group, ...states, `since ${moment(user.created_at)}`].join(" · ");
  form.ariaLabel = user.email;
  form.elements.group.value = user.group;
  disable.textContent = user.is_disabled ? "Enable" : "Disable";

  const change = async (body, selector) => {
    const reply = await authorized(`accounts/users/${user.id}/`, withJson("PATCH", body));
    if (reply.status !== 200) return say(reply.problem, "problem");
    const changed = userRow(reply.json);
    row.replaceWith(changed);
    changed.querySelector(selector).focus();
    say(`${user.email} is changed.`);
    // One's own group decides which views the page has.
    if (user.id === me.id) {
      me = undefined;
      await update();
    }
  };
  onSubmit(form, ({ group }) => change({ group: group.value }, "button"));
  const question = user.is_disabled ? [] : [`Disable ${user.email}? This ends all sessions of the account.`, "Disable"];
  onPress(disable, () => change({ is_disabled: !user.is_disabled }, ".quiet"), ...question);
  return row;
}

function eventRow({ at, action, actor_id: actor, user_id: user, client }) {
  const by = actor === null ? "" : ` by user ${actor}`;
  const of = user === null ? "" : `, account ${user}`;
  const facts = [make("p", `${moment(at)}${by}${of}`), make("p", client ?? "")];
  return make("li", "", make("h2", action.replaceAll("_", " ")), ...facts);
}
