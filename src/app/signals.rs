//! Handles the signals that end the server. A separate thread does this, so that the process ends even if all
//! workers are busy.

use std::io;
use std::process::exit;
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot::{self, Receiver};
use tokio::time::sleep;

/// The time limit of a stop: requests have 25 seconds, and service managers wait for 30.
const LONGEST_STOP: Duration = Duration::from_secs(28);
/// The time that the log has to write its last line.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Starts to handle SIGTERM and SIGINT. The first signal resolves the returned receiver. A second signal, or
/// a stop that takes too long, ends the process at once.
pub(super) fn hear() -> io::Result<Receiver<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut signals = runtime.block_on(async { Signals::open() })?;
    let (tell, told) = oneshot::channel();
    let listener = thread::Builder::new().name("signals".to_owned());
    listener.spawn(move || {
        runtime.block_on(async {
            signals.next().await;
            let _ = tell.send(());
            let code = tokio::select! {
                () = signals.next() => 0,
                () = sleep(LONGEST_STOP) => {
                    tracing::error!("the stop takes too long: ending now, and unfinished work is lost");
                    sleep(LAST_WORDS).await;
                    1
                }
            };
            exit(code)
        })
    })?;
    Ok(told)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn open() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
