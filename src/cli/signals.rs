//! SIGINT and SIGTERM: the first asks the work to stop where it can go on later, the second ends
//! the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::output;
use crate::engine::interrupt::{Interrupt, Interrupter, interrupt};

/// Which signal came first: nothing yet, SIGINT or SIGTERM.
static FIRST: AtomicU8 = AtomicU8::new(NONE);
const NONE: u8 = 0;
const INTERRUPTED: u8 = 1;
const TERMINATED: u8 = 2;

/// Starts to listen; the flag is for blocking work, the interrupt for everything else.
///
/// The listener has a thread of its own: the main one may be held by an output nobody reads, and
/// must end all the same.
pub fn listen() -> (Interrupt, Arc<AtomicBool>) {
    let (interrupter, interrupt) = interrupt();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        match runtime {
            Ok(runtime) => runtime.block_on(obey(interrupter, flag)),
            Err(error) => tracing::warn!(%error, "signals cannot be caught"),
        }
    });
    (interrupt, stop)
}

/// The exit code of the signal that stopped the work.
pub fn exit() -> Exit {
    if FIRST.load(Ordering::SeqCst) == TERMINATED { Exit::Terminated } else { Exit::Interrupted }
}

async fn obey(interrupter: Interrupter, stop: Arc<AtomicBool>) {
    let (Ok(mut int), Ok(mut term)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::warn!("signals cannot be caught");
        return;
    };
    loop {
        let which = tokio::select! {
            _ = int.recv() => INTERRUPTED,
            _ = term.recv() => TERMINATED,
        };
        if FIRST.compare_exchange(NONE, which, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            end(which);
        }
        stop.store(true, Ordering::SeqCst);
        interrupter.raise();
        output::notice("stopping; once more to stop at once");
    }
}

#[expect(clippy::exit, clippy::disallowed_methods, reason = "a second signal ends the process")]
fn end(which: u8) -> ! {
    let exit = if which == TERMINATED { Exit::Terminated } else { Exit::Interrupted };
    std::process::exit(exit.code().into())
}
