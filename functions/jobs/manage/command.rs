//! Reads the command of an event.

use shared::{
    JobError,
    json::{Json, Members},
    models::{
        EmailAddress, Group,
        administration::{AccountChange, EventQuery, UserQuery},
    },
    validation::{Fault, Field, FromObject, Object},
};

use crate::{adopt, curate::List, import};

/// A command with its arguments.
pub enum Command {
    /// Applies the migrations.
    Migrate,
    /// Indexes the movies that the search does not find yet.
    IndexSearch,
    /// Imports a catalogue in CSV.
    Import {
        /// The catalogue.
        source: import::Source,
        /// Whether an invalid row makes the import fail.
        strict: bool,
        /// Whether to store nothing.
        dry_run: bool,
    },
    /// Renames a genre, actor, language or country.
    Rename {
        /// The list of the entry.
        list: List,
        /// The name of the entry, or the code of a country.
        from: String,
        /// The new name or code.
        to: String,
    },
    /// Merges two entries of a list into one.
    Merge {
        /// The list of both.
        list: List,
        /// The name or code of the entry to delete.
        from: String,
        /// The name or code of the entry to keep.
        into: String,
    },
    /// Deletes the entries without movies.
    RemoveUnused {
        /// The list; `None` for all lists.
        list: Option<List>,
    },
    /// Takes over a database of the original service.
    Adopt {
        /// The database.
        source: adopt::Source,
        /// How to take it over.
        options: adopt::Options,
    },
    /// Lists accounts.
    Users {
        /// Which ones.
        query: UserQuery,
    },
    /// Lists the audit trail.
    Events {
        /// Which part of it.
        query: EventQuery,
    },
    /// Puts a user into a group, or disables or enables the account: `grant`, `disable` and `enable`.
    ChangeAccount {
        /// Which of the three.
        name: &'static str,
        /// The account's address.
        email: EmailAddress,
        /// What changes.
        change: AccountChange,
    },
    /// Ends the sessions of an account.
    EndSessions {
        /// The account's address.
        email: EmailAddress,
    },
    /// Deletes an account.
    Delete {
        /// The account's address.
        email: EmailAddress,
    },
    /// Allows mail to a suppressed address again.
    AllowMail {
        /// The address.
        email: EmailAddress,
    },
    /// Replaces the database passwords of the other functions.
    Rotate,
    /// Reports the schema's version and the number of rows.
    Status,
}

const COMMANDS: &str = "The commands are: migrate, index-search, import, adopt, rename, merge, remove-unused, users, \
    events, grant, disable, enable, end-sessions, delete, allow-mail, rotate, status.";

impl Command {
    /// Reads an event. The error names what is wrong and what is allowed.
    pub fn parse(event: Json<'_>) -> Result<Self, JobError> {
        let Json::Object(arguments) = event else {
            return Err(invalid(format!("The event must be an object with a \"command\". {COMMANDS}")));
        };
        let mut arguments = Arguments(arguments);
        let name = match arguments.take("command") {
            Some(Json::String(name)) => name,
            Some(other) => {
                return Err(invalid(format!("\"command\" must be a string, not {other}. {COMMANDS}")));
            }
            None => return Err(invalid(format!("\"command\" is missing. {COMMANDS}"))),
        };
        let (command, allowed) = match &*name.replace('_', "-") {
            "migrate" => (Self::Migrate, "no arguments"),
            "index-search" => (Self::IndexSearch, "no arguments"),
            "import" => (
                Self::Import {
                    source: arguments.source()?,
                    strict: arguments.flag("strict")?,
                    dry_run: arguments.flag("dry_run")?,
                },
                "\"source\", \"strict\" and \"dry_run\"",
            ),
            "adopt" => (
                Self::Adopt {
                    source: arguments.original()?,
                    options: adopt::Options {
                        remove: arguments.flag("remove")?,
                        dry_run: arguments.flag("dry_run")?,
                    },
                },
                "\"source\", \"remove\" and \"dry_run\"",
            ),
            "rename" => {
                let list = arguments.list()?;
                let (from, to) = (arguments.name("from", list)?, arguments.name("to", list)?);
                (Self::Rename { list, from, to }, "\"list\", \"from\" and \"to\"")
            }
            "merge" => {
                let list = arguments.list()?;
                let (from, into) = (arguments.name("from", list)?, arguments.name("into", list)?);
                (Self::Merge { list, from, into }, "\"list\", \"from\" and \"into\"")
            }
            "remove-unused" => {
                let list = if arguments.0.contains_key("list") { Some(arguments.list()?) } else { None };
                (Self::RemoveUnused { list }, "\"list\"")
            }
            "users" => (
                Self::Users { query: arguments.model()? },
                "\"q\", \"group\", \"state\", \"page\" and \"per_page\"",
            ),
            "events" => {
                (Self::Events { query: arguments.model()? }, "\"user_id\", \"page\" and \"per_page\"")
            }
            "grant" => {
                let email = arguments.email()?;
                let change = AccountChange { group: Some(arguments.group()?), is_disabled: None };
                (Self::ChangeAccount { name: "grant", email, change }, "\"email\" and \"group\"")
            }
            "disable" => (arguments.disabling("disable", true)?, "\"email\""),
            "enable" => (arguments.disabling("enable", false)?, "\"email\""),
            "end-sessions" => (Self::EndSessions { email: arguments.email()? }, "\"email\""),
            "delete" => (Self::Delete { email: arguments.email()? }, "\"email\""),
            "allow-mail" => (Self::AllowMail { email: arguments.email()? }, "\"email\""),
            "rotate" => (Self::Rotate, "no arguments"),
            "status" => (Self::Status, "no arguments"),
            _ => return Err(invalid(format!("Unknown command {name:?}. {COMMANDS}"))),
        };
        arguments.finish(&name, allowed)?;
        Ok(command)
    }
}

