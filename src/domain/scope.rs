//! The scope grammar: what was asked. No thought about rights in here.
//!
//! ```text
//! scope  := type [ "(" class ")" ] ":" name ":" action *( "," action )
//! ```
//! The type ends at the first colon and the actions begin after the last one, so that a name may
//! hold colons (`host:5000/ns/img`). A scope that does not fit is junk: it is kept for the log,
//! grants nothing, and never fails a request.
// SPEC: distribution's "Token Scope Documentation".

use super::resource::{Action, ActionSet, ResourceName, ResourceType};
use std::collections::BTreeMap;
use std::fmt;

/// How many scopes one request may ask for, junk included.
pub const MAX_SCOPES: usize = 64;
/// How many actions one scope may name; a scope with more is junk.
pub const MAX_ACTIONS: usize = 16;

/// One well-formed scope: a resource and the actions asked on it (perhaps none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceScope {
    /// The type, its class dropped.
    pub resource_type: ResourceType,
    /// The name, valid for that type.
    pub name: ResourceName,
    /// What is asked, `*` included if it was written.
    pub actions: ActionSet,
}

impl ResourceScope {
    /// Parses one scope; `None` when it is junk.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let kind = match kind.split_once('(') {
            // INTEROP: docker plugin asks `repository(plugin):…`; verifiers compare type and name only.
            Some((kind, class)) => {
                let class = class.strip_suffix(')')?;
                if class.is_empty() || !class.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                    return None;
                }
                kind
            }
            None => kind,
        };
        let resource_type = ResourceType::parse(kind).ok()?;
        let name = ResourceName::parse(&resource_type, name).ok()?;
        let actions: ActionSet =
            actions.split(',').filter_map(|action| Action::parse(action.trim()).ok()).collect();
        if actions.len() > MAX_ACTIONS {
            return None;
        }
        Some(Self { resource_type, name, actions })
    }
}

impl fmt::Display for ResourceScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.resource_type, self.name)?;
        write_actions(f, &self.actions)
    }
}

pub(super) fn write_actions(f: &mut fmt::Formatter<'_>, actions: &ActionSet) -> fmt::Result {
    for (i, action) in actions.iter().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        write!(f, "{action}")?;
    }
    Ok(())
}

/// All that one request asks for: merged by resource and sorted, so that equal requests are
/// equal values, whatever order and repetition the client chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeList {
    scopes: Vec<ResourceScope>,
    junk: Vec<String>,
}

/// More than [`MAX_SCOPES`] scopes in one request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("too many scopes: at most {MAX_SCOPES} in one request")]
pub struct TooManyScopes;

impl ScopeList {
    /// Parses the values of all `scope` parameters; each may hold several scopes between spaces.
    ///
    /// # Errors
    /// [`TooManyScopes`] when more than [`MAX_SCOPES`] different resources or junk scopes remain
    /// after merging.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, TooManyScopes> {
        let mut merged: BTreeMap<(ResourceType, ResourceName), ActionSet> = BTreeMap::new();
        let mut junk: Vec<String> = Vec::new();
        for text in values.into_iter().flat_map(|value| value.split(' ')) {
            if text.is_empty() {
                continue;
            }
            match ResourceScope::parse(text) {
                Some(scope) => {
                    merged.entry((scope.resource_type, scope.name)).or_default().extend(&scope.actions)
                }
                None => {
                    let kept: String = text.chars().take(160).collect();
                    if !junk.contains(&kept) {
                        junk.push(kept);
                    }
                }
            }
            if merged.len() + junk.len() > MAX_SCOPES {
                return Err(TooManyScopes);
            }
        }
        let scopes = merged
            .into_iter()
            .filter(|(_, actions)| actions.len() <= MAX_ACTIONS)
            .map(|((resource_type, name), actions)| ResourceScope { resource_type, name, actions })
            .collect();
        Ok(Self { scopes, junk })
    }

    /// The well-formed scopes, sorted by type and name.
    #[must_use]
    pub fn scopes(&self) -> &[ResourceScope] {
        &self.scopes
    }

    /// The scopes that could not be parsed, shortened, for the log.
    #[must_use]
    pub fn junk(&self) -> &[String] {
        &self.junk
    }

    /// The same with `scope` in the place of the junk that `is_meant` knows; `None` when there is no such junk.
    pub(super) fn replacing(&self, is_meant: impl Fn(&str) -> bool, scope: &ResourceScope) -> Option<Self> {
        let (meant, junk): (Vec<_>, Vec<_>) = self.junk.iter().cloned().partition(|text| is_meant(text));
        if meant.is_empty() {
            return None;
        }
        let key = |scope: &ResourceScope| (scope.resource_type.clone(), scope.name.clone());
        let mut merged: BTreeMap<_, ActionSet> =
            self.scopes.iter().map(|scope| (key(scope), scope.actions.clone())).collect();
        merged.entry(key(scope)).or_default().extend(&scope.actions);
        let scopes = merged
            .into_iter()
            .map(|((resource_type, name), actions)| ResourceScope { resource_type, name, actions })
            .collect();
        Some(Self { scopes, junk })
    }

    /// The same with `pull` on each repository on which `push` is asked; `None` where that changes nothing.
    pub(super) fn with_pull_for_push(&self) -> Option<Self> {
        let (pull, push) = Action::parse("pull").ok().zip(Action::parse("push").ok())?;
        let lacks = |scope: &ResourceScope| {
            let has = |action| scope.actions.contains(action);
            scope.resource_type.is_repository() && has(&push) && !has(&pull) && !scope.actions.has_every()
        };
        if !self.scopes.iter().any(lacks) {
            return None;
        }
        let mut wider = self.clone();
        for scope in wider.scopes.iter_mut().filter(|scope| lacks(scope)) {
            scope.actions = scope.actions.iter().chain([&pull]).cloned().collect();
        }
        Some(wider)
    }

    /// Whether nothing at all was asked, not even junk: a client that only signs in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty() && self.junk.is_empty()
    }
}

