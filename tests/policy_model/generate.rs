//! Random policies and questions. They use small alphabets, so that the rules overlap.

use portreeve::domain::policy::{Effect, Question, Restriction, Rule, RuleFields};
use portreeve::domain::scope::ResourceScope;
use portreeve::domain::service::ServiceName;
use portreeve::domain::subject::{GroupName, Labels, Subject, SubjectRef};
use portreeve::domain::time::Timestamp;
use std::net::IpAddr;

/// Splitmix64: a seed gives the same case on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn some(&mut self, from: &[&str], at_most: usize) -> Vec<String> {
        let count = 1 + self.below(at_most);
        (0..count).map(|_| self.pick(from).to_owned()).collect()
    }
}

const SUBJECTS: [&str; 8] =
    ["user:a", "user:b", "robot:a", "group:a", "group:b", "authenticated", "anonymous", "everyone"];
/// The subjects of rules in cases with many rules for few subjects.
const CROWDED: [&str; 3] = ["group:a", "everyone", "everyone"];
const SERVICES: [&str; 6] = ["*", "*", "r", "s", "?", "r*"];
const ACTIONS: [&str; 6] = ["pull", "push", "delete", "*", "x", "pull"];
const NETWORKS: [&str; 6] =
    ["10.0.0.0/8", "10.1.0.0/16", "::ffff:10.1.0.0/112", "::/0", "2001:db8::/32", "0.0.0.0/0"];
pub const ADDRESSES: [&str; 5] = ["10.0.0.1", "10.1.0.1", "::ffff:10.1.0.9", "2001:db8::1", "192.0.2.1"];
const LABEL_VALUES: [&str; 13] =
    ["a", "b", "aa", "a/b", "*", "**", "a/", "/a", "a//b", "$", "ab", "ba", "aab"];
const PIECES: [&str; 11] =
    ["a", "b", "*", "?", "${subject}", "${group}", "${label:k}", "${label:l}", "a", "b", "*"];

const PLACED: [&str; 9] = [
    "${group}/**",
    "**/${label:k}/**",
    "**/${subject}",
    "**/${label:l}*",
    "${group}/${group}",
    "*${label:k}*/${label:k}",
    "**/*${group}*${group}*",
    "*${label:k}*${label:l}/*${label:k}*${label:l}*",
    "${subject}*${subject}/${group}/**/${group}",
];

#[derive(Debug)]
pub struct Case {
    pub rules: Vec<Rule>,
    /// The possible subjects of rules, and the number of rule names.
    among: (&'static [&'static str], usize),
    subject: Subject,
    service: ServiceName,
    scopes: Vec<ResourceScope>,
    address: Option<IpAddr>,
    at: Timestamp,
    restriction: Option<Restriction>,
}

impl Case {
    /// Builds a case without rules. One case in eight is prepared for many rules about few subjects.
    pub fn empty(dice: &mut Dice) -> Self {
        Self {
            rules: Vec::new(),
            among: if dice.one_in(8) { (&CROWDED, 40) } else { (&SUBJECTS, 12) },
            subject: Subject::anonymous(),
            service: ServiceName::parse("r").unwrap(),
            scopes: Vec::new(),
            address: None,
            at: Timestamp::from_seconds(0),
            restriction: None,
        }
    }

    pub fn random(dice: &mut Dice) -> Self {
        let mut case = Self::empty(dice);
        for _ in 0..dice.below(case.most_rules()) {
            let rule = case.random_rule(dice);
            if case.rules.iter().all(|other| other.name != rule.name) {
                case.rules.push(rule);
            }
        }
        case
    }

    /// Asks for these scopes as a member of group a.
    pub fn ask_for_group_a(&mut self, scopes: &str) {
        self.subject = Subject {
            identity: Some(SubjectRef::parse("user:a").unwrap()),
            groups: [GroupName::parse("a").unwrap()].into(),
            labels: Labels::default(),
        };
        self.scopes = scopes.split(' ').map(|scope| ResourceScope::parse(scope).unwrap()).collect();
    }

    /// Returns the greatest number of rules that this case can have.
    pub fn most_rules(&self) -> usize {
        self.among.1
    }

