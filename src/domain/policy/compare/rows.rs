//! Merges the changes that were found into few rows.
//!
//! INVARIANT: a row is true for its example, for each service, type and action of the row. The rows cover every
//! noted change.

use crate::domain::policy::rule::RuleName;
use crate::domain::policy::services::ServiceGlob;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use utoipa::ToSchema;

/// A subject and a resource for which a decision changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = DecisionExample)]
pub struct Example {
    /// A user or robot, or `anonymous`. `group:NAME` stands for a made-up member of a group without known members,
    /// and `user:0.somebody.else` for anybody who signs in.
    pub subject: String,
    /// The name of the resource.
    pub name: ResourceName,
    /// The client's address, if the decision depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// The time of the decision; absent for the present time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The scope that a client must request; absent unless the registry reads that scope as a wider one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

/// A set of decisions that change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct DecisionChange {
    /// The selector of the subjects, as rules write it.
    pub selector: String,
    /// The registries: a name, or a glob as rules write it.
    pub service: String,
    /// The type of the resources. `*` means every type, or every type without a row of its own.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The glob of the resources' names, as rules write it.
    pub name: String,
    /// The action; `*` for every action. If `partly` is true, `*` may mean only a request for `*` itself, or only
    /// the actions that no rule names.
    pub action: String,
    /// True if the action was granted before.
    pub before: bool,
    /// True if the action is granted now.
    pub after: bool,
    /// The rule that decides now, if there is one.
    pub by: Option<RuleName>,
    /// An example for which the row is true.
    pub example: Example,
    /// True if some of these decisions do not change, or change in another way.
    pub partly: bool,
}

impl DecisionChange {
    /// Returns the key by which rows are sorted.
    pub(super) fn place(&self) -> impl Ord + '_ {
        let Self { selector, resource_type, name, service, action, after, .. } = self;
        (selector, resource_type, name, service, action, after)
    }
}

/// The services, types and actions of all rows. In axes from which rows are made, no rule names the last type and
/// the last action.
#[derive(Debug)]
pub(super) struct Axes {
    pub(super) services: Vec<ServiceName>,
    /// The registries that are compared separately. A row never uses a service glob that matches one of them.
    pub(super) apart: BTreeSet<ServiceName>,
    pub(super) types: Vec<ResourceType>,
    pub(super) actions: Vec<Action>,
}

/// A service, a type and an action, each as its position in [`Axes`].
pub(super) type Cell = (usize, usize, usize);

/// The number that means all services, types or actions.
const ALL: usize = usize::MAX;

/// The area that a row describes: a selector, a glob of names and a glob of services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Area {
    pub(super) selector: String,
    pub(super) name: String,
    pub(super) service: ServiceGlob,
}

/// One example, and the rule that decides it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) example: Example,
    pub(super) by: Option<RuleName>,
    /// True if the subject of the example is made up.
    pub(super) is_made_up: bool,
}

/// The answers in one cell of an area: an example of each kind of change.
#[derive(Debug, Default)]
struct Fact {
    gained: Option<Told>,
    lost: Option<Told>,
    /// True if some decision in the cell stays the same, or changes only because of another rule.
    kept: bool,
}

impl Fact {
    fn change(&mut self, after: bool) -> &mut Option<Told> {
        if after { &mut self.gained } else { &mut self.lost }
    }
}

/// All answers that a search has noted.
#[derive(Debug, Default)]
pub(super) struct Facts {
    numbers: BTreeMap<Area, usize>,
    cells: Vec<BTreeMap<Cell, Fact>>,
    /// The first change that was noted.
    first: Option<Told>,
}

/// An example of a change in a cell. The second value is true if only part of the cell changes in this way.
type Seen = (Told, bool);

impl Facts {
    /// Returns the number of an area, and adds the area if it is new.
    pub(super) fn area(&mut self, area: Area) -> usize {
        let next = self.cells.len();
        let number = *self.numbers.entry(area).or_insert(next);
        if number == next {
            self.cells.push(BTreeMap::new());
        }
        number
    }

    /// Notes the old and the new answer of one question. Returns true if the cell needs an example of the change.
    /// The cell needs an example if it has none for this change, or only an example with a made-up subject while
    /// `made_up` is false.
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

    /// Stores an example of a change.
    pub(super) fn tell(&mut self, area: usize, cell: Cell, after: bool, told: Told) {
        if let Some(fact) = self.cells.get_mut(area).and_then(|cells| cells.get_mut(&cell)) {
            self.first.get_or_insert_with(|| told.clone());
            *fact.change(after) = Some(told);
        }
    }

    /// Returns the first change; `None` if there is none.
    pub(super) fn first(&self) -> Option<&Told> {
        self.first.as_ref()
    }

    /// Returns the selectors and name globs of all areas with answers.
    pub(super) fn met(&self) -> BTreeSet<(String, String)> {
        let seen = |number: usize| self.cells.get(number).is_some_and(|cells| !cells.is_empty());
        let areas = self.numbers.iter().filter(|(_, number)| seen(**number));
        areas.map(|(area, _)| (area.selector.clone(), area.name.clone())).collect()
    }

    /// Returns all rows, sorted.
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

/// Returns the rows of one area, either for granted or for lost rights.
fn rows_of(area: &Area, cells: &BTreeMap<Cell, Fact>, after: bool, axes: &Axes) -> Vec<DecisionChange> {
    let seen = |fact: &Fact| -> Option<Seen> {
        let (own, other) = if after { (&fact.gained, &fact.lost) } else { (&fact.lost, &fact.gained) };
        own.clone().map(|told| (told, fact.kept || other.is_some()))
    };
    let changed: BTreeMap<Cell, Seen> =
        cells.iter().filter_map(|(cell, fact)| Some((*cell, seen(fact)?))).collect();
    let services: BTreeSet<usize> = cells.keys().map(|(one, _, _)| *one).collect();
    // Cells with a partial change are not merged over the actions: such changes are seldom the same for every
    // action.
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
            // A row for all other types or actions does not include those with rows of their own.
            partly: partly || no_type || no_action,
        }
    };
    rows.into_iter().map(row).collect()
}

/// Merges cells that differ only in their last number. Merges such a group of cells only if it has `all` cells, all
/// cells have the same content, and `fits` accepts each cell. Moves the last number of every cell to the front, so
/// that the next call merges by the next number.
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
