"use strict";

addView("sessions", { title: "Your sessions", label: "Sessions", who: USERS, open: openSessions });

async function openSessions() {
  const reply = await read("accounts/sessions/");
  if (!reply) return;
  const { sessions } = reply.json;
  element("sessions").replaceChildren(...sessions.map(sessionRow));
  element("end-others").hidden = sessions.every(({ is_current: isCurrent }) => isCurrent);
  onPress(element("end-others"), () => endSessions("accounts/sessions/", "All other sessions have ended."));
}

function sessionRow({ id, client, created_at: begun, last_used_at: used, expires_at: ends, is_current: isCurrent }) {
  const times = `Since ${moment(begun)}, last used ${moment(used)}, until ${moment(ends)}`;
  const facts = [make("p", client || "Unknown client"), make("p", times)];
  const row = make("li", "", make("h2", isCurrent ? "This session" : "Another session"), ...facts);
  if (isCurrent) return row;
  const button = make("button", "End this session");
  button.className = "quiet";
  onPress(button, () => endSessions(`accounts/sessions/${id}/`, "The session has ended."));
  row.append(button);
  return row;
}

async function endSessions(path, done) {
  const reply = await authorized(path, { method: "DELETE" });
  // A session that another tab has ended is gone as well.
  if (![204, 404].includes(reply.status)) return say(reply.problem, "problem");
  await update();
  say(done, "success");
}
