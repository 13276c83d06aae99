//! Reads a whole registry: the catalogue page by page, and the tags of each repository. At the end, finds the tags and
//! repositories that are gone.

use super::error::{CrawlError, Right};
use super::pass::Passes;
use super::visit::{MOST_BARREN, MOST_FAILURES, PORTION, Visit};
use crate::causes::causes;
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::time::Timestamp;
use crate::domain::verifier::Profile;
use crate::storage::events::CrawlWrites;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

/// The greatest number of repositories that a crawl reads.
const MOST_REPOSITORIES: i64 = 1_000_000;
/// The greatest number of repositories that one token names.
const TOGETHER: usize = 8;
/// The greatest total length of the names in one token, in bytes. This limit keeps the token's header below the limits
/// of proxies.
const TOGETHER_BYTES: usize = 1000;

impl<N: Fn() -> Timestamp> Visit<'_, '_, N> {
    /// Reads the registry from the cursor to the end, and writes its repositories and tags to the inventory.
    pub(super) async fn run(&mut self) -> Result<(), CrawlError> {
        let mut pass = self.passes.issue(&self.catalogue_scopes(), self.turn.now()).await?;
        if !pass.is_complete() {
            return Err(self.no_right(Right::Catalogue));
        }
        let mut next = Some(self.row.cursor.clone()).filter(|cursor| !cursor.is_empty());
        let (mut seen, mut barren) = (HashSet::new(), 0);
        loop {
            self.step().await?;
            self.passes.renew(&mut pass, self.turn.now()).await?;
            let page = self.registry.catalogue(next.as_deref(), pass.token()).await?;
            if page.is_cut {
                let (what, fault) = ("the request for the catalogue", "a page that is too long");
                return Err(CrawlError::Answer { what, fault });
            }
            let names = self.usable(page.entries);
            let new = names.iter().filter(|name| seen.insert(hash(name))).count();
            self.row.figures.repositories += i64::try_from(new).unwrap_or(i64::MAX);
            if self.row.figures.repositories > MOST_REPOSITORIES {
                return Err(CrawlError::TooMany { what: "repositories", most: MOST_REPOSITORIES });
            }
            self.read(&names).await?;
            next = page.next.filter(|_| new > 0 || !page.is_guess);
            barren = if new > 0 { 0 } else { barren + 1 };
            if next.is_some() && barren >= MOST_BARREN {
                let (what, fault) = ("the request for the catalogue", "pages without an end");
                return Err(CrawlError::Answer { what, fault });
            }
            (self.row.cursor, self.row.kept) = (next.clone().unwrap_or_default(), self.row.figures);
            self.note().await?;
            if next.is_none() {
                break;
            }
        }
        let figures = self.row.figures;
        if figures.refused > 0 && figures.refused >= figures.repositories {
            return Err(self.no_right(Right::Pulls));
        }
        if figures.repositories == 0 && !self.accept_empty && !self.unseen("").await?.is_empty() {
            return Err(CrawlError::Empty(self.passes.service.clone()));
        }
        self.drop_missing().await?;
        self.note_gone().await
    }

    fn no_right(&self, right: Right) -> CrawlError {
        let Passes { robot, service, .. } = &self.passes;
        CrawlError::NoRight { robot: robot.clone(), service: service.clone(), right }
    }

    // INTEROP: for its catalogue, zot requires the right to pull a repository with an empty name.
    fn catalogue_scopes(&self) -> Vec<String> {
        let catalogue = "registry:catalog:*".to_owned();
        if self.profile == Profile::Zot {
            vec![catalogue, "repository::pull".to_owned()]
        } else {
            vec![catalogue]
        }
    }

