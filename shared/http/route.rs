//! The paths of the API and their methods, as `template.yaml` has them.

use super::Method;

/// A path that several endpoints share.
pub struct Resource {
    path: &'static str,
    methods: &'static [Method],
}

/// A method of a path that leads to one endpoint.
#[derive(Debug)]
pub struct Route {
    /// The path with a slash at its end, such as `/api/v1/theater/movies/{movie_id}/`.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// The methods of the path, whichever endpoints they lead to.
    methods: &'static [Method],
}

impl Resource {
    /// A path that takes `methods`.
    pub const fn new(path: &'static str, methods: &'static [Method]) -> Self {
        Self { path, methods }
    }

    /// `GET` of this path.
    pub const fn get(&self) -> Route {
        self.route(Method::GET)
    }

    /// `POST` of this path.
    pub const fn post(&self) -> Route {
        self.route(Method::POST)
    }

    /// `PUT` of this path.
    pub const fn put(&self) -> Route {
        self.route(Method::PUT)
    }

    /// `PATCH` of this path.
    pub const fn patch(&self) -> Route {
        self.route(Method::PATCH)
    }

    /// `DELETE` of this path.
    pub const fn delete(&self) -> Route {
        self.route(Method::DELETE)
    }

    const fn route(&self, method: Method) -> Route {
        Route { path: self.path, method, methods: self.methods }
    }
}

impl Route {
    /// `GET` of a path that takes nothing else.
    pub const fn get(path: &'static str) -> Self {
        Resource::new(path, &[Method::GET]).get()
    }

    /// `POST` of a path that takes nothing else.
    pub const fn post(path: &'static str) -> Self {
        Resource::new(path, &[Method::POST]).post()
    }
}

/// Whether one of `routes` takes `method`. HEAD goes where GET goes, and an endpoint without routes takes everything.
pub fn takes(routes: &[Route], method: &Method) -> bool {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    routes.is_empty() || routes.iter().any(|route| route.method == *method)
}

/// The value of the `Allow` header on the paths of `routes`
/// ([RFC 9110, section 10.2.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.1)).
pub fn allow(routes: &[Route]) -> String {
    let mut names: Vec<_> = routes.iter().flat_map(|route| route.methods).map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEATS: Resource = Resource::new("/seats/", &[Method::GET, Method::POST]);

    #[test]
    fn allow_names_the_methods_of_other_endpoints() {
        assert_eq!(allow(&[SEATS.post()]), "GET, HEAD, POST");
        assert_eq!(allow(&[Route::get("/a/"), Route::get("/b/")]), "GET, HEAD");
        assert_eq!(allow(&[Route::post("/a/")]), "POST");
    }

    #[test]
    fn head_is_taken_where_get_is() {
        assert!(takes(&[SEATS.get()], &Method::HEAD));
        assert!(!takes(&[SEATS.post()], &Method::HEAD));
        assert!(!takes(&[SEATS.get()], &Method::POST));
    }

    #[test]
    fn endpoint_without_routes_takes_every_method() {
        assert!(takes(&[], &Method::DELETE));
    }
}
