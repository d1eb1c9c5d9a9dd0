//! The API's paths and their methods, as in `template.yaml`.

use super::Method;

/// A path that several endpoints share.
pub struct Resource {
    path: &'static str,
    methods: &'static [Method],
}

/// A path and method that one endpoint serves.
#[derive(Debug)]
pub struct Route {
    /// The path with a trailing slash, such as `/api/v1/theater/movies/{movie_id}/`.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// All methods of the path, including those of other endpoints.
    methods: &'static [Method],
}

impl Resource {
    /// Returns a resource with these `methods`.
    pub const fn new(path: &'static str, methods: &'static [Method]) -> Self {
        Self { path, methods }
    }

    /// Returns the route for `GET`.
    pub const fn get(&self) -> Route {
        self.route(Method::GET)
    }

    /// Returns the route for `POST`.
    pub const fn post(&self) -> Route {
        self.route(Method::POST)
    }

    /// Returns the route for `PUT`.
    pub const fn put(&self) -> Route {
        self.route(Method::PUT)
    }

    /// Returns the route for `PATCH`.
    pub const fn patch(&self) -> Route {
        self.route(Method::PATCH)
    }

    /// Returns the route for `DELETE`.
    pub const fn delete(&self) -> Route {
        self.route(Method::DELETE)
    }

    const fn route(&self, method: Method) -> Route {
        Route { path: self.path, method, methods: self.methods }
    }
}

impl Route {
    /// Returns a route for `GET` on a path without other methods.
    pub const fn get(path: &'static str) -> Self {
        Resource::new(path, &[Method::GET]).get()
    }

    /// Returns a route for `POST` on a path without other methods.
    pub const fn post(path: &'static str) -> Self {
        Resource::new(path, &[Method::POST]).post()
    }
}

/// Returns whether one of `routes` allows `method`. `GET` allows `HEAD`, and an endpoint without routes
/// allows every method.
pub fn allows(routes: &[Route], method: &Method) -> bool {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    routes.is_empty() || routes.iter().any(|route| route.method == *method)
}

/// Returns the value of the `Allow` header for the paths of `routes`
/// ([RFC 9110, section 10.2.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.1)).
pub fn allow_header(routes: &[Route]) -> String {
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
    fn allow_header_lists_methods_of_whole_resource() {
        assert_eq!(allow_header(&[SEATS.post()]), "GET, HEAD, POST");
        assert_eq!(allow_header(&[Route::get("/a/"), Route::get("/b/")]), "GET, HEAD");
        assert_eq!(allow_header(&[Route::post("/a/")]), "POST");
    }

    #[test]
    fn head_is_allowed_with_get() {
        assert!(allows(&[SEATS.get()], &Method::HEAD));
        assert!(!allows(&[SEATS.post()], &Method::HEAD));
        assert!(!allows(&[SEATS.get()], &Method::POST));
    }

    #[test]
    fn endpoint_without_routes_allows_every_method() {
        assert!(allows(&[], &Method::DELETE));
    }
}
