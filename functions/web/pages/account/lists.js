"use strict";

// Shows a list of the API by pages, with the form `filter` of the view above it. `row` makes the element of an entry.
async function openList(path, key, row) {
  const filter = element("filter");
  const rows = make("ul");
  rows.className = "rows";
  const [previous, next] = [make("button", "Previous page"), make("button", "Next page")];
  const paging = make("nav", "", previous, next);
  paging.className = "paging";
  paging.ariaLabel = "Pages";
  element("view").append(rows, paging);

  let page = 1;
  const load = async (wanted) => {
    const filled = [...new FormData(filter)].filter(([, value]) => value);
    const query = new URLSearchParams([...filled, ["page", wanted]]);
    const reply = await read(`${path}?${query}`, () => load(wanted));
    if (!reply) return;
    page = wanted;
    const { status, json } = reply;
    rows.replaceChildren(...(status === 200 ? json[key].map(row) : []));
    previous.hidden = page === 1;
    next.hidden = status !== 200 || !json.next_page;
    const found = status === 200 && json.total_items.toLocaleString("en");
    say(found ? `${found} found, page ${page} of ${json.total_pages}` : json.detail);
  };
  const turn = (change) => async () => {
    await load(page + change);
    element("heading").focus();
  };
  onPress(previous, turn(-1));
  onPress(next, turn(1));
  onSubmit(filter, () => load(1));
  previous.hidden = next.hidden = true;
  await load(1);
}
