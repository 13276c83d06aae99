//! Tables that are readable on a terminal and in a document.

/// A table with a head.
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// Builds a table with these columns.
    pub fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(|&cell| cell.to_owned()).collect()])
    }

    /// Adds a line.
    pub fn line(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }

    /// Prints the table, unless it is empty.
    pub fn print(&self, title: &str) {
        if self.0.len() < 2 {
            return;
        }
        let columns = self.0[0].len();
        let width = |column: usize| {
            self.0.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0).max(3)).collect();
        println!("\n{title}\n");
        for (number, line) in self.0.iter().enumerate() {
            let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
            if number == 0 {
                let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
                println!("| {} |", rules.join(" | "));
            }
        }
    }
}
