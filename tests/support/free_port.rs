//! Ports that only the tests choose.

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU16, Ordering},
};

use tokio::net::TcpListener;

/// Listens on a port below those that the system gives to servers and to connections. So none of them takes it when it is
/// free for a moment.
pub async fn listen() -> TcpListener {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let offset = std::process::id() as u16 ^ NEXT.fetch_add(1, Ordering::Relaxed);
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, 12_000 + offset % 8_000)).await {
            return listener;
        }
    }
}
