//! The results of a run, as tables.

use crate::case::{CASES, title};
use crate::change::Changes;
use crate::goals::Goals;
use crate::guesses::{Guesses, RATE};
use crate::options::Part;
use crate::samples::{On, Samples};
use crate::state::{OWN_RULES, State};
use crate::stats::{Spread, thousands};
use crate::table::Table;
use std::time::Duration;

const MIB: f64 = 1024.0 * 1024.0;
/// The memory that one password hash in progress may take, in MiB.
const HASH: f64 = 19.0;

/// The start of a server with one state.
pub struct Start {
    /// The name of the prepared database, for tables.
    pub title: String,
    /// The content of the database.
    pub state: State,
    /// The times until the server was ready.
    pub ready: Vec<Duration>,
    /// The resident memory at rest, in bytes.
    pub memory: Vec<u64>,
}

/// All results of a run.
#[derive(Default)]
pub struct Report {
    /// The load of the machine before the run.
    pub load_before: String,
    /// The load of the machine after the run.
    pub load_after: String,
    /// The name of the large state.
    pub large: String,
    /// The start-up times and the memory at rest with ten rules, the middle state and the large state.
    pub starts: Vec<Start>,
    /// All measured values.
    pub samples: Samples,
    /// The memory of each server after all cases.
    pub memory_after: Vec<(On, u64)>,
    /// The changes of a rule in the large state.
    pub changes: Option<Changes>,
    /// The results of the guesses, one for each round.
    pub guesses: Vec<Guesses>,
}

fn text(spread: Option<Spread>, show: impl Fn(f64) -> String) -> String {
    let Some(Spread { median, min, max }) = spread else { return "-".to_owned() };
    format!("{} ({}-{})", show(median), show(min), show(max))
}

fn median(spread: Option<Spread>) -> Option<f64> {
    spread.map(|spread| spread.median)
}

fn ratio(value: f64) -> String {
    format!("{value:.3}")
}

fn milliseconds(value: f64) -> String {
    format!("{value:.2}")
}

impl Start {
    fn at_rest(&self) -> Option<f64> {
        median(Spread::of(self.memory.iter().map(|&bytes| bytes as f64)))
    }

    fn seconds(&self) -> Option<f64> {
        median(Spread::of_seconds(&self.ready))
    }
}

impl Report {
    fn name(&self, on: On) -> String {
        let small = format!("{OWN_RULES} rules");
        match on {
            On::Ceiling => "H, the bare HTTP server".to_owned(),
            On::Small => small,
            On::Large => self.large.clone(),
            On::Postgres => format!("{small}, PostgreSQL"),
            On::Guessed => format!("{small}, {RATE} wrong passwords/s"),
        }
    }

    fn rates(&self) -> Table {
        let head = [
            "case",
            "server",
            "tokens/s",
            "of H",
            "p50, ms",
            "p99, ms",
            "p99/p50 to that of H",
            "errors",
            "memory, MiB",
        ];
        let mut table = Table::new(&head);
        for case in CASES.into_iter().chain([Part::Guesses]) {
            for on in [On::Ceiling, On::Small, On::Large, On::Postgres, On::Guessed] {
                let of = || self.samples.of(case, on);
                let Some(rate) = Spread::of(of().map(|run| run.rate)) else { continue };
                table.line([
                    title(case).to_owned(),
                    self.name(on),
                    text(Some(rate), thousands),
                    median(self.samples.rate(case, on, On::Ceiling)).map_or("-".to_owned(), ratio),
                    median(Spread::of(of().map(|run| run.p50))).map_or("-".to_owned(), milliseconds),
                    median(Spread::of(of().map(|run| run.p99))).map_or("-".to_owned(), milliseconds),
                    median(self.samples.tail(case, on)).map_or("-".to_owned(), |tail| format!("{tail:.2}")),
                    of().map(|run| run.errors).sum::<u64>().to_string(),
                    of().last().map_or("-".to_owned(), |run| format!("{:.1}", run.memory as f64 / MIB)),
                ]);
            }
        }
        table
    }

    fn comparisons(&self) -> Table {
        let small = format!("{OWN_RULES} rules");
        let mut table =
            Table::new(&["case", &format!("{} to {small}", self.large), "PostgreSQL to SQLite, warm"]);
        for case in CASES.into_iter().filter(|&case| self.samples.of(case, On::Small).next().is_some()) {
            let to_small = |on| text(self.samples.rate(case, on, On::Small), ratio);
            table.line([title(case).to_owned(), to_small(On::Large), to_small(On::Postgres)]);
        }
        table
    }

    fn state_table(&self) -> Table {
        let mut table = Table::new(&["state", "ready after, s", "memory at rest after a restart, MiB"]);
        for start in &self.starts {
            let ready = text(Spread::of_seconds(&start.ready), |seconds| format!("{seconds:.3}"));
            let memory = Spread::of(start.memory.iter().map(|&bytes| bytes as f64 / MIB));
            table.line([start.title.clone(), ready, text(memory, |mib| format!("{mib:.1}"))]);
        }
        table
    }

