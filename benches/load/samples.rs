//! The measured values of all rounds, and comparisons of the servers within a round.

use crate::options::Part;
use crate::stats::Spread;
use crate::wrk::Measured;

/// The measured server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// The bare HTTP server, with the requests of the case.
    Ceiling,
    /// The server with ten rules.
    Small,
    /// The server with very many rules and users.
    Large,
    /// The server with ten rules in PostgreSQL.
    Postgres,
    /// The server with ten rules, while another client guesses passwords.
    Guessed,
}

/// All measured values, by case and server.
#[derive(Default)]
pub struct Samples(Vec<(Part, On, Measured)>);

impl Samples {
    /// Adds the next round of a case.
    pub fn push(&mut self, case: Part, on: On, measured: Measured) {
        let Measured { rate, p50, p99, errors, .. } = measured;
        eprintln!("{case:?} {on:?}: {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms, {errors} errors");
        self.0.push((case, on, measured));
    }

    /// Returns the rounds of a case, in order.
    pub fn of(&self, case: Part, on: On) -> impl Iterator<Item = &Measured> {
        self.0.iter().filter(move |sample| (sample.0, sample.1) == (case, on)).map(|sample| &sample.2)
    }

    fn compared(&self, case: Part, on: On, with: On, figure: impl Fn(&Measured) -> f64) -> Option<Spread> {
        let pairs = self.of(case, on).zip(self.of(case, with));
        Spread::of(pairs.map(|(one, other)| figure(one) / figure(other)))
    }

    /// Returns the tokens a second, as a part of another server's rate in the same round.
    pub fn rate(&self, case: Part, on: On, with: On) -> Option<Spread> {
        self.compared(case, on, with, |measured| measured.rate)
    }

    /// Returns p99/p50, divided by the p99/p50 of the bare HTTP server in the same round.
    pub fn tail(&self, case: Part, on: On) -> Option<Spread> {
        self.compared(case, on, On::Ceiling, |measured| measured.p99 / measured.p50)
    }
}
