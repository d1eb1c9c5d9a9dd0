//! Compression, caching and security headers of the pages.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::support::{App, Method, Reply};

const PAGES: [(&str, &str); 4] = [
    ("/", ">Movies</h1>"),
    ("/account/", ">Your account</h1>"),
    ("/activate/", "<h1>Activate"),
    ("/reset-password/", "<h1>Choose a new"),
];

async fn get(app: &App, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = app.request(Method::GET, path);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

#[tokio::test]
async fn every_page_path_serves_its_page() {
    let app = App::builder().env("DATABASE_URL", "").start().await;
    for (path, heading) in PAGES {
        let page = get(&app, path, &[]).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert!(page.text().starts_with("<!doctype html>"), "{path}");
        assert!(page.text().contains(heading), "{path}");
        // Works below a stage and at the root of a domain.
        for outside in ["=\"/", "src=", "@import", "url(", "http:"] {
            let text = page.text().replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains(outside), "{path} names something outside of it: {outside}");
        }
    }
}

#[tokio::test]
async fn page_is_compressed_for_gzip_clients() {
    let app = App::start().await;
    for (path, _) in PAGES {
        let plain = get(&app, path, &[]).await;
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        assert_eq!(plain.header("vary"), Some("accept-encoding"), "{path}");
        for accepted in ["gzip", "br, GZIP;q=0.5", "*", "identity;q=0.1, *;q=0.2"] {
            let compressed = get(&app, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(compressed.header("content-encoding"), Some("gzip"), "{path} {accepted}");
            assert_ne!(compressed.header("etag"), plain.header("etag"), "{path} {accepted}");
            let mut content = Vec::new();
            GzDecoder::new(&*compressed.body).read_to_end(&mut content).expect("it is gzip");
            assert_eq!(content, plain.body, "{path} {accepted}");
            assert!(compressed.body.len() < plain.body.len() / 2, "{path}");
        }
        for refused in ["br", "gzip;q=0", "*;q=1, gzip;q=0.0", "gzipped", ""] {
            let reply = get(&app, path, &[("accept-encoding", refused)]).await;
            assert_eq!(reply.body, plain.body, "{path} {refused}");
        }
    }
}

#[tokio::test]
async fn page_with_matching_etag_gets_304() {
    let app = App::start().await;
    for (path, _) in PAGES {
        for encoding in ["gzip", "identity"] {
            let page = get(&app, path, &[("accept-encoding", encoding)]).await;
            assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
            let tag = page.header("etag").expect("a page has a tag");
            for known in [tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), "*"] {
                let headers = [("accept-encoding", encoding), ("if-none-match", known)];
                let reply = get(&app, path, &headers).await;
                assert_eq!(reply.status, 304, "{path} {known}");
                assert!(reply.body.is_empty(), "{path} {known}");
                assert_eq!(reply.header("etag"), Some(tag), "{path} {known}");
                assert_eq!(reply.header("content-encoding"), None, "{path} {known}");
            }
            for other in ["\"other\"", &tag.replace("-gzip", "-br").replacen('"', "\"x", 1), ""] {
                let headers = [("accept-encoding", encoding), ("if-none-match", other)];
                assert_eq!(get(&app, path, &headers).await.status, 200, "{path} {other}");
            }
        }
    }
}

#[tokio::test]
async fn page_policy_allows_only_inline_scripts_and_styles() {
    let app = App::start().await;
    for (path, _) in PAGES {
        let page = get(&app, path, &[]).await;
        let policy = page.header("content-security-policy").expect("a page has a policy");
        for directive in
            ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        for loose in ["unsafe", "script-src 'self'", "http", "*"] {
            assert!(!policy.contains(loose), "{path}: {policy}");
        }
        let text = page.text();
        let blocks = text.matches("<style>").count() + text.matches("<script>").count();
        assert!(blocks >= 3, "{path} has a style sheet and scripts");
        assert_eq!(policy.matches("sha256-").count(), blocks, "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
    }
}