    fn bytes_a_rule(&self) -> Option<f64> {
        let [small, .., large] = &self.starts[..] else { return None };
        Some((large.at_rest()? - small.at_rest()?) / f64::from(large.state.rules.max(1)))
    }

    fn after(&self, wanted: On) -> Option<f64> {
        self.memory_after.iter().find(|(on, _)| *on == wanted).map(|(_, bytes)| *bytes as f64)
    }

    fn goals(&self) -> Goals {
        let mut goals = Goals::default();
        let samples = &self.samples;
        for case in CASES {
            let least = if case == Part::Anonymous { 0.33 } else { 0.30 };
            let figure = median(samples.rate(case, On::Small, On::Ceiling));
            goals.at_least(&format!("{}, part of H", title(case)), least, figure, "");
        }
        for case in CASES {
            let figure = median(samples.rate(case, On::Large, On::Small));
            let what = format!("{}: {} to {OWN_RULES} rules", title(case), self.large);
            goals.at_least(&what, 0.90, figure, "");
        }
        let figure = median(samples.rate(Part::Guesses, On::Guessed, On::Small));
        goals.at_least(&format!("access keys, {RATE} wrong passwords/s to none"), 0.50, figure, "");
        let errors = samples.of(Part::Guesses, On::Guessed).map(|run| run.errors as f64);
        let errors = errors.reduce(|sum, errors| sum + errors);
        goals.at_most("access keys while others guess: errors", 0.0, errors, "count");
        for case in CASES {
            let figure = median(samples.rate(case, On::Postgres, On::Small));
            goals.at_least(&format!("{}: PostgreSQL to SQLite", title(case)), 0.95, figure, "");
        }
        for case in CASES {
            let figure = median(samples.tail(case, On::Small));
            goals.at_most(&format!("{}: p99/p50 to that of H", title(case)), 3.0, figure, "");
        }
        self.state_goals(&mut goals);
        goals
    }

    fn state_goals(&self, goals: &mut Goals) {
        let small = self.starts.first();
        let what = format!("memory, {OWN_RULES} rules, before any password");
        goals.at_most(&what, 30.0, small.and_then(Start::at_rest).map(|bytes| bytes / 1e6), "MB");
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // 30 MB, and the memory of the password hashes that run at the same time: one for every two cores.
        let after = 30.0 + (cores / 2).max(1) as f64 * HASH * MIB / 1e6;
        let what = format!("memory, {OWN_RULES} rules, after all cases");
        let hashed = [Part::Password, Part::Guesses].into_iter();
        let hashed = hashed.map(|case| self.samples.of(case, On::Small).count()).sum::<usize>() > 0;
        let figure = self.after(On::Small).filter(|_| hashed).map(|bytes| bytes / 1e6);
        goals.at_most(&what, after, figure, "MB");
        if let [_, middle, large] = &self.starts[..] {
            goals.at_most(&format!("bytes a rule, {}", large.title), 600.0, self.bytes_a_rule(), "bytes");
            goals.at_most(&format!("ready, {}", middle.title), 1.0, middle.seconds(), "s");
            goals.at_most(&format!("ready, {}", large.title), 5.0, large.seconds(), "s");
        }
        let Some(changes) = &self.changes else { return };
        let figure = median(Spread::of_seconds(&changes.answered)).map(|seconds| seconds * 1e3);
        goals.at_most(&format!("change of a rule in force, {}", self.large), 20.0, figure, "ms");
        goals.at_most("tokens that did not obey the change", 0.0, Some(changes.disobeyed() as f64), "count");
    }

    /// Prints all tables.
    pub fn print(&self) {
        println!("\nLoad of the machine before the run: {}; after it: {}", self.load_before, self.load_after);
        self.rates().print("Tokens a second, median (min-max); `of H` within the same round");
        self.comparisons().print("Ratios of tokens a second within the same round, median (min-max)");
        self.state_table().print("Start-up and memory");
        for (on, bytes) in &self.memory_after {
            println!("\nmemory after all cases, {}: {:.1} MiB", self.name(*on), *bytes as f64 / MIB);
        }
        if let Some(changes) = &self.changes {
            let spread = Spread::of_seconds(&changes.answered);
            let spread = text(spread, |seconds| milliseconds(seconds * 1e3));
            let (obeyed, times) = (changes.obeyed, changes.answered.len());
            println!("\nchange of a rule, {}: {spread} ms; {obeyed} of {times} obeyed at once", self.large);
        }
        for guesses in &self.guesses {
            println!("\nwrong passwords: {}", guesses.in_words());
        }
        self.goals().print();
    }
}
