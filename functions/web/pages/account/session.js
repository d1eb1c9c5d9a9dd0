"use strict";

// The tokens of this tab. `sessionStorage` keeps them through a reload, and forgets them with the tab. A duplicated tab
// has a copy, so tabs tell each other of new tokens and of the end of their session.
const STORE = `session ${root}`;
const ENDED = "Your session has ended. Sign in again.";
const channel = new BroadcastChannel(STORE);

// `{ id, renewals, access, refresh }`: the id is the same in all tabs of a session, and `renewals` orders its tokens.
let session = stored();
// The refresh that runs, if one does.
let renewal;
// Called with a message and its kind when the session has ended.
let onEnd = () => {};

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) ?? undefined;
  } catch {
    // The browser allows no storage; the tokens are in memory only.
    return undefined;
  }
}

function keep(tokens) {
  session = tokens;
  try {
    if (tokens) sessionStorage.setItem(STORE, JSON.stringify(tokens));
    else sessionStorage.removeItem(STORE);
  } catch {
    // As above.
  }
}

// Starts a session with the response to a login.
function begin({ access_token: access, refresh_token: refresh }) {
  keep({ id: `${Date.now()} ${Math.random()}`, renewals: 0, access, refresh });
}

// Forgets the tokens, in every tab of the session, and shows this message.
function end(...message) {
  channel.postMessage({ ended: session?.id, message });
  keep(undefined);
  onEnd(...message);
}

channel.addEventListener("message", ({ data: { asked, tokens, ended, message } }) => {
  if (!session) return;
  if (asked === session.id) channel.postMessage({ tokens: session });
  else if (tokens?.id === session.id && tokens.renewals > session.renewals) keep(tokens);
  else if (ended === session.id) {
    keep(undefined);
    onEnd(...message);
  }
});
if (session) channel.postMessage({ asked: session.id });

// Sends a request with the access token. Renews the token if it has expired, and ends the session if that fails.
async function authorized(path, options = {}) {
  if (!session) return { status: 401, problem: ENDED };
  const { id, access } = session;
  const attempt = () => {
    const headers = { ...options.headers, authorization: `Bearer ${session.access}` };
    // Not from or into the browser's cache: it is the user's, and may be out of date.
    return send(path, { cache: "no-store", ...options, headers });
  };
  const reply = await attempt();
  if (reply.status !== 401) return reply;
  if (session?.access === access) {
    renewal ??= renew().finally(() => (renewal = undefined));
    const { status, problem } = await renewal;
    if (status !== 200) return { status, problem };
  }
  return session?.id === id ? attempt() : { status: 401, problem: ENDED };
}

async function renew() {
  const { id, renewals, refresh } = session;
  const ask = (signal) => call("accounts/refresh/", { refresh_token: refresh }, signal);
  let reply = await ask(AbortSignal.timeout(4000));
  // If the response is lost, asks again at once: a replaced token works for ten seconds more.
  if (reply.status === 0) reply = await ask();
  if (session?.id !== id) return { status: 401, problem: ENDED };
  // Another tab was faster.
  if (session.renewals > renewals) return { status: 200 };
  if (reply.status === 200) {
    const { access_token: access, refresh_token: successor = refresh } = reply.json;
    keep({ id, renewals: renewals + 1, access, refresh: successor });
    channel.postMessage({ tokens: session });
  } else if ([400, 401, 403, 404].includes(reply.status)) {
    const problem = reply.status === 403 ? reply.problem : ENDED;
    end(problem, "problem");
    return { status: 401, problem };
  }
  return reply;
}

// Ends the session at the API and here.
async function signOut() {
  await renewal;
  if (!session) return;
  const { status } = await call("accounts/logout/", { refresh_token: session.refresh });
  if (!session) return;
  // 400: the token has expired, and so has the session.
  if ([204, 400].includes(status)) end("You are signed out.", "success");
  else end("You are signed out here, but the service did not confirm it. Sign in again to end this session.", "problem");
}
