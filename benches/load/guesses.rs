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

/// The number of guesses in a second.
pub const RATE: u64 = 500;
/// The greatest number of guesses that wait for an answer.
const UNDER_WAY: usize = 4000;
/// The address of the guessing client. It differs from the address of the measured clients.
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The results of the guesses.
#[derive(Default)]
pub struct Guesses {
    /// The number of guesses that were sent in a second.
    pub rate: f64,
    /// The number of guesses that were not sent, because too many waited for an answer.
    pub held_back: u64,
    /// The number of answers by status; `none` stands for no answer.
    pub answers: BTreeMap<String, u64>,
}

/// A running client that guesses.
pub struct Guesser {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Guesses>,
}

impl Guesser {
    /// Starts the guesses. They alternate between a user with a password and a name that does not exist.
    pub fn start(server: &Server) -> Outcome<Self> {
        let builder = reqwest::Client::builder().no_proxy().local_address(ADDRESS);
        let client = builder.timeout(Duration::from_secs(20)).build()?;
        let url = server.url("/token?service=registry&scope=repository:team-0/app-0:pull,push");
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(guess(client, url, stopped)) })
    }

    /// Ends the guesses, and waits for the outstanding answers.
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

    /// Returns the answers as one line for people.
    pub fn in_words(&self) -> String {
        let answers: Vec<String> =
            self.answers.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        format!("{:.0}/s, {} held back, answers {}", self.rate, self.held_back, answers.join(", "))
    }
}
