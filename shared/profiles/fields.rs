//! The rules of a profile's fields, of which the first that is violated is reported alone.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate, Utc};
use multer::bytes::Bytes;

use super::picture;
use crate::{
    http::{Error, Form},
    json::Json,
    models::profiles::{Gender, MAX_NAME, NewProfile, NewProfileDraft},
    validation::{EchoedInput, Fault, Patch, is_blank},
};

/// The first year of birth.
const FIRST_YEAR: i32 = 1900;

/// The least age, in years of 365 days.
const LEAST_AGE: i64 = 18;

/// The values of a profile as they are stored. In a patch, `None` is a value that stays.
#[derive(Default)]
pub struct Fields {
    /// In lower case.
    pub first_name: Option<String>,
    /// In lower case.
    pub last_name: Option<String>,
    /// The gender.
    pub gender: Option<Gender>,
    /// The date of birth.
    pub date_of_birth: Option<NaiveDate>,
    /// Without surrounding blanks.
    pub info: Option<String>,
    /// A picture of [`picture::reencode`].
    pub picture: Option<Vec<u8>>,
}

impl Fields {
    /// Checks a form with all fields. Fails with the first fault, in the order of the fields.
    pub async fn of_new(form: Form<NewProfile>) -> Result<Self, Error> {
        Self::check(form.fields.into(), form.files).await
    }

    /// Checks a form with some fields, likewise.
    pub async fn of_patch(form: Form<Patch<NewProfile>>) -> Result<Self, Error> {
        Self::check(form.fields.values, form.files).await
    }

    async fn check(draft: NewProfileDraft, mut files: HashMap<&'static str, Bytes>) -> Result<Self, Error> {
        let mut fields = Self::of_texts(&draft, Utc::now().date_naive())?;
        if let Some(name) = draft.avatar
            && let Some(file) = files.remove("avatar")
        {
            let picture = picture::reencode(file).await;
            fields.picture = Some(picture.map_err(|error| fault("avatar", error.to_string(), &name.0))?);
        }
        Ok(fields)
    }

    fn of_texts(draft: &NewProfileDraft, today: NaiveDate) -> Result<Self, Error> {
        let names = [("first_name", &draft.first_name), ("last_name", &draft.last_name)];
        let [first_name, last_name] =
            names.map(|(field, name)| name.as_ref().map(|name| lower_case_name(field, &name.0)).transpose());
        Ok(Self {
            first_name: first_name?,
            last_name: last_name?,
            gender: draft.gender.as_ref().map(|text| gender(&text.0)).transpose()?,
            date_of_birth: draft.date_of_birth.as_ref().map(|date| of_age(*date, today)).transpose()?,
            info: draft.info.as_ref().map(|text| trimmed_info(text.as_str())).transpose()?,
            picture: None,
        })
    }
}

fn lower_case_name(field: &'static str, name: &str) -> Result<String, Error> {
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(name.to_ascii_lowercase());
    }
    let start: String = name.chars().take(MAX_NAME).collect();
    Err(fault(field, format!("{start} contains non-english letters"), name))
}

fn gender(text: &str) -> Result<Gender, Error> {
    Gender::parse(text)
        .ok_or_else(|| fault("gender", format!("Gender must be one of: {}", Gender::NAMES.join(", ")), text))
}

