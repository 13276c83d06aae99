//! A request as the registry understands it. The policy decides about this reading, not about the request as sent.
//!
//! A token for some registries needs more rights than the client asks for. Clients of zot ask for a
//! repository without a name, which no rule can contain. The request is widened before the decision, never
//! after it, so the policy decides about every widened scope. What must not go in: any decision about rights.

use super::access::Access;
use super::nameless::{with_catalog, without_catalog};
use super::resource::{Action, ResourceName, ResourceType};
use super::scope::ScopeList;
use super::service::Service;

/// A request: as the client sent it, and as the service reads it.
#[derive(Debug)]
pub struct AsRead<'a> {
    sent: &'a ScopeList,
    /// The request with `registry:catalog:*` in place of zot's repository without a name; `None` if the registry is not
    /// a zot, or if the request does not ask to pull that repository.
    with_catalog: Option<ScopeList>,
    /// The request (`with_catalog`, if there is one) with `pull` added to every repository scope that asks for `push`,
    /// but neither for `pull` nor for `*`; `None` if nothing is added.
    with_pull: Option<ScopeList>,
}

impl<'a> AsRead<'a> {
    /// Reads a request as the service understands it.
    #[must_use]
    pub fn new(sent: &'a ScopeList, service: &Service) -> Self {
        let with_catalog = with_catalog(sent, service.verifier.profile());
        let meant = with_catalog.as_ref().unwrap_or(sent);
        let with_pull = if service.push_includes_pull() { meant.with_pull_for_push() } else { None };
        Self { sent, with_catalog, with_pull }
    }

    /// Returns the scopes that the policy must decide about.
    #[must_use]
    pub fn scopes(&self) -> &ScopeList {
        self.with_pull.as_ref().unwrap_or(self.meant())
    }

    /// Returns the scopes that must be granted for a complete answer to the client. They do not include the `pull`
    /// that a `push` implies.
    #[must_use]
    pub fn meant(&self) -> &ScopeList {
        self.with_catalog.as_ref().unwrap_or(self.sent)
    }

    /// Returns true if the reading of the request is wider than the request that was sent.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.with_catalog.is_some() || self.with_pull.is_some()
    }

    /// Returns true if the client did not ask for `action`: the policy decides about it only because a `push`
    /// implies `pull`. The action must be one of [`scopes`](Self::scopes).
    #[must_use]
    pub fn is_implied(&self, resource_type: &ResourceType, name: &ResourceName, action: &Action) -> bool {
        self.with_pull.is_some()
            && !self.meant().scopes().iter().any(|scope| {
                let asked_all = scope.actions.has_every() && resource_type.is_repository();
                scope.resource_type == *resource_type
                    && scope.name == *name
                    && (scope.actions.contains(action) || asked_all)
            })
    }

    /// Returns the grant for the client. `granted` is the policy's grant for [`scopes`](Self::scopes).
    #[must_use]
    pub fn answer(&self, granted: Access) -> Access {
        if self.with_catalog.is_some() { without_catalog(self.sent, granted) } else { granted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::service::ServiceName;
    use crate::domain::verifier::Verifier;

    fn service(profile: &str, push_includes_pull: Option<bool>) -> Service {
        let mut service = Service::new(ServiceName::parse("registry").unwrap());
        service.verifier = Verifier::parse(profile, None, None).unwrap();
        service.asked_push_includes_pull = push_includes_pull;
        service
    }

    #[test]
    fn a_push_is_read_with_its_pull_where_the_registry_needs_both() {
        // (profile, setting, request as sent, request as read, true if `pull` on `a` is only implied)
        let table = [
            ("distribution-2", None, "repository:a:push", "repository:a:pull,push", true),
            ("distribution-3", None, "repository:a:push,delete", "repository:a:delete,pull,push", true),
            ("gitlab", None, "repository:a:push", "repository:a:pull,push", true),
            ("zot", None, "repository:a:push", "repository:a:push", false),
            ("custom", None, "repository:a:push", "repository:a:push", false),
            ("zot", Some(true), "repository:a:push", "repository:a:pull,push", true),
            ("distribution-2", Some(false), "repository:a:push", "repository:a:push", false),
            ("distribution-2", None, "repository:a:pull,push", "repository:a:pull,push", false),
            ("distribution-2", None, "repository:a:*", "repository:a:*", false),
            ("distribution-2", None, "repository:a:delete", "repository:a:delete", false),
            ("distribution-2", None, "registry:a:push", "registry:a:push", false),
            (
                "zot",
                Some(true),
                "repository::pull repository:a:push",
                "registry:catalog:* repository:a:pull,push",
                true,
            ),
        ];
        for (profile, setting, sent, read, is_implied) in table {
            let sent = ScopeList::parse([sent]).unwrap();
            let as_read = AsRead::new(&sent, &service(profile, setting));
            assert_eq!(as_read.scopes().to_string(), read, "{profile} {setting:?} {sent}");
            let repository = ResourceType::parse("repository").unwrap();
            let name = ResourceName::parse(&repository, "a").unwrap();
            let pull = Action::parse("pull").unwrap();
            assert_eq!(as_read.is_implied(&repository, &name, &pull), is_implied, "{sent}");
            assert_eq!(as_read.is_wider(), read != sent.to_string(), "{sent}");
        }
    }
}
