//! Pagination by page number, and the links between pages.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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

    /// Returns the paths and queries of the previous and the next page of `total` items at `path`.
    /// `search` is the text to search for.
    pub fn links(&self, path: &str, search: Option<&str>, total: i64) -> (Option<String>, Option<String>) {
        const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let search = search.map(|text| format!("&q={}", utf8_percent_encode(text, ESCAPED)));
        let search = search.unwrap_or_default();
        let link = |page: i64| format!("{path}?page={page}&per_page={}{search}", self.per_page);
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
            let links = Paging { page, per_page: 10 }.links("/", None, total);
            assert_eq!((links.0.as_deref(), links.1.as_deref()), (before, after), "{page} of {total}");
        }
    }

    #[test]
    fn links_keep_the_search() {
        let (_, after) = Paging { page: 1, per_page: 1 }.links("/a/", Some("é &"), 2);
        assert_eq!(after.as_deref(), Some("/a/?page=2&per_page=1&q=%C3%A9%20%26"));
    }

    #[test]
    fn offset_of_any_page_is_a_number() {
        assert_eq!(Paging { page: i64::MAX, per_page: 20 }.offset(), i64::MAX);
    }
}