fn of_age(date: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Error> {
    let message = if date.year() < FIRST_YEAR {
        "Invalid birth date - year must be greater than 1900."
    } else if (today - date).num_days() < LEAST_AGE * 365 {
        "You must be at least 18 years old to register."
    } else {
        return Ok(date);
    };
    Err(fault("date_of_birth", message.into(), &date.to_string()))
}

fn trimmed_info(text: &str) -> Result<String, Error> {
    match text.trim_matches(is_blank) {
        "" => Err(fault("info", "Info field cannot be empty or contain only spaces.".into(), text)),
        info => Ok(info.to_owned()),
    }
}

/// Returns the 422 for a field in the form that the original service gives it, without the prefix and the location of
/// other faults.
fn fault(field: &'static str, message: String, input: &str) -> Error {
    let fault = Fault::new("value_error", message);
    Error::Invalid(vec![fault.located(&[field], || EchoedInput::of(&Json::from(input)))])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        models::profiles::Unchecked,
        validation::{Field, Text},
    };

    fn draft() -> NewProfileDraft {
        let text = |text: &str| Some(Unchecked(text.into()));
        NewProfileDraft {
            first_name: text("Ann"),
            last_name: text("SMITH"),
            gender: text("woman"),
            date_of_birth: NaiveDate::from_ymd_opt(1990, 5, 17),
            info: Text::read(&" Likes\tmovies \u{a0}".into()).ok(),
            avatar: None,
        }
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 27).expect("it is a day")
    }

    /// Returns the only fault, or null.
    fn shown<T>(outcome: Result<T, Error>) -> Value {
        match outcome {
            Err(Error::Invalid(faults)) if faults.len() == 1 => json!(faults[0]),
            Err(error) => panic!("{error:?}"),
            Ok(_) => Value::Null,
        }
    }

    fn fault_of(change: impl FnOnce(&mut NewProfileDraft)) -> Value {
        let mut draft = draft();
        change(&mut draft);
        shown(Fields::of_texts(&draft, today()))
    }

    #[test]
    fn valid_fields_are_normalized() {
        let fields = Fields::of_texts(&draft(), today()).expect("they are valid");
        assert_eq!(fields.first_name.as_deref(), Some("ann"));
        assert_eq!(fields.last_name.as_deref(), Some("smith"));
        assert_eq!(fields.gender, Some(Gender::Woman));
        assert_eq!(fields.info.as_deref(), Some("Likes\tmovies"));
    }

    #[test]
    fn first_fault_is_reported_alone() {
        let fault = fault_of(|draft| {
            draft.last_name = Some(Unchecked("Smith2".into()));
            draft.gender = Some(Unchecked("x".into()));
        });
        let message = "Smith2 contains non-english letters";
        assert_eq!(
            fault,
            json!({"type": "value_error", "loc": ["last_name"], "msg": message, "input": "Smith2"})
        );
    }

    #[test]
    fn names_have_at_most_100_ascii_letters() {
        assert_eq!(fault_of(|draft| draft.first_name = Some(Unchecked("a".repeat(100)))), json!(null));
        for name in ["a".repeat(101), "Zoé".into(), "ann\0".into(), "Ann Lee".into()] {
            let fault = fault_of(|draft| draft.first_name = Some(Unchecked(name.clone())));
            let start: String = name.chars().take(100).collect();
            assert_eq!(fault["msg"], format!("{start} contains non-english letters"));
            assert_eq!(fault["input"], name);
        }
    }

    #[test]
    fn age_is_counted_in_years_of_365_days() {
        let of = |days| shown(of_age(today() - chrono::TimeDelta::days(days), today()))["msg"].take();
        let too_young = json!("You must be at least 18 years old to register.");
        assert_eq!([of(18 * 365), of(18 * 365 - 1), of(-400)], [json!(null), too_young.clone(), too_young]);
    }

    #[test]
    fn year_of_birth_is_1900_or_later() {
        let of = |year| of_age(NaiveDate::from_ymd_opt(year, 1, 1).expect("it is a day"), today());
        assert!(of(1900).is_ok());
        let fault = shown(of(1899));
        assert_eq!(fault["msg"], "Invalid birth date - year must be greater than 1900.");
        assert_eq!(fault["input"], "1899-01-01");
    }

    #[test]
    fn blank_info_is_rejected() {
        let fault = fault_of(|draft| draft.info = Text::read(&" \t\u{2003}".into()).ok());
        assert_eq!(fault["msg"], "Info field cannot be empty or contain only spaces.");
    }
}
