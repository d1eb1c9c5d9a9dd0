"use strict";

// Where the site starts: an API's stage or a domain's base path may come before it.
const root = location.pathname.replace(/\/docs\/?$/, "") + "/";

const style = document.createElement("link");
style.rel = "stylesheet";
style.href = `${root}docs/swagger-ui.css`;
const script = document.createElement("script");
script.src = `${root}docs/swagger-ui-bundle.js`;
script.addEventListener("load", () => {
  SwaggerUIBundle({
    url: new URL(`${root}openapi.json`, location).href,
    dom_id: "#swagger-ui",
    deepLinking: true,
    tryItOutEnabled: true,
    // Without this, a public service would be asked to judge the description.
    validatorUrl: null,
  });
});
document.head.append(style, script);
