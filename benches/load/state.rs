//! The content of the servers: the measured subjects, ten rules that every state has, and any number of other users and
//! further rules.

use serde_json::{Value, json};

/// The number of measured users, and of measured robots.
pub const SUBJECTS: usize = 16;
/// The number of repositories for which each measured subject asks.
pub const REPOSITORIES: usize = 4;
const TEAMS: usize = 4;
/// The number of rules that every state has. The rule `admins` of the first start is one of them.
pub const OWN_RULES: u32 = 10;
const GROUP_SIZE: u32 = 20;

/// The numbers of objects besides the measured subjects and their rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct State {
    /// The number of rules about other subjects.
    pub rules: u32,
    /// The number of other users. They are in groups of twenty.
    pub users: u32,
}

/// Returns the name of a measured user.
pub fn user(number: usize) -> String {
    format!("load-user-{number:02}")
}

/// Returns the name of a measured robot.
pub fn robot(number: usize) -> String {
    format!("load-robot-{number:02}")
}

/// Returns a repository of the team of a measured subject.
pub fn repository(subject: usize, number: usize) -> String {
    format!("team-{}/app-{number}", subject % TEAMS)
}

/// Returns a repository that everybody may pull.
pub fn public_repository(number: usize) -> String {
    format!("public/app-{number}")
}

fn rule(name: &str, subject: &str, names: &str, actions: &[&str]) -> Value {
    json!({"kind": "rule", "name": name, "subjects": [subject], "names": [names], "actions": actions})
}

/// Returns the measured subjects, their teams and their rules. They are the same in every state.
fn own() -> Vec<Value> {
    let subjects = (0..SUBJECTS).flat_map(|number| {
        [json!({"kind": "user", "name": user(number)}), json!({"kind": "robot", "name": robot(number)})]
    });
    let teams = (0..TEAMS).flat_map(|team| {
        let members: Vec<String> = (0..SUBJECTS)
            .filter(|number| number % TEAMS == team)
            .flat_map(|number| [format!("user:{}", user(number)), format!("robot:{}", robot(number))])
            .collect();
        let (name, names) = (format!("load-team-{team}"), format!("team-{team}/**"));
        [
            json!({"kind": "group", "name": name, "members": members}),
            rule(&name, &format!("group:{name}"), &names, &["pull", "push"]),
        ]
    });
    let mut archive = rule("load-archive", "everyone", "archive/**", &["push"]);
    archive["effect"] = json!("deny");
    let rules = [
        rule("load-public", "everyone", "public/**", &["pull"]),
        rule("load-own", "authenticated", "${subject}/**", &["pull", "push"]),
        rule("load-cache", &format!("robot:{}", robot(0)), "cache/**", &["pull", "push"]),
        rule("load-docs", &format!("user:{}", user(0)), "docs/**", &["pull"]),
        archive,
    ];
    subjects.chain(teams).chain(rules).collect()
}

impl State {
    fn groups(&self) -> u32 {
        self.users.div_ceil(GROUP_SIZE)
    }

    /// Returns the number of all rules.
    pub fn all_rules(&self) -> u32 {
        self.rules + OWN_RULES
    }

    /// Returns one rule about other subjects. Three in four rules are about a group, one in five is about a user, and
    /// the rest are about everyone. Each rule has patterns of its own.
    fn foreign_rule(&self, number: u32) -> Value {
        let (name, names) = (format!("r{number:07}"), format!("p{number}/**"));
        let both: &[&str] = &["pull", "push"];
        match number % 20 {
            0 => rule(&name, "everyone", &names, &["pull"]),
            1..=4 => rule(&name, &format!("user:u{:06}", number % self.users.max(1)), &names, both),
            _ => rule(&name, &format!("group:g{:05}", number % self.groups().max(1)), &names, both),
        }
    }

    /// Returns all objects of the state, one at a time.
    pub fn objects(self) -> impl Iterator<Item = Value> + Send {
        let users = (0..self.users).map(|number| json!({"kind": "user", "name": format!("u{number:06}")}));
        let groups = (0..self.groups()).map(move |group| {
            let first = group * GROUP_SIZE;
            let last = (first + GROUP_SIZE).min(self.users);
            let members: Vec<String> = (first..last).map(|number| format!("user:u{number:06}")).collect();
            json!({"kind": "group", "name": format!("g{group:05}"), "members": members})
        });
        let rules = (0..self.rules).map(move |number| self.foreign_rule(number));
        own().into_iter().chain(users).chain(groups).chain(rules)
    }
}
