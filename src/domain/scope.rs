//! The scope grammar: parses the request of a client. What must not go in: anything about rights.
//!
//! ```text
//! scope  := type [ "(" class ")" ] ":" name ":" [ action *( "," action ) ]
//! ```
//!
//! For example `repository:team/app:pull,push`, `repository(plugin):team/app:pull` or `registry:catalog:*`. The
//! type ends at the first colon and the actions begin after the last colon, so a name may contain colons
//! (`host:5000/ns/img`). A malformed scope is called junk: it fails no request by itself, and grants nothing, except
//! zot's repository without a name (`as_read`). The list keeps the text of junk, and of each scope with a malformed
//! action. The module `dropped` explains their faults.
// SPEC: distribution's "Token Scope Documentation".

use super::resource::{Action, ActionSet, ResourceName, ResourceType};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The greatest number of different resources and junk scopes in one request.
pub const MAX_SCOPES: usize = 64;
/// The greatest number of actions in one scope. A scope with more actions is junk.
pub const MAX_ACTIONS: usize = 16;

/// One well-formed scope: a resource and the requested actions, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceScope {
    /// The type of the resource, without its class.
    pub resource_type: ResourceType,
    /// The name of the resource, valid for that type.
    pub name: ResourceName,
    /// The requested actions. `*` is among them only if the client wrote `*`.
    pub actions: ActionSet,
}

impl ResourceScope {
    /// Parses one scope, such as `repository:host:5000/team/app:pull,push`; `None` if the scope is junk.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text).map(|(scope, _)| scope)
    }

    /// Parses one scope and leaves out its malformed actions; `None` if the scope is junk. The second value
    /// is true if all actions are well-formed.
    fn read(text: &str) -> Option<(Self, bool)> {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let resource_type = ResourceType::parse(without_class(kind)?).ok()?;
        let name = ResourceName::parse(&resource_type, name).ok()?;
        let mut is_whole = true;
        let actions: ActionSet = actions
            .split(',')
            .filter_map(|action| {
                let action = Action::parse(action.trim()).ok();
                is_whole &= action.is_some();
                action
            })
            .collect();
        (actions.len() <= MAX_ACTIONS).then_some((Self { resource_type, name, actions }, is_whole))
    }
}

/// Returns the type before a class: `repository` of `repository(plugin)`. Returns `None` if the class is malformed.
// INTEROP: docker plugin requests `repository(plugin):…`; registries compare type and name only.
pub(super) fn without_class(kind: &str) -> Option<&str> {
    let Some((kind, class)) = kind.split_once('(') else {
        return Some(kind);
    };
    let class = class.strip_suffix(')')?;
    let fits = !class.is_empty() && class.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then_some(kind)
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

/// All scopes of one request. The scopes are merged by resource and sorted, so equal requests are equal values, in
/// whatever order the client wrote the scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeList {
    scopes: Vec<ResourceScope>,
    /// The junk scopes, as the client wrote them; merged scopes with too many actions are in their merged form.
    /// INVARIANT: after [`ScopeList::parse`], at most [`MAX_SCOPES`] together with the scopes. [`ScopeList::replacing`]
    /// may add one.
    junk: Vec<String>,
    /// The well-formed scopes with a malformed action, as the client wrote them.
    faulty: BTreeSet<String>,
}

/// The greatest number of characters of a client's text that messages and the log show.
const SHOWN: usize = 160;

/// An error: more than [`MAX_SCOPES`] scopes in one request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("too many scopes: at most {MAX_SCOPES} in one request")]
pub struct TooManyScopes;

