//! Runs PostgreSQL from a wheel for tests, queries and `make dev`, because the wheel's supervisor is unsafe for them.
//!
//! That supervisor (`get_server`), run by root, makes every folder above the data readable to all users; it sets no
//! password, and the server keeps running if its parent is killed.

use std::{env, fs, fs::File, io::Seek, ops::Range, path::Path, time::Duration};

use rustix::fs::{Access, access, statvfs};

use crate::{
    child::Child,
    cluster::{Cluster, text},
    interrupt,
    problem::{About, Problem, Result},
};

/// Data need not survive a test run, so nothing is flushed. Each test has its own connections, and the benchmark of
/// bursts one for each concurrent request.
const THROWAWAY: [&str; 6] = [
    "--fsync=off",
    "--synchronous_commit=off",
    "--full_page_writes=off",
    "--wal_level=minimal",
    "--max_wal_senders=0",
    "--max_connections=800",
];
/// Below the ports that Linux uses for outgoing connections.
pub(crate) const PORTS: Range<u16> = 20000..32768;
/// How many random ports to try.
const ATTEMPTS: usize = 20;

/// A running server, which stops when this value is dropped.
pub struct Server {
    process: Child,
    /// The port on 127.0.0.1.
    pub port: u16,
}

impl Server {
    /// Starts the server of a cluster on `port` if that is free, else on a random one, and waits until it is ready. `log`
    /// is a file for its messages. Fails with them.
    pub fn start(cluster: &Cluster, log: &mut File, port: Option<u16>) -> Result<Self> {
        let signals = if cluster.is_temporary { "QUIT KILL" } else { "INT QUIT KILL" };
        let ports = port.into_iter().chain((0..ATTEMPTS).map(|_| fastrand::u16(PORTS)));
        let mut messages = String::new();
        for port in ports {
            log.set_len(0).and_then(|()| log.rewind()).about("the log of PostgreSQL")?;
            let mut command = cluster.command("postgres");
            command.arg(format!("--port={port}"));
            command.args(["--listen_addresses=127.0.0.1", "--unix_socket_directories="]);
            command.args(if cluster.is_temporary { &THROWAWAY[..] } else { &[] });
            let output = [log.try_clone(), log.try_clone()];
            let [stdout, stderr] = output.map(|file| file.about("the log of PostgreSQL"));
            command.stdout(stdout?).stderr(stderr?);
            let mut process = cluster.start(&mut command, signals, 20)?;
            while process.ended()?.is_none() {
                if is_ready(&cluster.data, process.id()) {
                    return Ok(Self { process, port });
                }
                interrupt::pause(Duration::from_millis(10))?;
            }
            messages = text(log).about("the log of PostgreSQL")?;
            if !messages.contains("Address already in use") {
                break;
            }
        }
        let data = cluster.data.display();
        Err(Problem::new(format!("PostgreSQL did not start in {data}:\n{messages}")))
    }

    /// Returns whether it has ended by itself. Fails if its status is not available.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.process.ended()?.is_some())
    }
}

fn is_ready(data: &Path, id: u32) -> bool {
    let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut words = status.split_whitespace();
    words.next() == Some(&id.to_string()) && words.next_back() == Some("ready")
}

/// A throwaway server with its data, which are deleted when this value is dropped.
pub struct Temporary {
    /// The URL of the superuser.
    pub url: String,
    _server: Server,
    // Dropped after the server.
    _cluster: Cluster,
}

impl Temporary {
    /// Starts a server on an empty cluster. Fails with its messages.
    pub fn start() -> Result<Self> {
        // Tests are slower if their data are not in memory.
        let memory = Path::new("/dev/shm");
        let is_roomy = access(memory, Access::WRITE_OK).is_ok()
            && statvfs(memory).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) > 4 << 30);
        let parent = if is_roomy { memory.to_owned() } else { env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("movie-theater-").tempdir_in(&parent).about(&parent)?;
        let cluster = Cluster::new(&folder.keep(), true)?;
        cluster.create(None)?;
        let mut log = tempfile::tempfile().about("a temporary file")?;
        let server = Server::start(&cluster, &mut log, None)?;
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
        Ok(Self { url, _server: server, _cluster: cluster })
    }
}
