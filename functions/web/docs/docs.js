"use strict";

// The root of the site, which may be below a stage of the API or a base path of the domain.
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
    // Otherwise Swagger UI sends the description to a public validator.
    validatorUrl: null,
  });
});
document.head.append(style, script);