impl ScopeList {
    /// Parses the values of all `scope` parameters. Each value may contain several scopes between spaces.
    ///
    /// Fails with [`TooManyScopes`] if more than [`MAX_SCOPES`] different resources and junk scopes remain after
    /// merging.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, TooManyScopes> {
        let mut merged: BTreeMap<(ResourceType, ResourceName), ActionSet> = BTreeMap::new();
        let mut junk: Vec<String> = Vec::new();
        let mut faulty = BTreeSet::new();
        for text in values.into_iter().flat_map(|value| value.split(' ')) {
            if text.is_empty() {
                continue;
            }
            match ResourceScope::read(text) {
                Some((scope, is_whole)) => {
                    if !is_whole {
                        faulty.insert(text.to_owned());
                    }
                    merged.entry((scope.resource_type, scope.name)).or_default().extend(&scope.actions)
                }
                None if junk.iter().any(|known| known == text) => {}
                None => junk.push(text.to_owned()),
            }
            if merged.len() + junk.len() > MAX_SCOPES {
                return Err(TooManyScopes);
            }
        }
        let scopes = merged.into_iter().map(|((resource_type, name), actions)| ResourceScope {
            resource_type,
            name,
            actions,
        });
        let (scopes, too_long): (Vec<_>, Vec<_>) =
            scopes.partition(|scope| scope.actions.len() <= MAX_ACTIONS);
        junk.extend(too_long.iter().map(ToString::to_string));
        Ok(Self { scopes, junk, faulty })
    }

    /// Returns the well-formed scopes, sorted by type and name.
    #[must_use]
    pub fn scopes(&self) -> &[ResourceScope] {
        &self.scopes
    }

    /// Returns the junk scopes, as the client wrote them; merged scopes with too many actions are in their merged
    /// form.
    #[must_use]
    pub fn junk(&self) -> &[String] {
        &self.junk
    }

    /// Returns the well-formed scopes with a malformed action, as the client wrote them.
    pub fn faulty(&self) -> impl Iterator<Item = &str> {
        self.faulty.iter().map(String::as_str)
    }

    /// Returns true if some part of the request is malformed and so grants nothing.
    #[must_use]
    pub fn has_dropped(&self) -> bool {
        !self.junk.is_empty() || !self.faulty.is_empty()
    }

    /// Returns the list with `scope` in place of the junk that `rest` selects; `None` if `rest` selects no
    /// junk. `rest` returns `None` for junk that stays, `Some(None)` for junk that is replaced, and
    /// `Some(Some(text))` if `text` stays as junk beside `scope`.
    pub(super) fn replacing(
        &self,
        rest: impl Fn(&str) -> Option<Option<String>>,
        scope: &ResourceScope,
    ) -> Option<Self> {
        let left: Vec<_> = self.junk.iter().map(|text| (text, rest(text))).collect();
        if left.iter().all(|(_, rest)| rest.is_none()) {
            return None;
        }
        let junk =
            left.into_iter().filter_map(|(text, rest)| rest.unwrap_or_else(|| Some(text.clone()))).collect();
        let key = |scope: &ResourceScope| (scope.resource_type.clone(), scope.name.clone());
        let mut merged: BTreeMap<_, ActionSet> =
            self.scopes.iter().map(|scope| (key(scope), scope.actions.clone())).collect();
        merged.entry(key(scope)).or_default().extend(&scope.actions);
        let scopes = merged
            .into_iter()
            .map(|((resource_type, name), actions)| ResourceScope { resource_type, name, actions })
            .collect();
        Some(Self { scopes, junk, faulty: self.faulty.clone() })
    }

    /// Returns the list with `pull` added to each repository with a requested `push`, unless `*` is requested too;
    /// `None` if nothing is added.
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

    /// Returns true if the request has no scopes, not even junk: the client only signs in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty() && self.junk.is_empty()
    }
}

/// Shortens a client's text to the part that messages and the log show.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(SHOWN).collect()
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
            f.write_str(&shorten(junk))?;
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
    fn nothing_is_dropped_without_a_trace() {
        let many = |from: usize| (from..from + 9).map(|i| format!("a{i}")).collect::<Vec<_>>().join(",");
        for (text, junk, faulty) in [
            ("repository:a:pull registry:catalog:*", 0, 0),
            ("repository:a:pull,Push repository:a:pull,Push", 0, 1),
            ("repository:a: repository:b:pull,", 0, 2),
            ("repository:A:pull repository:A:pull", 1, 0),
            (&format!("repository:a:{} repository:a:{}", many(0), many(9)), 1, 0),
        ] {
            let list = ScopeList::parse([text]).unwrap();
            assert_eq!((list.junk().len(), list.faulty().count()), (junk, faulty), "{text}");
            assert_eq!(list.has_dropped(), junk + faulty > 0, "{text}");
        }
    }

    #[test]
    fn thousands_of_scopes_are_refused_and_repetitions_are_not_counted() {
        let many: String = (0..65).map(|i| format!("repository:r{i}:pull ")).collect();
        assert_eq!(ScopeList::parse([many.as_str()]), Err(TooManyScopes));
        let same = "repository:a:pull ".repeat(1000);
        assert_eq!(ScopeList::parse([same.as_str()]).unwrap().scopes().len(), 1);
    }
}
