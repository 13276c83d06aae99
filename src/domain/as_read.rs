//! A request as a registry means it: what the policy is asked in its place.
//!
//! Some registries need more than their clients ask for, or ask for what no rule can name. The
//! request is read more widely before the decision, never after it: what is granted is a part of the
//! request as read. What must not go in: any thought about rights.

use super::access::Access;
use super::nameless::{with_catalog, without_catalog};
use super::resource::{Action, ResourceName, ResourceType};
use super::scope::ScopeList;
use super::service::Service;

/// A request, as it was sent and as it is read for one service.
#[derive(Debug)]
pub struct AsRead<'a> {
    sent: &'a ScopeList,
    /// With the catalogue in the place of zot's repository without a name.
    with_catalog: Option<ScopeList>,
    /// With `pull` wherever `push` stands alone.
    with_pull: Option<ScopeList>,
}

impl<'a> AsRead<'a> {
    /// Reads a request for a service.
    #[must_use]
    pub fn new(sent: &'a ScopeList, service: &Service) -> Self {
        let with_catalog = with_catalog(sent, service.verifier.profile());
        let meant = with_catalog.as_ref().unwrap_or(sent);
        let with_pull = if service.push_includes_pull() { meant.with_pull_for_push() } else { None };
        Self { sent, with_catalog, with_pull }
    }

    /// What the policy is asked.
    #[must_use]
    pub fn scopes(&self) -> &ScopeList {
        self.with_pull.as_ref().unwrap_or(self.meant())
    }

    /// What must be granted so that the client has all that it asked for: nothing that is only implied.
    #[must_use]
    pub fn meant(&self) -> &ScopeList {
        self.with_catalog.as_ref().unwrap_or(self.sent)
    }

    /// Whether it is read otherwise than it was sent.
    #[must_use]
    pub fn is_wider(&self) -> bool {
        self.with_catalog.is_some() || self.with_pull.is_some()
    }

    /// Whether an action is only implied by another one.
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

    /// What the client gets, when the policy granted `granted` of the request as read.
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
        // profile, setting, sent, read, whether `pull` on `a` is only implied
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
