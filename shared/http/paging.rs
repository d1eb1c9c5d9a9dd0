//! Pagination by page number, and the links between pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// All but the unreserved characters ([RFC 3986, section 2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the value of a query parameter as a URL has it.
pub fn escaped(value: &str) -> PercentEncode<'_> {
    utf8_percent_encode(value, RESERVED)
}

/// The requested page of a list.
pub struct Paging {
    /// The number of the page, counted from 1.
    pub page: i64,
    /// The number of items per page.
    pub per_page: i64,
}

impl Paging {
    /// Returns the number of items before the page.
    pub fn offset(&self) -> i64 {
        (self.page - 1).saturating_mul(self.per_page)
    }

    /// Returns the number of pages for `total` items.
    pub fn total_pages(&self, total: i64) -> i64 {
        (total + self.per_page - 1) / self.per_page
    }

    /// Returns the paths and queries of the previous and the next page of `total` items at `path`. `filters` are the
    /// other parameters of the query, those with a value.
    pub fn links(
        &self,
        path: &str,
        filters: &[(&str, Option<&str>)],
        total: i64,
    ) -> (Option<String>, Option<String>) {
        let sent = filters.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        let rest: String = sent.map(|(name, value)| format!("&{name}={}", escaped(value))).collect();
        let link = |page: i64| format!("{path}?page={page}&per_page={}{rest}", self.per_page);
        let last = self.total_pages(total);
        let previous = (self.page - 1).min(last);
        ((previous > 0).then(|| link(previous)), (self.page < last).then(|| link(self.page + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_the_pages_beside() {
        for (page, total, before, after) in [
            (1, 0, None, None),
            (1, 10, None, None),
            (1, 11, None, Some("/?page=2&per_page=10")),
            (2, 21, Some("/?page=1&per_page=10"), Some("/?page=3&per_page=10")),
            (9, 11, Some("/?page=2&per_page=10"), None),
        ] {
            let links = Paging { page, per_page: 10 }.links("/", &[], total);
            assert_eq!((links.0.as_deref(), links.1.as_deref()), (before, after), "{page} of {total}");
        }
    }

    #[test]
    fn links_keep_the_filters() {
        let filters = [("q", Some("é &")), ("group", None), ("state", Some("active"))];
        let (_, after) = Paging { page: 1, per_page: 1 }.links("/a/", &filters, 2);
        assert_eq!(after.as_deref(), Some("/a/?page=2&per_page=1&q=%C3%A9%20%26&state=active"));
    }

    #[test]
    fn offset_of_any_page_is_a_number() {
        assert_eq!(Paging { page: i64::MAX, per_page: 20 }.offset(), i64::MAX);
    }
}
