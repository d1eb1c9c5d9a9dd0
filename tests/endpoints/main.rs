//! Checks that need the endpoints in this process. They are not part of `tests/main.rs`, which every edit of an endpoint
//! would compile again.

mod allocations;
#[path = "../../functions/endpoints.rs"]
mod endpoints;
mod routes;
#[path = "../support/mod.rs"]
mod support;

use support::template::Template;

fn main() {
    if allocations::count() {
        return;
    }
    let template = Template::parse(include_str!("../../template.yaml"));
    let template = template.unwrap_or_else(|error| panic!("template.yaml: {error}"));
    routes::match_template(&template);
    routes::have_allow_headers();
    println!("the routes are those of template.yaml");
    allocations::stay_within_budget(&template);
}
