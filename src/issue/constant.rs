//! The claims that all tokens of a service share. They are serialized once for each service.

use crate::domain::claims::ConstantClaims;
use crate::domain::service::{Issuer, ServiceName};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;

/// The constant claims of each service for which a token was requested.
pub(super) struct Constants {
    issuer: Issuer,
    known: ArcSwap<BTreeMap<ServiceName, ConstantClaims>>,
}

impl Constants {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self { issuer, known: ArcSwap::default() }
    }

    /// Returns the constant claims of a service. The caller checks that the service exists; otherwise the map could
    /// grow without limit.
    pub(super) fn of(&self, service: &ServiceName) -> ConstantClaims {
        if let Some(known) = self.known.load().get(service) {
            return known.clone();
        }
        let new = ConstantClaims::new(&self.issuer, service);
        self.known.rcu(|known| {
            let mut more = BTreeMap::clone(known);
            more.insert(service.clone(), new.clone());
            more
        });
        new
    }
}
