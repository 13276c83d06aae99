//! The table of the goals, with the difference by which a run misses each goal.

use crate::table::Table;

/// The lines of the table of goals.
pub struct Goals(Table);

fn number(value: f64, unit: &str) -> String {
    match unit {
        "" => format!("{value:.3}"),
        "s" => format!("{value:.2} s"),
        "count" => format!("{value:.0}"),
        unit => format!("{value:.1} {unit}"),
    }
}

impl Default for Goals {
    fn default() -> Self {
        Self(Table::new(&["to reach", "target", "figure", ""]))
    }
}

impl Goals {
    fn line(&mut self, what: &str, (bound, limit): (&str, f64), figure: Option<f64>, unit: &str, by: f64) {
        let Some(figure) = figure else { return };
        let verdict = if by > 0.0 { format!("short by {}", number(by, unit)) } else { "ok".to_owned() };
        let target = format!("{bound} {}", number(limit, unit));
        self.0.line([what.to_owned(), target, number(figure, unit), verdict]);
    }

    /// Adds a goal whose figure must be at least `limit`. Without a figure it adds no line.
    pub fn at_least(&mut self, what: &str, limit: f64, figure: Option<f64>, unit: &str) {
        let by = limit - figure.unwrap_or_default();
        self.line(what, ("at least", limit), figure, unit, by);
    }

    /// Adds a goal whose figure must be at most `limit`. Without a figure it adds no line.
    pub fn at_most(&mut self, what: &str, limit: f64, figure: Option<f64>, unit: &str) {
        let by = figure.unwrap_or_default() - limit;
        self.line(what, ("at most", limit), figure, unit, by);
    }

    /// Prints the table.
    pub fn print(&self) {
        self.0.print("To reach");
    }
}