    /// Returns the valid names, sorted and each once. Counts invalid names as skipped.
    fn usable(&mut self, entries: Vec<String>) -> Vec<String> {
        let repository = ResourceType::parse("repository").ok();
        let fits =
            |name: &String| repository.as_ref().is_some_and(|of| ResourceName::parse(of, name).is_ok());
        let all = entries.len();
        let mut names: Vec<String> = entries.into_iter().filter(fits).collect();
        self.row.figures.skipped += i64::try_from(all - names.len()).unwrap_or(i64::MAX);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Writes that these repositories exist, and reads their tags.
    async fn read(&mut self, names: &[String]) -> Result<(), CrawlError> {
        for some in names.chunks(PORTION) {
            self.write(CrawlWrites { repositories: some.to_vec(), ..CrawlWrites::default() }).await?;
        }
        for some in portions(names) {
            let scopes: Vec<String> = some.iter().map(|name| format!("repository:{name}:pull")).collect();
            let mut pass = self.passes.issue(&scopes, self.turn.now()).await?;
            for name in some {
                if pass.pulls(name) {
                    let read = self.read_tags(name, &mut pass).await;
                    self.judge(name, read)?;
                } else {
                    self.row.figures.refused += 1;
                }
            }
        }
        Ok(())
    }

    /// Leaves a repository out if the registry gave no usable answer for it. The repository's known tags stay.
    /// Fails with the error if ten consecutive repositories had no usable answer, or if the error concerns the whole
    /// crawl.
    fn judge(&mut self, repository: &str, read: Result<(), CrawlError>) -> Result<(), CrawlError> {
        match read {
            Ok(()) => self.failures = 0,
            Err(error) if error.is_of_one() && self.failures + 1 < MOST_FAILURES => {
                self.failures += 1;
                self.row.figures.skipped += 1;
                tracing::debug!(repository, reason = causes(&error), "a repository is left out of a crawl");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Drops the tags that the registry did not list, unless a later event saw them.
    // INVARIANT: this function is called only at the end of the catalogue.
    async fn drop_missing(&mut self) -> Result<(), CrawlError> {
        let most = i64::try_from(PORTION).unwrap_or(i64::MAX);
        loop {
            let began = Instant::now();
            let dropped = self.events.drop_missing(self.fence(), self.at, most).await?;
            if dropped.ok_or(CrawlError::Lost)? < PORTION {
                return Ok(());
            }
            self.rest(began).await?;
        }
    }

    /// Returns the next names after `after` of repositories that neither this crawl nor a later event saw.
    async fn unseen(&self, after: &str) -> Result<Vec<String>, CrawlError> {
        let most = i64::try_from(PORTION).unwrap_or(i64::MAX);
        Ok(self.events.read().await?.list_unseen(&self.row.service, after, self.at, most).await?)
    }

    /// Declares every repository gone that neither this crawl nor a later event saw.
    // INVARIANT: this function is called only at the end of the catalogue.
    async fn note_gone(&mut self) -> Result<(), CrawlError> {
        let mut after = String::new();
        loop {
            let began = Instant::now();
            let gone = self.unseen(&after).await?;
            let Some(last) = gone.last() else { return Ok(()) };
            after.clone_from(last);
            self.row.figures.gone += i64::try_from(gone.len()).unwrap_or(i64::MAX);
            self.write(CrawlWrites { gone, ..CrawlWrites::default() }).await?;
            self.rest(began).await?;
        }
    }
}

/// Returns a number for a name. By the numbers the crawl detects new names. Two names can have the same number.
fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Divides names into portions, one portion for each token.
fn portions(names: &[String]) -> Vec<Vec<&String>> {
    let mut portions: Vec<Vec<&String>> = Vec::new();
    let mut bytes = 0;
    for name in names {
        match portions.last_mut() {
            Some(last) if last.len() < TOGETHER && bytes + name.len() <= TOGETHER_BYTES => {
                last.push(name);
                bytes += name.len();
            }
            _ => {
                portions.push(vec![name]);
                bytes = name.len();
            }
        }
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_few_repositories_and_few_bytes() {
        let short: Vec<String> = (0..20).map(|number| format!("a{number}")).collect();
        let sizes: Vec<usize> = portions(&short).iter().map(Vec::len).collect();
        assert_eq!(sizes, [8, 8, 4]);
        let long: Vec<String> = (0..5).map(|number| format!("{number}{}", "x".repeat(400))).collect();
        let sizes: Vec<usize> = portions(&long).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
        assert!(portions(&[]).is_empty());
    }
}
