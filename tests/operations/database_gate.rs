//! A proxy to the database that can be cut.

use std::net::Ipv4Addr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

use crate::support::{App, free_port, poll};

/// A server that forwards connections to the database, and can be closed for a while.
pub struct DatabaseGate {
    target: (String, u16),
    /// Its port on this machine.
    pub port: u16,
    server: AbortHandle,
}

impl DatabaseGate {
    /// Starts one in front of the database of `app`.
    pub async fn of(app: &App) -> Self {
        let options = app.database().options();
        let target = (options.get_host().to_owned(), options.get_port());
        let listener = free_port::listen().await;
        let port = listener.local_addr().unwrap().port();
        Self { server: Self::serve(listener, target.clone()), target, port }
    }

    fn serve(listener: TcpListener, target: (String, u16)) -> AbortHandle {
        let serve = async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let mut server = TcpStream::connect(&target).await.unwrap();
                connections.spawn(async move { copy_bidirectional(&mut client, &mut server).await });
            }
        };
        tokio::spawn(serve).abort_handle()
    }

    /// Closes all connections and accepts no more.
    pub async fn close(&self) {
        self.server.abort();
        poll::until(async || TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err()).await;
    }

    /// Accepts connections again, on the same port.
    pub async fn reopen(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.unwrap();
        self.server = Self::serve(listener, self.target.clone());
    }
}

impl Drop for DatabaseGate {
    fn drop(&mut self) {
        self.server.abort();
    }
}