impl fmt::Display for ScopeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for scope in &self.scopes {
            if !std::mem::take(&mut first) {
                f.write_str(" ")?;
            }
            write!(f, "{scope}")?;
        }
        for junk in &self.junk {
            if !std::mem::take(&mut first) {
                f.write_str(" ")?;
            }
            f.write_str(junk)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(values: &[&str]) -> String {
        ScopeList::parse(values.iter().copied()).unwrap().to_string()
    }

    #[test]
    fn the_grammar_splits_at_the_first_and_the_last_colon() {
        let table = [
            ("repository:team/app:pull,push", Some("repository:team/app:pull,push")),
            ("repository:team/app:push,pull,push", Some("repository:team/app:pull,push")),
            ("repository:host:5000/ns/img:pull", Some("repository:host:5000/ns/img:pull")),
            ("repository(plugin):a/b:pull", Some("repository:a/b:pull")),
            ("registry:catalog:*", Some("registry:catalog:*")),
            ("repository:a:", Some("repository:a:")),
            ("repository:a:pull,PUSH", Some("repository:a:pull")),
            ("repository:a: pull , push ", Some("repository:a:pull,push")),
            ("repository::pull", None),
            ("repository:a", None),
            ("repository", None),
            ("*", None),
            (":a:pull", None),
            ("Repository:a:pull", None),
            ("repository():a:pull", None),
            ("repository(plugin:a:pull", None),
            ("artifact-repository:a:pull", None),
            ("repository:Team/App:pull", None),
            ("repository:a/../b:pull", None),
            ("repository:a\0b:pull", None),
        ];
        for (text, expected) in table {
            let got = ResourceScope::parse(text).map(|scope| scope.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn equal_requests_are_equal_values() {
        let one = parsed(&["repository:b:push,pull repository:a:pull", "repository:b:pull"]);
        let two = parsed(&["repository:a:pull", "", "  repository:b:pull,push "]);
        assert_eq!(one, two);
        assert_eq!(one, "repository:a:pull repository:b:pull,push");
    }

    #[test]
    fn junk_is_kept_beside_the_scopes_and_not_parsed() {
        let list = ScopeList::parse(["repository::pull repository:a:pull *"]).unwrap();
        assert_eq!(list.scopes().len(), 1);
        assert_eq!(list.junk(), ["repository::pull", "*"]);
        assert!(!list.is_empty());
        assert!(ScopeList::parse(["", " "]).unwrap().is_empty());
    }

    #[test]
    fn thousands_of_scopes_are_refused_and_repetitions_are_not_counted() {
        let many: String = (0..65).map(|i| format!("repository:r{i}:pull ")).collect();
        assert_eq!(ScopeList::parse([many.as_str()]), Err(TooManyScopes));
        let same = "repository:a:pull ".repeat(1000);
        assert_eq!(ScopeList::parse([same.as_str()]).unwrap().scopes().len(), 1);
    }
}
