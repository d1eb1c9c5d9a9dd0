"use strict";

// The largest picture that the API takes, in bytes.
const MAX_PICTURE = 1048576;
// The length of the longer side, in pixels, to which a larger picture is reduced.
const REDUCED_SIDE = 1024;

addView("profile", { title: "Your profile", label: "Profile", who: USERS, open: openProfile });

async function openProfile() {
  const path = `profiles/users/${me.id}/profile/`;
  const reply = await read(path);
  if (!reply) return;
  const form = element("profile");
  let exists = reply.status === 200;
  const show = (profile) => {
    exists = true;
    for (const [name, value] of Object.entries(profile)) {
      if (form.elements[name]) form.elements[name].value = name === "avatar" ? "" : (value ?? "");
    }
    // A profile from the original service may have no picture.
    element("picture").hidden = !profile.avatar;
    if (profile.avatar) element("picture").src = pictureUrl(profile.avatar);
    element("delete-profile").hidden = false;
  };
  if (exists) show(reply.json);
  else say("You have no profile yet.");
  form.hidden = false;

  const save = async () => {
    const body = new FormData(form);
    const picture = body.get("avatar");
    if (picture.size) body.set("avatar", await reduced(picture), picture.name);
    else body.delete("avatar");
    // A slow network takes its time for the picture.
    return authorized(path, { method: exists ? "PATCH" : "POST", body, signal: AbortSignal.timeout(180000) });
  };
  onSave(form, save, ({ json }) => {
    show(json);
    say("Your profile is saved.", "success");
  });
  const remove = async () => {
    const reply = await authorized(path, { method: "DELETE" });
    if (reply.status !== 204) return say(reply.problem, "problem");
    await update();
    say("Your profile is deleted.", "success");
  };
  onPress(element("delete-profile"), remove, "Delete your profile and its picture?", "Delete");
}

// Returns the URL of a picture at this site: the page's policy allows no other one, whatever `MEDIA_URL` is.
function pictureUrl(avatar) {
  return avatar.replace(/^.*\/(?=avatars\/)/, `${root}media/`);
}

// Returns a picture that the API takes: photos of phones are larger, so they are drawn smaller. What cannot be drawn is
// left to the API to reject.
async function reduced(picture) {
  if (picture.size <= MAX_PICTURE) return picture;
  try {
    const bitmap = await createImageBitmap(picture);
    const scale = Math.min(1, REDUCED_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = make("canvas");
    canvas.width = Math.round(bitmap.width * scale) || 1;
    canvas.height = Math.round(bitmap.height * scale) || 1;
    const context = canvas.getContext("2d");
    // JPEG has no transparency.
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return drawn ?? picture;
  } catch {
    return picture;
  }
}