/// The arguments that have not been read yet.
struct Arguments<'a>(Members<'a>);

impl<'a> Arguments<'a> {
    fn take(&mut self, name: &str) -> Option<Json<'a>> {
        self.0.shift_remove(name)
    }

    fn source(&mut self) -> Result<import::Source, JobError> {
        let source = self.take("source").unwrap_or_else(|| "seed".into());
        source.as_str().and_then(import::Source::parse).ok_or_else(|| {
            invalid(format!(
                "\"source\" must be \"seed\", the absolute path of a file or \"s3://bucket/key\", not {source}."
            ))
        })
    }

    fn original(&mut self) -> Result<adopt::Source, JobError> {
        let Some(source) = self.take("source") else { return Ok(adopt::Source::Secret) };
        // The message is logged, and a URL can contain a password.
        source
            .as_str()
            .and_then(adopt::Source::parse)
            .ok_or_else(|| invalid("\"source\" must be a URL that starts with postgres://.".into()))
    }

    fn flag(&mut self, name: &str) -> Result<bool, JobError> {
        match self.take(name) {
            None => Ok(false),
            Some(Json::Bool(flag)) => Ok(flag),
            Some(other) => Err(invalid(format!("\"{name}\" must be true or false, not {other}."))),
        }
    }

    fn list(&mut self) -> Result<List, JobError> {
        let list = self.take("list").unwrap_or_default();
        List::ALL.into_iter().find(|one| list.as_str() == Some(one.name())).ok_or_else(|| {
            invalid(format!(
                "\"list\" must be \"genres\", \"actors\", \"languages\" or \"countries\", not {list}."
            ))
        })
    }

    fn name(&mut self, argument: &str, list: List) -> Result<String, JobError> {
        let name = self.take(argument).unwrap_or_default();
        let rule = match list {
            List::Countries => "a code of two or three letters",
            _ => "a name of 1 to 255 characters",
        };
        list.read_name(&name).ok_or_else(|| invalid(format!("\"{argument}\" must be {rule}, not {name}.")))
    }

    fn email(&mut self) -> Result<EmailAddress, JobError> {
        let email = self.take("email").unwrap_or_default();
        // The message is logged, so it does not contain the address.
        EmailAddress::read(&email).map_err(|_| invalid("\"email\" must be an email address.".into()))
    }

    fn group(&mut self) -> Result<Group, JobError> {
        let group = self.take("group").unwrap_or_default();
        group.as_str().and_then(Group::parse).ok_or_else(|| {
            invalid(format!("\"group\" must be \"user\", \"moderator\" or \"admin\", not {group}."))
        })
    }

    fn disabling(&mut self, name: &'static str, is_disabled: bool) -> Result<Command, JobError> {
        let change = AccountChange { group: None, is_disabled: Some(is_disabled) };
        Ok(Command::ChangeAccount { name, email: self.email()?, change })
    }

    /// Reads a model as the API does. The message is logged, so it does not contain the values.
    fn model<M: FromObject>(&mut self) -> Result<M, JobError> {
        let sent = M::FIELDS.iter().filter_map(|&name| Some((name.into(), self.take(name)?)));
        let object = Json::Object(Members::from_iter(sent));
        M::from_object(Object::new("event", &object)).map_err(|faults| {
            let sentence = |fault: &Fault| {
                format!("\"{}\" is invalid: {}.", fault.field().unwrap_or_default(), fault.message())
            };
            invalid(faults.first().map(sentence).unwrap_or_default())
        })
    }

    fn finish(self, command: &str, allowed: &str) -> Result<(), JobError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(invalid(format!("Unknown argument {name:?}: {command:?} takes {allowed}."))),
        }
    }
}

fn invalid(sentence: String) -> JobError {
    JobError::InvalidEvent(sentence)
}
