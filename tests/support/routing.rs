//! Routes requests to functions as API Gateway does.

use super::template::{Function, Template};

/// The route of a request.
pub struct Match<'a> {
    /// The function.
    pub function: &'a Function,
    /// The resource path of the template.
    pub resource: &'a str,
    /// The values of `{name}` and `{name+}` in the path, still percent-encoded.
    pub parameters: Vec<(String, String)>,
}

impl Template {
    /// Returns the route of a request; `path` is percent-encoded and has no query.
    ///
    /// Chooses the most specific resource first, for any method; on it, the method itself has priority over `ANY`.
    /// Ignores one slash at the end of the path.
    pub fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let resources = self.routes().map(|(route, _)| route.path.as_str());
        let (_, resource, parameters) = resources
            .filter_map(|resource| {
                let parameters = parameters(resource, path)?;
                Some((specificity(resource), resource, parameters))
            })
            .max_by(|one, other| one.0.cmp(&other.0))?;
        let (_, function) = self
            .routes()
            .filter(|(route, _)| route.path == resource && [method, "ANY"].contains(&route.method.as_str()))
            .max_by_key(|(route, _)| route.method != "ANY")?;
        Some(Match { function, resource, parameters })
    }
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Segment {
    Greedy,
    Parameter,
    Literal,
}

fn segment(text: &str) -> (Segment, &str) {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        None => (Segment::Literal, text),
        Some(name) => match name.strip_suffix('+') {
            None => (Segment::Parameter, name),
            Some(name) => (Segment::Greedy, name),
        },
    }
}

/// Returns the sort key of a resource: from the left, a literal segment precedes `{name}`, which precedes `{name+}`.
fn specificity(resource: &str) -> Vec<Segment> {
    segments(resource).map(|text| segment(text).0).collect()
}

fn parameters(resource: &str, path: &str) -> Option<Vec<(String, String)>> {
    let mut parameters = Vec::new();
    let mut sent = segments(path);
    for (kind, name) in segments(resource).map(segment) {
        let value = sent.next()?;
        match kind {
            Segment::Literal if value == name => {}
            Segment::Literal => return None,
            Segment::Parameter if value.is_empty() => return None,
            Segment::Parameter => parameters.push((name.to_owned(), value.to_owned())),
            Segment::Greedy => {
                let rest: Vec<_> = std::iter::once(value).chain(sent).collect();
                parameters.push((name.to_owned(), rest.join("/")));
                return Some(parameters);
            }
        }
    }
    sent.next().is_none().then_some(parameters)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}
