//! Signals that end the server. A thread of its own hears them: whatever keeps the workers busy, the process ends.

use std::io;
use std::process::exit;
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot::{self, Receiver};
use tokio::time::sleep;

/// How long a stop may take: requests have 25 seconds, and service managers wait for 30.
const LONGEST_STOP: Duration = Duration::from_secs(28);
/// How long the log has for its last line.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Hears SIGTERM and SIGINT. The first one is passed on. A second one, or a stop that takes too long, ends the
/// process at once.
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
                    tracing::error!("the stop takes too long: ending with work under way, which is not stored");
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
