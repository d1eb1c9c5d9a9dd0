//! Forms: multipart ([RFC 7578](https://www.rfc-editor.org/rfc/rfc7578)), or URL-encoded and then without files
//! ([URL Standard, section 5](https://url.spec.whatwg.org/#application/x-www-form-urlencoded)).

use std::{borrow::Cow, collections::HashMap, convert::Infallible};

use futures_util::stream;
use lambda_http::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use multer::{Multipart, bytes::Bytes, parse_boundary};
use url::form_urlencoded;

use super::{Error, Request, disposition::Disposition, input::Reader, request::UNREADABLE_BODY};
use crate::{
    json::{Json, Members},
    validation::{EchoedInput, Fault, FileName, FromObject, Object},
};

/// The largest form, in bytes.
const MAX_FORM: usize = 4 * 1024 * 1024;

/// The length of the pieces in which the form is parsed, in bytes.
const PIECE: usize = 64 * 1024;

/// A form, as a `T`.
pub struct Form<T> {
    /// The fields.
    pub fields: T,
    /// The contents of the files, by field.
    pub files: HashMap<&'static str, Bytes>,
}

/// The parts of a form that have wanted names. The last of a repeated one counts.
#[derive(Default)]
struct Parts {
    fields: Members<'static>,
    files: HashMap<&'static str, Bytes>,
    /// The fields whose texts are not UTF-8.
    unreadable: Vec<&'static str>,
}

impl Request {
    /// Reads and validates the path parameters as a `P` and the form as a `T`. The values of fields are
    /// texts, or what [`FileName::to_json`] returns for a file.
    ///
    /// Fails with every fault in them, at most one hundred. A body that is not a form counts as an empty form; if no field
    /// is required, the body itself is reported as missing. Fails with 413 over 4 MiB, and with 400 if a field's text is
    /// not UTF-8 and has no other fault.
    pub async fn read_form<P: FromObject, T: FromObject>(&self) -> Result<(P, Form<T>), Error> {
        let parts = self.parts(T::FIELDS).await?;
        let is_form = parts.is_some();
        let Parts { fields, files, unreadable } = parts.unwrap_or_default();
        let mut reader = Reader::new(self, None);
        let path = reader.path();
        let fields = Json::Object(fields);
        let fields = match T::from_object(Object::of_form(&fields)) {
            Ok(_) if !is_form => {
                Err(vec![Fault::missing().located(&["body"], || EchoedInput::of(&Json::Null))])
            }
            outcome => outcome,
        };
        let faults = fields.as_ref().err().map_or(&[][..], |faults| faults);
        if !unreadable.iter().all(|name| faults.iter().any(|fault| fault.field() == Some(name))) {
            return Err(Error::bad_request(UNREADABLE_BODY));
        }
        let fields = reader.collect(fields);
        match (path, fields) {
            (Some(path), Some(fields)) => Ok((path, Form { fields, files })),
            _ => Err(reader.into_error()),
        }
    }

    /// Returns the parts of the form with these names, or `None` if the body is not a form.
    async fn parts(&self, names: &[&'static str]) -> Result<Option<Parts>, Error> {
        let body = self.body_within(MAX_FORM)?;
        if self.media_type().as_deref() == Some("application/x-www-form-urlencoded") {
            return Parts::url_encoded(body, names).map(Some);
        }
        let media_type = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let Some(boundary) = boundary(media_type) else { return Ok(None) };
        // FastAPI accepts a form whose last boundary does not say that it is the last. In any other, a part may be cut.
        let is_complete = body.ends_with(format!("\r\n--{boundary}\r\n").as_bytes());
        let pieces = body.chunks(PIECE).map(|piece| Ok::<_, Infallible>(piece.to_vec()));
        let mut form = Multipart::new(stream::iter(pieces), boundary);
        let mut parts = Parts::default();
        loop {
            let part = match form.next_field().await {
                Ok(Some(part)) => part,
                Ok(None) => return Ok(Some(parts)),
                Err(multer::Error::IncompleteStream) if is_complete => return Ok(Some(parts)),
                Err(_) => return Ok(None),
            };
            let header = part.headers().get(CONTENT_DISPOSITION).map(HeaderValue::as_bytes);
            let header = String::from_utf8_lossy(header.unwrap_or_default());
            let disposition = Disposition::parse(&header);
            // RFC 7578, section 4.2: every part has a name.
            let Some(name) = disposition.name else { return Ok(None) };
            let name = names.iter().find(|known| **known == name).copied();
            let file_name = disposition.file_name.map(|name| FileName::to_json(&name));
            let Ok(content) = part.bytes().await else { return Ok(None) };
            let Some(name) = name else { continue };
            parts.unreadable.retain(|unreadable| *unreadable != name);
            let value = match file_name {
                Some(file_name) => {
                    parts.files.insert(name, content);
                    file_name
                }
                None => {
                    let text = String::from_utf8_lossy(&content);
                    if matches!(text, Cow::Owned(_)) {
                        parts.unreadable.push(name);
                    }
                    text.into_owned().into()
                }
            };
            parts.fields.insert(name.into(), value);
        }
    }
}

/// Returns the boundary in a `Content-Type` of a multipart form, with blanks beside its signs or without.
fn boundary(media_type: &str) -> Option<String> {
    if let Ok(boundary) = parse_boundary(media_type) {
        return Some(boundary);
    }
    // multer accepts no blanks there.
    let parts = media_type.split(';').map(|part| match part.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => part.trim().to_owned(),
    });
    parse_boundary(parts.collect::<Vec<_>>().join(";")).ok()
}

impl Parts {
    /// Returns the parts of a URL-encoded body with these names. Fails with 400 if its bytes are not UTF-8.
    fn url_encoded(body: &[u8], names: &[&'static str]) -> Result<Self, Error> {
        let text = str::from_utf8(body).map_err(|_| Error::bad_request(UNREADABLE_BODY))?;
        let mut parts = Self::default();
        for (sent, value) in form_urlencoded::parse(text.as_bytes()) {
            if let Some(name) = names.iter().find(|known| **known == sent) {
                parts.fields.insert((*name).into(), value.into_owned().into());
            }
        }
        Ok(parts)
    }
}
