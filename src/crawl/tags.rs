//! Reads the tags of one repository, and finds the tags that are new, that moved, or that are gone.

use super::error::CrawlError;
use super::pass::Pass;
use super::registry::Found;
use super::visit::{MOST_BARREN, MOST_FAILURES, PORTION, Visit};
use crate::causes::causes;
use crate::domain::events::{ManifestKey, ManifestSeen, TagKey, TagSeen, Writes, is_tag};
use crate::domain::time::Timestamp;
use crate::storage::events::CrawlWrites;
use std::collections::{BTreeMap, BTreeSet};

/// The greatest number of tags of a repository that a crawl reads.
const MOST_TAGS: usize = 100_000;

/// The tags that a registry lists.
#[derive(Default)]
struct Listed {
    names: BTreeSet<String>,
    /// True if the registry has more tags than are read.
    is_cut: bool,
}

impl<N: Fn() -> Timestamp> Visit<'_, '_, N> {
    /// Reads the tags of a repository. Asks for the digests of new tags, or of all tags if the crawl has `all_tags`.
    pub(super) async fn read_tags(&mut self, repository: &str, pass: &mut Pass) -> Result<(), CrawlError> {
        let listed = self.list_tags(repository, pass).await?;
        self.row.figures.tags += i64::try_from(listed.names.len()).unwrap_or(i64::MAX);
        let mut known = self.known_tags(repository).await?;
        let (mut writes, mut failures) = (CrawlWrites::default(), 0);
        for tag in listed.names {
            let digest = known.remove(&tag);
            if digest.is_some() && !self.row.all_tags {
                continue;
            }
            self.step().await?;
            self.passes.renew(pass, self.turn.now()).await?;
            self.row.figures.looked_up += 1;
            match self.registry.digest(repository, &tag, pass.token()).await {
                Ok(Some(manifest)) => {
                    failures = 0;
                    if digest.as_ref() != Some(&manifest.digest) {
                        self.note_tag(&mut writes.found, repository, tag, manifest);
                    }
                }
                // The tag was deleted meanwhile, its manifest is lost, or the registry is down behind a proxy. A known
                // tag stays in the inventory, because the registry lists the tag.
                Ok(None) => self.row.figures.skipped += 1,
                Err(error) if error.is_of_one() && failures + 1 < MOST_FAILURES => {
                    failures += 1;
                    self.row.figures.skipped += 1;
                    tracing::debug!(repository, tag, reason = causes(&error), "a tag is left out of a crawl");
                }
                Err(error) => return Err(error),
            }
            self.put_full(&mut writes).await?;
        }
        for tag in known.into_keys().filter(|_| !listed.is_cut) {
            writes.missing.push((repository.to_owned(), tag));
            self.put_full(&mut writes).await?;
        }
        if writes.tags() > 0 { self.write(writes).await } else { Ok(()) }
    }

    /// Writes the collected tags as soon as they fill a portion.
    async fn put_full(&mut self, writes: &mut CrawlWrites) -> Result<(), CrawlError> {
        if writes.tags() >= PORTION { self.write(std::mem::take(writes)).await } else { Ok(()) }
    }

    async fn list_tags(&mut self, repository: &str, pass: &mut Pass) -> Result<Listed, CrawlError> {
        let (mut listed, mut next, mut barren) = (Listed::default(), None::<String>, 0);
        loop {
            self.step().await?;
            self.passes.renew(pass, self.turn.now()).await?;
            let page = self.registry.tags(repository, next.as_deref(), pass.token()).await?;
            let before = listed.names.len();
            listed.is_cut |= page.is_cut;
            for tag in page.entries {
                if tag.is_empty() || !is_tag(&tag) {
                    self.row.figures.skipped += 1;
                } else if listed.names.len() < MOST_TAGS {
                    listed.names.insert(tag);
                } else if !listed.names.contains(&tag) {
                    listed.is_cut = true;
                }
            }
            let is_new = listed.names.len() > before;
            next = page.next.filter(|_| is_new || !page.is_guess);
            barren = if is_new { 0 } else { barren + 1 };
            if next.is_none() || listed.is_cut {
                if listed.is_cut {
                    self.row.figures.skipped += 1;
                }
                return Ok(listed);
            }
            if barren >= MOST_BARREN {
                let (what, fault) = ("the request for tags", "pages without an end");
                return Err(CrawlError::Answer { what, fault });
            }
        }
    }

    /// Returns the tags of a repository in the inventory, each with its digest.
    async fn known_tags(&self, repository: &str) -> Result<BTreeMap<String, String>, CrawlError> {
        let most = i64::try_from(PORTION).unwrap_or(i64::MAX);
        let (mut known, mut after) = (BTreeMap::new(), String::new());
        loop {
            let mut reader = self.events.read().await?;
            let some = reader.list_known_tags(&self.row.service, repository, &after, most).await?;
            let is_last = some.len() < PORTION;
            if let Some(last) = some.last() {
                after.clone_from(&last.name);
            }
            known.extend(some.into_iter().map(|tag| (tag.name, tag.digest)));
            if is_last {
                return Ok(known);
            }
        }
    }

    fn note_tag(&self, found: &mut Writes, repository: &str, tag: String, manifest: Found) {
        let Found { digest, media_type, size } = manifest;
        let key = ManifestKey {
            service: self.row.service.clone(),
            repository: repository.to_owned(),
            digest: digest.clone(),
        };
        let seen_at = Some(self.at);
        found.manifests.insert(key, ManifestSeen { media_type, size, seen_at, ..ManifestSeen::default() });
        let seen = TagSeen { seen_at, digest, ..TagSeen::default() };
        let key = TagKey { service: self.row.service.clone(), repository: repository.to_owned(), name: tag };
        found.tags.insert(key, seen);
    }
}
