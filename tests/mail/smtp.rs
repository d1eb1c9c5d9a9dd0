//! A small SMTP server for tests.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};

/// A mail that reached the server, which may have rejected it.
#[derive(Clone)]
pub struct Received {
    /// The recipient's address.
    pub to: String,
    /// The mail itself.
    pub content: String,
}

type Respond = dyn Fn(Received) -> BoxFuture<'static, &'static str> + Send + Sync;
type Script = dyn Fn(&str) -> Option<&'static str> + Send + Sync;

/// The reply of a capable server to `EHLO`.
const EXTENSIONS: &str = "250-mail.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN";

/// The server. It stops when this value is dropped.
pub struct Smtp {
    /// Its `MAIL_URL`.
    pub url: String,
    inbox: Inbox,
    listening: AbortHandle,
}

/// The rules for replies.
#[derive(Clone)]
struct Behavior {
    script: Arc<Script>,
    respond: Arc<Respond>,
}

#[derive(Clone)]
struct Inbox {
    commands: Arc<Mutex<Vec<String>>>,
    received: Arc<Mutex<Vec<Received>>>,
    count: watch::Sender<usize>,
}

impl Smtp {
    /// Starts a server that replies to every mail with the result of `respond`, such as `250 OK`.
    pub async fn start(
        respond: impl Fn(Received) -> BoxFuture<'static, &'static str> + Send + Sync + 'static,
    ) -> Self {
        Self::with(Behavior { script: Arc::new(|_| None), respond: Arc::new(respond) }).await
    }

    /// Starts a server that accepts every mail, but replies to a command with the result of `script` for its
    /// line, if any; with `""` the server does not reply.
    pub async fn scripted(script: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        Self::with(Behavior { script: Arc::new(script), respond: Arc::new(|_| Box::pin(async { "250 OK" })) })
            .await
    }

    async fn with(behavior: Behavior) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("smtp://mailer:hush-hush@{}", listener.local_addr().unwrap());
        let inbox =
            Inbox { commands: Arc::default(), received: Arc::default(), count: watch::Sender::new(0) };
        let kept = inbox.clone();
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(converse(client, behavior.clone(), kept.clone()));
            }
        });
        Self { url, inbox, listening: listening.abort_handle() }
    }

    /// Starts a server that accepts every mail.
    pub async fn accepting() -> Self {
        Self::start(|_| Box::pin(async { "250 OK" })).await
    }

    /// Returns all mails that have arrived.
    pub fn received(&self) -> Vec<Received> {
        self.inbox.received.lock().unwrap().clone()
    }

    /// Returns all commands that have arrived, without line ends.
    pub fn commands(&self) -> Vec<String> {
        self.inbox.commands.lock().unwrap().clone()
    }

    /// Returns the recipients of all mails that have arrived, sorted.
    pub fn recipients(&self) -> Vec<String> {
        let mut recipients: Vec<_> = self.received().into_iter().map(|mail| mail.to).collect();
        recipients.sort();
        recipients
    }

    /// Returns a channel with the number of mails that have arrived.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.inbox.count.subscribe()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn converse(client: TcpStream, behavior: Behavior, inbox: Inbox) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let (mut to, mut line) = (String::new(), String::new());
    client.write_all(b"220 mail.example\r\n").await?;
    while client.read_line(&mut line).await? > 0 {
        inbox.commands.lock().unwrap().push(line.trim_end().to_owned());
        let scripted = (behavior.script)(line.trim_end());
        let answer = match line.split_at_checked(4).map_or(line.as_str(), |(verb, _)| verb) {
            _ if scripted.is_some() => scripted.unwrap_or_default(),
            "EHLO" => EXTENSIONS,
            "AUTH" => "235 OK",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                "250 OK"
            }
            "DATA" => {
                client.write_all(b"354 go on\r\n").await?;
                let mut content = String::new();
                while !content.ends_with("\r\n.\r\n") {
                    client.read_line(&mut content).await?;
                }
                let received = Received { to: to.clone(), content };
                inbox.received.lock().unwrap().push(received.clone());
                inbox.count.send_modify(|count| *count += 1);
                (behavior.respond)(received).await
            }
            "QUIT" => return client.write_all(b"221 bye\r\n").await,
            _ => "250 OK",
        };
        if !answer.is_empty() {
            client.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        line.clear();
    }
    Ok(())
}
