//! Multipart forms, as browsers send them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;

/// The boundary between parts.
const BOUNDARY: &str = "----WebKitFormBoundaryE19zNvXGzXaLvS5C";

/// A form that is being filled in.
#[derive(Clone, Default)]
pub struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    /// Adds a text.
    pub fn text(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.parts.push((format!("Content-Disposition: form-data; name=\"{name}\"\r\n"), value.into()));
        self
    }

    /// Adds a file.
    pub fn file(mut self, name: &str, file_name: &str, content: &[u8]) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/octet-stream\r\n"
        );
        self.parts.push((head, content.to_vec()));
        self
    }

    /// Adds a part with these headers, each with its line break.
    pub fn part(mut self, head: &str, content: &[u8]) -> Self {
        self.parts.push((head.to_owned(), content.to_vec()));
        self
    }

    /// Returns the form with these values, in which `avatar` stands for a picture.
    pub fn of(values: &Value) -> Self {
        let values = values.as_object().expect("a form has names").iter();
        values.fold(Self::default(), |form, (name, value)| match (name.as_str(), value.as_str()) {
            ("avatar", Some(file_name)) => form.file(name, file_name, &png(8, 8)),
            (_, Some(text)) => form.text(name, text),
            (_, None) => form.text(name, value.to_string()),
        })
    }

    /// Returns the form without the parts of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.parts.retain(|(head, _)| !head.contains(&format!("name=\"{name}\"")));
        self
    }

    /// Returns the media type.
    pub fn media_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// Returns the body.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (head, content) in &self.parts {
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        body
    }
}

/// Returns a picture in this format, with a color in each quarter.
pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([200, 30, 30]),
        (false, true) => Rgb([30, 200, 30]),
        (true, false) => Rgb([30, 30, 200]),
        (false, false) => Rgb([250, 250, 250]),
    });
    encoded(&picture.into(), format)
}

/// Returns a PNG.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, ImageFormat::Png)
}

/// Returns a picture in this format.
pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).expect("memory has room");
    file.into_inner()
}
