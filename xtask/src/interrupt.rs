//! Notes signals, so that a command stops its servers before it ends: all that waits checks for them.

use std::{
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::problem::{Problem, Result};

/// How often waiting looks for a signal.
const STEP: Duration = Duration::from_millis(100);

/// The last signal, or 0.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// Lets `check` and `pause` notice the signals that end a command. Fails if the system refuses the handlers.
pub fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_usize(signal, Arc::clone(&SIGNAL), signal as usize)?;
    }
    Ok(())
}

/// Fails with `Problem::Interrupted` once a signal has arrived.
pub fn check() -> Result {
    if SIGNAL.load(Ordering::SeqCst) == 0 { Ok(()) } else { Err(Problem::Interrupted) }
}

/// Forgets a Ctrl-C, which a program on the same terminal has handled.
pub fn forget_ctrl_c() {
    let _ = SIGNAL.compare_exchange(SIGINT as usize, 0, Ordering::SeqCst, Ordering::SeqCst);
}

/// Waits. Fails with `Problem::Interrupted` when a signal arrives.
pub fn pause(time: Duration) -> Result {
    let end = Instant::now() + time;
    loop {
        check()?;
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return Ok(()),
            left => thread::sleep(left.min(STEP)),
        }
    }
}