    pub fn question(&self) -> Question<'_> {
        Question {
            subject: &self.subject,
            service: &self.service,
            scopes: &self.scopes,
            address: self.address,
            at: self.at,
            restriction: self.restriction.as_ref(),
        }
    }

    /// Replaces the question of the case by another random question. The rules stay.
    pub fn ask_anew(&mut self, dice: &mut Dice) {
        self.subject = subject(dice);
        self.service = ServiceName::parse(dice.pick(&["r", "s", "rr"])).unwrap();
        self.scopes = (0..1 + dice.below(3)).map(|_| scope(dice)).collect();
        self.address = (!dice.one_in(4)).then(|| dice.pick(&ADDRESSES).parse().unwrap());
        self.at = Timestamp::from_seconds(dice.below(4) as i64);
        self.restriction = dice.one_in(4).then(|| restriction(dice));
    }

    pub fn random_rule(&self, dice: &mut Dice) -> Rule {
        let often = |dice: &mut Dice, n| !dice.one_in(n);
        let time = |dice: &mut Dice| {
            let at = Timestamp::from_seconds(dice.below(5) as i64);
            dice.one_in(8).then(|| at.to_string())
        };
        let fields = RuleFields {
            name: format!("r{}", dice.below(self.among.1)),
            effect: if often(dice, 4) { Effect::Allow } else { Effect::Deny },
            subjects: dice.some(self.among.0, 3),
            services: dice.some(&SERVICES, 2),
            resource_type: dice.pick(&["repository", "repository", "*", "registry"]).to_owned(),
            names: (0..1 + dice.below(2)).map(|_| name_glob(dice)).collect(),
            actions: dice.some(&ACTIONS, 3),
            networks: if often(dice, 4) { vec![] } else { dice.some(&NETWORKS, 2) },
            not_before: time(dice),
            not_after: time(dice),
            priority: dice.pick(&[0, 0, 0, 1, -1]),
            enabled: often(dice, 10),
            description: String::new(),
        };
        Rule::try_from(fields).unwrap()
    }
}

/// Returns a glob. It often matches many names, so that the rest of the rule matters.
fn name_glob(dice: &mut Dice) -> String {
    match dice.below(11) {
        0 | 1 => "**".to_owned(),
        2 | 3 => dice.pick(&PLACED).to_owned(),
        4..=6 => path(dice),
        _ => glob(dice, true),
    }
}

/// Returns a pattern of some literal segments, perhaps with another kind of segment at the end.
fn path(dice: &mut Dice) -> String {
    let mut segments: Vec<&str> = (0..1 + dice.below(5)).map(|_| dice.pick(&["a", "b"])).collect();
    segments.extend(dice.pick(&[None, Some("**"), Some("**"), Some("*"), Some("${group}")]));
    segments.join("/")
}

pub fn glob(dice: &mut Dice, placeholders: bool) -> String {
    loop {
        let segments = (0..1 + dice.below(3)).map(|_| match dice.below(4) {
            0 => "**".to_owned(),
            _ => (0..1 + dice.below(2)).map(|_| dice.pick(&PIECES)).collect(),
        });
        let text = segments.collect::<Vec<String>>().join("/");
        let parsed = portreeve::domain::policy::NameGlob::parse(&text);
        if parsed.is_ok_and(|glob| placeholders || !glob.has_placeholder()) {
            return text;
        }
    }
}

pub fn subject(dice: &mut Dice) -> Subject {
    if dice.one_in(5) {
        return Subject::anonymous();
    }
    let groups = ["a", "b", "ab"].into_iter().filter(|_| dice.one_in(2));
    let groups = groups.map(|g| GroupName::parse(g).unwrap()).collect();
    let mut labels = Vec::new();
    for key in ["k", "l"] {
        if dice.one_in(2) {
            labels.push((key.to_owned(), dice.some(&LABEL_VALUES, 5)));
        }
    }
    Subject {
        identity: Some(SubjectRef::parse(dice.pick(&["user:a", "user:b", "robot:a", "robot:b"])).unwrap()),
        groups,
        labels: Labels::parse(labels).unwrap(),
    }
}

pub fn scope(dice: &mut Dice) -> ResourceScope {
    loop {
        let kind = dice.pick(&["repository", "repository", "registry"]);
        let pieces: &[&str] = if kind == "repository" {
            &["a", "b", "aa", "ab", "a", "b", "/", "/"]
        } else {
            &["a", "b", "aa", "/", "/", "*", "?", "$"]
        };
        let name: String = if dice.one_in(4) {
            (0..1 + dice.below(6)).map(|_| dice.pick(&["a", "b"])).collect::<Vec<_>>().join("/")
        } else {
            (0..1 + dice.below(5)).map(|_| dice.pick(pieces)).collect()
        };
        let actions = dice.some(&ACTIONS, 3).join(",");
        if let Some(scope) = ResourceScope::parse(&format!("{kind}:{name}:{actions}")) {
            return scope;
        }
    }
}

fn restriction(dice: &mut Dice) -> Restriction {
    let entries: Vec<String> = (0..1 + dice.below(2))
        .map(|_| {
            let kind = dice.pick(&["repository", "registry", "*"]);
            let name = if dice.one_in(2) { "**".to_owned() } else { glob(dice, false) };
            format!("{kind}:{name}:{}", dice.some(&ACTIONS, 2).join(","))
        })
        .collect();
    Restriction::parse(&entries).unwrap()
}
