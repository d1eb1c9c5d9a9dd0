//! Mail to users: the outbox that endpoints write to, the letters, and the ways on which they leave.
//!
//! An endpoint inserts a row into `mail_outbox` in the transaction that is the mail's reason, and wakes the
//! function that sends ([`Wake`]) after the commit. That function also runs every minute, for wakes get lost.

mod message;
pub mod outbox;
mod send_error;
mod ses;
mod smtp;
mod smtp_login;
pub mod suppression;
mod template;
mod transport;
mod wake;

pub use outbox::{Mail, MailKind};
pub use send_error::{Cause, SendError};
pub use template::{MailTemplates, RenderedMail};
pub use transport::Mailer;
pub use wake::Wake;
