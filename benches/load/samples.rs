//! What was measured in all rounds, and how the servers compare within a round.

use crate::options::Part;
use crate::stats::Spread;
use crate::wrk::Measured;

/// Which server was driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    /// The bare HTTP server, with the requests of the case.
    Ceiling,
    /// Ten rules.
    Small,
    /// Very many rules and users.
    Large,
    /// Ten rules in PostgreSQL.
    Postgres,
    /// Ten rules, while another client guesses passwords.
    Guessed,
}

/// Everything that was driven.
#[derive(Default)]
pub struct Samples(Vec<(Part, On, Measured)>);

impl Samples {
    /// Adds the next round of a case.
    pub fn push(&mut self, case: Part, on: On, measured: Measured) {
        let Measured { rate, p50, p99, errors, .. } = measured;
        eprintln!("{case:?} {on:?}: {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms, {errors} errors");
        self.0.push((case, on, measured));
    }

    /// The rounds of a case, in order.
    pub fn of(&self, case: Part, on: On) -> impl Iterator<Item = &Measured> {
        self.0.iter().filter(move |sample| (sample.0, sample.1) == (case, on)).map(|sample| &sample.2)
    }

    fn compared(&self, case: Part, on: On, with: On, figure: impl Fn(&Measured) -> f64) -> Option<Spread> {
        let pairs = self.of(case, on).zip(self.of(case, with));
        Spread::of(pairs.map(|(one, other)| figure(one) / figure(other)))
    }

    /// Tokens a second, as a part of what another server did in the same round.
    pub fn rate(&self, case: Part, on: On, with: On) -> Option<Spread> {
        self.compared(case, on, with, |measured| measured.rate)
    }

    /// p99/p50, as a multiple of that of the ceiling in the same round.
    pub fn tail(&self, case: Part, on: On) -> Option<Spread> {
        self.compared(case, on, On::Ceiling, |measured| measured.p99 / measured.p50)
    }
}
