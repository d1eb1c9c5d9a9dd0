//! Mail to users: the outbox that endpoints write to, the templates, and the transports.
//!
//! An endpoint inserts a row into `mail_outbox` in the transaction that causes the mail, and invokes the
//! function `send_mail` after the commit ([`Wake`]). That function also runs every minute, because an
//! invocation can fail.

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
