//! A client that guesses passwords at a fixed rate, whatever the server answers.

use crate::Outcome;
use crate::process::Server;
use crate::state::{SUBJECTS, user};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

/// Guesses a second.
pub const RATE: u64 = 500;
/// So many wait for an answer at most.
const UNDER_WAY: usize = 4000;
/// It comes from another address than the clients that are measured.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// What became of the guesses.
#[derive(Default)]
pub struct Guesses {
    /// How many a second were sent.
    pub rate: f64,
    /// How many were not sent because too many waited for an answer.
    pub held_back: u64,
    /// Answers by status, or `none`.
    pub answers: BTreeMap<String, u64>,
}

/// A running client.
pub struct Guesser {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Guesses>,
}

impl Guesser {
    /// Starts guessing: in turn a user with a password, and a name that does not exist.
    pub fn start(server: &Server) -> Outcome<Self> {
        let builder = reqwest::Client::builder().no_proxy().local_address(ADDRESS);
        let client = builder.timeout(Duration::from_secs(20)).build()?;
        let url = server.url("/token?service=registry&scope=repository:team-0/app-0:pull,push");
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(guess(client, url, stopped)) })
    }

    /// Ends it, and waits for the answers that are due.
    pub async fn stop(self) -> Outcome<Guesses> {
        let _ = self.stop.send(());
        Ok(self.task.await?)
    }
}

async fn guess(client: reqwest::Client, url: String, mut stopped: oneshot::Receiver<()>) -> Guesses {
    let mut guesses = Guesses::default();
    let mut clock = interval(Duration::from_micros(1_000_000 / RATE));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut under_way, mut sent, began) = (JoinSet::new(), 0_usize, Instant::now());
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(answer) = under_way.join_next() => guesses.count(answer),
            _ = clock.tick() => {
                if under_way.len() >= UNDER_WAY {
                    guesses.held_back += 1;
                    continue;
                }
                sent += 1;
                let name = if sent % 2 == 0 { user(sent / 2 % SUBJECTS) } else { format!("nobody-{sent}") };
                let request = client.get(&url).basic_auth(name, Some(format!("wrong guess number {sent}")));
                under_way.spawn(async { request.send().await.map(|answer| answer.status().as_u16()) });
            }
        }
    }
    guesses.rate = sent as f64 / began.elapsed().as_secs_f64();
    while let Some(answer) = under_way.join_next().await {
        guesses.count(answer);
    }
    guesses
}

impl Guesses {
    fn count(&mut self, answer: Result<reqwest::Result<u16>, tokio::task::JoinError>) {
        let answer = match answer {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(_)) | Err(_) => "none".to_owned(),
        };
        *self.answers.entry(answer).or_default() += 1;
    }

    /// The answers in one line.
    pub fn in_words(&self) -> String {
        let answers: Vec<String> =
            self.answers.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        format!("{:.0}/s, {} held back, answers {}", self.rate, self.held_back, answers.join(", "))
    }
}
