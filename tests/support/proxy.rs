//! A proxy in front of PostgreSQL that records the statements of a function and counts its round trips
//! ([PostgreSQL manual, chapter 54](https://www.postgresql.org/docs/18/protocol.html)).

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::statement::Statement;

/// The code of a request for TLS, instead of a protocol version.
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// The traffic since the last call of [`Proxy::take`].
#[derive(Clone, Default)]
pub struct Traffic {
    /// How often the client waited for the server: the number of messages Sync and Query. A Sync without anything before
    /// it does not count, because it tests a connection that was idle for a second.
    pub round_trips: usize,
    /// The executed statements, in order.
    pub statements: Vec<Statement>,
}

/// A running proxy. It stops with the process.
pub struct Proxy {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    traffic: Traffic,
}

impl Proxy {
    /// Starts a proxy in front of the server at `host` and `port`.
    pub fn start(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let seen = Arc::<Mutex<Seen>>::default();
        let proxy = Self {
            port: listener.local_addr().expect("a bound listener has an address").port(),
            seen: Arc::clone(&seen),
        };
        let server = (host.to_owned(), port);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let (server, seen) = (server.clone(), Arc::clone(&seen));
                lock(&seen).connections += 1;
                thread::spawn(move || {
                    let server = TcpStream::connect(server).expect("PostgreSQL takes connections");
                    // Either side may close at any time.
                    let _ = carry(&client, &server, &seen);
                    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
                });
            }
        });
        proxy
    }

    /// Returns its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        lock(&self.seen).connections
    }

    /// Returns the traffic since the last call. It includes every request that has its response, because a client reads
    /// the result of a statement before it sends anything else.
    pub fn take(&self) -> Traffic {
        std::mem::take(&mut lock(&self.seen).traffic)
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forwards one connection until it closes.
fn carry(client: &TcpStream, server: &TcpStream, seen: &Mutex<Seen>) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut answers, mut replies) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut replies);
        let _ = replies.shutdown(Shutdown::Both);
    });
    let (mut client, mut reply, mut server) = (BufReader::new(client), client, server);
    loop {
        let first = message(&mut client, Vec::new())?;
        let code = u32::from_be_bytes(first[4..8].try_into().expect("four bytes"));
        if code != SSL_REQUEST && code != GSS_REQUEST {
            server.write_all(&first)?;
            break;
        }
        // The proxy could not read encrypted traffic.
        reply.write_all(b"N")?;
    }
    let (mut prepared, mut asked) = (HashMap::new(), false);
    loop {
        let mut kind = vec![0];
        client.read_exact(&mut kind)?;
        let message = message(&mut client, kind)?;
        let is_sync = message[0] == b'S';
        let mut seen = lock(seen);
        note(&message, &mut prepared, &mut seen.traffic);
        seen.traffic.round_trips += usize::from(is_sync && asked);
        drop(seen);
        asked = !is_sync;
        server.write_all(&message)?;
    }
}

/// Reads a message's length and the rest after its `start`, and returns the whole message.
fn message(stream: &mut impl Read, start: Vec<u8>) -> io::Result<Vec<u8>> {
    let (mut message, mut length) = (start, [0; 4]);
    stream.read_exact(&mut length)?;
    message.extend(length);
    let rest = u64::from(u32::from_be_bytes(length)).saturating_sub(4);
    stream.take(rest).read_to_end(&mut message)?;
    Ok(message)
}

/// The statements of a connection, by name, with the types of their parameters.
type Prepared = HashMap<String, (String, Vec<u32>)>;

fn note(message: &[u8], prepared: &mut Prepared, traffic: &mut Traffic) {
    let mut fields = Fields(&message[5..]);
    match message[0] {
        b'P' => {
            let (name, sql) = (fields.text(), fields.text());
            let types = (0..fields.short()).map(|_| fields.int()).collect();
            prepared.insert(name, (sql, types));
        }
        b'B' => {
            let (_portal, name) = (fields.text(), fields.text());
            let (sql, types) = prepared.get(&name).cloned().expect("what is bound was parsed before");
            let formats = fields.short();
            fields.bytes(usize::from(formats) * 2);
            let values: Vec<_> = (0..fields.short()).map(|_| fields.value()).collect();
            let parameters = Some(types.into_iter().zip(values).collect());
            traffic.statements.push(Statement { sql, parameters, is_prepared: !name.is_empty() });
        }
        b'Q' => {
            traffic.round_trips += 1;
            let sql = fields.text();
            traffic.statements.push(Statement { sql, parameters: None, is_prepared: false });
        }
        _ => {}
    }
}

/// The unread rest of a message.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count);
        self.0 = rest;
        bytes
    }

    fn short(&mut self) -> u16 {
        u16::from_be_bytes(self.bytes(2).try_into().expect("two bytes"))
    }

    fn int(&mut self) -> u32 {
        u32::from_be_bytes(self.bytes(4).try_into().expect("four bytes"))
    }

    /// Reads a text that ends with a zero.
    fn text(&mut self) -> String {
        let length = self.0.iter().position(|byte| *byte == 0).expect("a text has an end");
        let text = String::from_utf8_lossy(self.bytes(length)).into_owned();
        self.bytes(1);
        text
    }

    /// Reads a value after its length; a length of -1 means null.
    fn value(&mut self) -> Option<Vec<u8>> {
        let length = i32::from_be_bytes(self.bytes(4).try_into().expect("four bytes"));
        usize::try_from(length).ok().map(|length| self.bytes(length).to_vec())
    }
}
