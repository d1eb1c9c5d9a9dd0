//! Forms of the hostile client, and the pictures in them.

use image::ImageFormat;

use super::{dice::Dice, json::Json};
use crate::support::form::{Form, picture};

/// The field whose text stands for a file of this name.
const FILE: &str = "avatar";

/// Returns the body of a form with these fields, or the JSON itself if it is not an object.
pub fn body(fields: &Json, file: &[u8]) -> Vec<u8> {
    let Json::Object(members) = fields else { return fields.write().into_bytes() };
    let form = members.iter().fold(Form::default(), |form, (name, value)| {
        let (name, raw) = (name.trim_matches('"'), value.write());
        match serde_json::from_str::<String>(&raw) {
            Ok(file_name) if name == FILE => {
                form.file(name, &file_name.replace(['"', '\r', '\n'], "_"), file)
            }
            Ok(text) => form.text(name, text),
            // As a text, which is wrong for a file.
            Err(_) => form.text(name, raw),
        }
    });
    form.body()
}

/// Returns a picture with faults.
pub fn file(dice: &mut Dice) -> Vec<u8> {
    let format = *dice.choose(&[ImageFormat::Png, ImageFormat::Jpeg]);
    let mut file = picture(dice.within(1..=600) as u32, dice.within(1..=600) as u32, format);
    match dice.below(5) {
        0 => file.truncate(dice.below(file.len())),
        1 => file = (0..dice.below(500)).map(|_| dice.byte()).collect(),
        2 => file.resize(1024 * 1024 + dice.below(2), 0),
        _ => {
            for _ in 0..dice.within(1..=30) {
                // Most faults are in the headers, where they matter most.
                let end = if dice.one_in(2) { file.len() } else { file.len().min(200) };
                file[dice.below(end)] = dice.byte();
            }
        }
    }
    file
}
