//! What was found, told in as few rows as say it.
//!
//! INVARIANT: a row holds for its example, whichever of its services, types and actions is asked for;
//! rows cover every change that was noted.

use crate::domain::policy::rule::RuleName;
use crate::domain::policy::services::ServiceGlob;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use utoipa::ToSchema;

/// Somebody and something for which a decision changes as told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = DecisionExample)]
pub struct Example {
    /// A user or robot, or `anonymous`. `group:NAME` is somebody who would be in a group that nobody is in.
    pub subject: String,
    /// The resource's name.
    pub name: ResourceName,
    /// The client's address, where the decision depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// When, if not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The scope that must be asked for, where it is so only because a registry reads that scope otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

/// Decisions that are no longer the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct DecisionChange {
    /// For whom, as rules write it.
    pub selector: String,
    /// At which registries: a name, or a glob as rules write it.
    pub service: String,
    /// The resource's type; `*` for every type, or for those without rows of their own.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The glob of the resources' names, as rules write it.
    pub name: String,
    /// The action; `*` for every action. Where it is `partly` so, `*` is a request for `*` itself, and every action
    /// that no rule names.
    pub action: String,
    /// Whether it was granted.
    pub before: bool,
    /// Whether it is granted.
    pub after: bool,
    /// The rule that decides now, if one does.
    pub by: Option<RuleName>,
    /// One case of it.
    pub example: Example,
    /// Whether it does not change, or not so, for some of these subjects or names.
    pub partly: bool,
}

impl DecisionChange {
    /// Where it stands among others.
    pub(super) fn place(&self) -> impl Ord + '_ {
        let Self { selector, resource_type, name, service, action, after, .. } = self;
        (selector, resource_type, name, service, action, after)
    }
}

/// What a row tells of: no rule names the last of the types and of the actions.
#[derive(Debug)]
pub(super) struct Axes {
    pub(super) services: Vec<ServiceName>,
    /// Registries where decisions change otherwise: what is so at the others is not told of a glob that fits these.
    pub(super) apart: BTreeSet<ServiceName>,
    pub(super) types: Vec<ResourceType>,
    pub(super) actions: Vec<Action>,
}

/// A service, a type and an action, by their numbers.
pub(super) type Cell = (usize, usize, usize);

/// Stands for all there are.
const ALL: usize = usize::MAX;

/// Whom and what a rule is about: a selector, a glob of names and one of services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Area {
    pub(super) selector: String,
    pub(super) name: String,
    pub(super) service: ServiceGlob,
}

/// One case, and the rule that decides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) example: Example,
    pub(super) by: Option<RuleName>,
    /// Whether nobody is known to be the subject of the example.
    pub(super) is_made_up: bool,
}

/// What was seen of a cell of an area.
#[derive(Debug, Default)]
struct Fact {
    gained: Option<Told>,
    lost: Option<Told>,
    /// Whether something stays as it was.
    kept: bool,
}

impl Fact {
    fn change(&mut self, after: bool) -> &mut Option<Told> {
        if after { &mut self.gained } else { &mut self.lost }
    }
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub(super) struct Facts {
    numbers: BTreeMap<Area, usize>,
    cells: Vec<BTreeMap<Cell, Fact>>,
    /// The first change that was told.
    first: Option<Told>,
}

/// A change of a cell, and whether it is one of a part.
type Seen = (Told, bool);

impl Facts {
    /// The number of an area.
    pub(super) fn area(&mut self, area: Area) -> usize {
        let next = self.cells.len();
        let number = *self.numbers.entry(area).or_insert(next);
        if number == next {
            self.cells.push(BTreeMap::new());
        }
        number
    }

    /// Notes whether something was and is granted; whether a case of that is still to be told. Somebody who is
    /// known is told in the place of somebody who is `made_up`.
    pub(super) fn note(
        &mut self,
        area: usize,
        cell: Cell,
        (before, after): (bool, bool),
        made_up: bool,
    ) -> bool {
        let Some(cells) = self.cells.get_mut(area) else {
            return false;
        };
        let fact = cells.entry(cell).or_default();
        if before == after {
            fact.kept = true;
            return false;
        }
        fact.change(after).as_ref().is_none_or(|told| told.is_made_up && !made_up)
    }

    /// Keeps a case of something that changed.
    pub(super) fn tell(&mut self, area: usize, cell: Cell, after: bool, told: Told) {
        if let Some(fact) = self.cells.get_mut(area).and_then(|cells| cells.get_mut(&cell)) {
            self.first.get_or_insert_with(|| told.clone());
            *fact.change(after) = Some(told);
        }
    }

    /// The first change that was told, if there was any.
    pub(super) fn first(&self) -> Option<&Told> {
        self.first.as_ref()
    }

    /// The selectors and globs of names of which anything was seen.
    pub(super) fn met(&self) -> BTreeSet<(String, String)> {
        let seen = |number: usize| self.cells.get(number).is_some_and(|cells| !cells.is_empty());
        let areas = self.numbers.iter().filter(|(_, number)| seen(**number));
        areas.map(|(area, _)| (area.selector.clone(), area.name.clone())).collect()
    }

    /// The rows, sorted.
    pub(super) fn rows(&self, axes: &Axes) -> Vec<DecisionChange> {
        let mut rows = BTreeMap::new();
        let areas = self.numbers.iter().filter_map(|(area, number)| Some((area, self.cells.get(*number)?)));
        for (area, cells) in areas {
            let both = [false, true].into_iter().flat_map(|after| rows_of(area, cells, after, axes));
            for row in both {
                let key = (
                    row.selector.clone(),
                    row.resource_type.clone(),
                    row.name.clone(),
                    row.service.clone(),
                    row.action.clone(),
                    row.after,
                );
                rows.entry(key).or_insert(row);
            }
        }
        rows.into_values().collect()
    }
}

/// The rows of one area and one direction.
fn rows_of(area: &Area, cells: &BTreeMap<Cell, Fact>, after: bool, axes: &Axes) -> Vec<DecisionChange> {
    let seen = |fact: &Fact| -> Option<Seen> {
        let (own, other) = if after { (&fact.gained, &fact.lost) } else { (&fact.lost, &fact.gained) };
        own.clone().map(|told| (told, fact.kept || other.is_some()))
    };
    let changed: BTreeMap<Cell, Seen> =
        cells.iter().filter_map(|(cell, fact)| Some((*cell, seen(fact)?))).collect();
    let services: BTreeSet<usize> = cells.keys().map(|(one, _, _)| *one).collect();
    // Where it is so of a part, that part is hardly the same for every action.
    let by_action = merged(changed, axes.actions.len(), |(_, partly)| !partly);
    let by_type = merged(by_action, axes.types.len(), |_| true);
    let stands_alone = !axes.apart.iter().any(|name| area.service.matches(name));
    let rows = merged(by_type, services.len(), |_| stands_alone);
    let every = "*".to_owned();
    let row = |((service, of, action), (told, partly)): (Cell, Seen)| {
        let service =
            axes.services.get(service).map_or_else(|| area.service.to_string(), ToString::to_string);
        let no_type = axes.types.len().checked_sub(1) == Some(of);
        let named = axes.types.get(of).filter(|_| !no_type);
        let resource_type = named.map_or(every.clone(), |of| of.as_str().to_owned());
        let named = axes.actions.get(action);
        let no_action =
            axes.actions.len().checked_sub(1) == Some(action) || named.is_some_and(Action::is_every);
        let action = named.filter(|_| !no_action).map_or(every.clone(), ToString::to_string);
        DecisionChange {
            selector: area.selector.clone(),
            service,
            resource_type,
            name: area.name.clone(),
            action,
            before: !after,
            after,
            by: told.by,
            example: told.example,
            // What is said of every type or action is not so of those that have rows of their own.
            partly: partly || no_type || no_action,
        }
    };
    rows.into_iter().map(row).collect()
}

/// Cells that differ in their last number only become one where there are as many as `all` and they
/// are alike and fit. The last number comes first afterwards.
fn merged(cells: BTreeMap<Cell, Seen>, all: usize, fits: impl Fn(&Seen) -> bool) -> BTreeMap<Cell, Seen> {
    let mut groups: BTreeMap<(usize, usize), Vec<(usize, Seen)>> = BTreeMap::new();
    for ((first, second, last), seen) in cells {
        groups.entry((first, second)).or_default().push((last, seen));
    }
    let mut merged = BTreeMap::new();
    for ((first, second), group) in groups {
        let alike = group.windows(2).all(|pair| matches!(pair, [one, other] if one.1 == other.1));
        let whole = alike && group.len() == all && group.iter().all(|(_, seen)| fits(seen));
        for (last, seen) in group {
            merged.insert((if whole { ALL } else { last }, first, second), seen);
        }
    }
    merged
}
