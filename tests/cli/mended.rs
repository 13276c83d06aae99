//! The commands that lint prints must end its warnings, and the commands that set up a registry must run. A shell runs
//! each command in a folder with the files `a` and `b`, because the shell would expand an unquoted `*` to their names.

use crate::advice::{answered, told};
use crate::helpers::App;
use crate::program::Shell;
use crate::world::{Filling, World, repository};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SLOW: &str = "slow-pattern";

/// A rule called `odd` that gets a warning, and the other rules that cause the warning.
struct Case {
    code: &'static str,
    odd: Value,
    others: Vec<(&'static str, Value)>,
}

fn case(code: &'static str, odd: Value) -> Case {
    Case { code, odd, others: Vec::new() }
}

impl Case {
    fn beside(mut self, name: &'static str, rule: Value) -> Self {
        self.others.push((name, rule));
        self
    }
}

/// Builds a rule with these fields. Its other fields are harmless.
fn rule(fields: Value) -> Value {
    let mut rule = json!({"subjects": ["user:bob"], "names": ["team/**"], "actions": ["pull"]});
    rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    rule
}

fn cases() -> Vec<Case> {
    let freeze =
        rule(json!({"effect": "deny", "subjects": ["everyone"], "actions": ["push"], "priority": 10}));
    let team = rule(json!({"actions": ["pull", "push"]}));
    let freeze_again = freeze.clone();
    vec![
        case("unknown-subject", rule(json!({"subjects": ["group:none"]}))),
        case("unknown-subject", rule(json!({"subjects": ["user:nobody", "user:bob"]}))),
        case("unknown-subject", rule(json!({"subjects": ["robot:none"]}))),
        case("unknown-subject", rule(json!({"subjects": ["user:ci"]}))),
        case("no-subjects", rule(json!({"subjects": ["user:gone"]}))),
        case("shadowed-by-deny", rule(json!({}))).beside("no", rule(json!({"effect": "deny"}))),
        case("shadowed-by-tier", rule(json!({}))).beside("top", rule(json!({"priority": 3}))),
        case("shadowed-by-tier", team.clone()).beside("top", freeze.clone()),
        case("shadowed-by-tier", team.clone()).beside("top", rule(json!({"priority": 3}))),
        case("hides-lower-tier", freeze.clone()).beside("team", team.clone()),
        case("hides-lower-tier", rule(json!({"priority": 3}))).beside("team", team.clone()),
        case("hides-lower-tier", freeze)
            .beside("team", rule(json!({"actions": ["pull", "push"], "priority": -2})))
            .beside("other", rule(json!({"subjects": ["authenticated"], "names": ["**"], "priority": -2}))),
        case("hides-lower-tier", rule(json!({"subjects": ["everyone"], "priority": 3}))).beside("team", team),
        case("hides-lower-tier", rule(json!({"names": ["**"], "priority": 3})))
            .beside("team", rule(json!({"actions": ["pull", "push"]}))),
        case("hides-lower-tier", freeze_again.clone())
            .beside("again", freeze_again)
            .beside("team", rule(json!({"actions": ["pull", "push"]}))),
        case("hides-lower-tier", rule(json!({"priority": 3})))
            .beside("other", rule(json!({"actions": ["delete"], "priority": 3})))
            .beside("team", rule(json!({"actions": ["pull", "push"]}))),
        case("expired", rule(json!({"not_after": "2020-01-01T00:00:00Z"}))),
        case(
            "never-holds",
            rule(json!({"not_before": "2041-01-01T00:00:00Z", "not_after": "2040-01-01T00:00:00Z"})),
        ),
        case("impossible-name", rule(json!({"names": ["Team/**"]}))),
        case("impossible-name", rule(json!({"names": ["team/[ab]*"]}))),
        case("impossible-name", rule(json!({"names": ["team/[ab]*", "b*"]}))),
        case("impossible-name", rule(json!({"names": ["localhost:5000/*"]}))),
        case("impossible-name", rule(json!({"names": ["team/app:1.0"]}))),
        case("impossible-name", rule(json!({"names": ["*-/x", "*"]}))),
        case("unknown-service", rule(json!({"services": ["no such"]}))),
        case("unknown-service", rule(json!({"services": ["no*", "reg*"]}))),
        case("unknown-type", rule(json!({"type": "repo"}))),
        case("unknown-action", rule(json!({"actions": ["read"]}))),
        case("unknown-action", rule(json!({"actions": ["frobnicate", "pull"]}))),
        case("unknown-action", rule(json!({"actions": ["frobnicate"]}))),
        case("catalog-is-registry", rule(json!({"names": ["catalog"], "actions": ["*"]}))),
        case("catalog-is-registry", rule(json!({"names": ["_catalog", "a*"]}))),
        case("push-without-pull", rule(json!({"actions": ["push"]}))),
        case("anonymous-placeholder", rule(json!({"subjects": ["anonymous"], "names": ["${subject}/**"]}))),
        case("anonymous-write", rule(json!({"subjects": ["everyone"], "actions": ["pull", "push"]}))),
        case("anonymous-write", rule(json!({"subjects": ["anonymous"], "actions": ["*"]}))),
        case("anonymous-only", rule(json!({"subjects": ["anonymous"]}))),
        case("everyone-everything", rule(json!({"subjects": ["everyone"], "actions": ["*"]}))),
    ]
}

/// Returns the codes of warnings that the API document lists.
fn documented() -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository().join("docs/api.md")).unwrap();
    let table = text.split("| code | the rule |\n").nth(1).unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let codes = rows.flat_map(|row| row.split('|').nth(1).unwrap().split(','));
    codes.map(|code| code.trim().trim_matches('`').to_owned()).collect()
}

/// Writes the objects of a case before a command is tried.
async fn lay_out(app: &App, case: &Case) {
    for path in ["/groups/none", "/robots/none", "/users/nobody", "/services/no%20such"] {
        app.api("DELETE", path, Value::Null).await;
    }
    let rules = app.must("GET", "/rules", Value::Null).await;
    for rule in rules["items"].as_array().unwrap() {
        let name = rule["name"].as_str().unwrap();
        if name != "admins" {
            app.must("DELETE", &format!("/rules/{name}"), Value::Null).await;
        }
    }
    app.must("PUT", "/users/gone", json!({})).await;
    app.rule("odd", case.odd.clone()).await;
    for (name, rule) in &case.others {
        app.rule(name, rule.clone()).await;
    }
    app.must("DELETE", "/users/gone?cascade=true", Value::Null).await;
}

/// Returns the warnings of lint with this code about the rule `odd`.
async fn warned(shell: &Shell, code: &str) -> Vec<String> {
    let said = shell.script("portreeve rules lint -o json").await;
    let all: Vec<Value> = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let own = all.into_iter().filter(|one| one["rule"] == "odd" && one["code"] == code);
    own.map(|one| one["message"].as_str().unwrap().to_owned()).collect()
}

/// Returns the actions that three non-administrators may do on two repositories. If the rule `odd` allows, leaves out
/// the actions that it names.
async fn allowed(app: &App, odd: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for subject in ["anonymous", "user:bob", "user:carol"] {
        let scope = "repository:team/app:pull,push,delete repository:else:pull,push,delete";
        let question = json!({"subject": subject, "service": "registry", "scope": scope});
        let answer = app.must("POST", "/check", question).await;
        let told = answer["why"].as_array().unwrap();
        assert_eq!(told.len(), 6, "{answer}");
        for one in told.iter().filter(|one| one["granted"] == true) {
            let is_own =
                odd["effect"] != "deny" && odd["actions"].as_array().unwrap().contains(&one["action"]);
            if !is_own {
                all.insert(format!("{subject} {} {}", one["name"], one["action"]));
            }
        }
    }
    all
}

/// If a rule hides other rules, a printed command permits nothing that is denied without the hiding rule, except the
/// actions that this rule itself allows.
#[tokio::test(flavor = "multi_thread")]
async fn no_command_for_a_rule_that_hides_others_gives_anybody_more() {
    let app = App::spawn().await;
    app.user("bob").await;
    app.user("carol").await;
    let shell = Shell::of_admin(&app).await;
    for case in cases().into_iter().filter(|case| case.code == "hides-lower-tier") {
        lay_out(&app, &case).await;
        let commands: Vec<String> =
            warned(&shell, case.code).await.iter().flat_map(|message| told(message)).collect();
        app.must("DELETE", "/rules/odd", Value::Null).await;
        let before = allowed(&app, &case.odd).await;
        for command in commands {
            lay_out(&app, &case).await;
            shell.script(&answered(&command)).await.ok();
            let after = allowed(&app, &case.odd).await;
            assert!(after.is_subset(&before), "{}: {command}: {after:?}, before {before:?}", case.odd);
        }
    }
}

/// Tries a rule with slow patterns, as an old release accepted it. The test writes the rule to the database, because
/// the API now refuses slow patterns.
async fn each_command_for_a_slow_rule_ends_the_warning(mut app: App) {
    let slow = json!(vec!["*${label:a}*${label:b}*${label:a}*${label:b}*"; 100]);
    let case = case(SLOW, rule(json!({})));
    lay_out(&app, &case).await;
    app.stop().await;
    let update = format!("UPDATE rules SET names = '{slow}' WHERE name = 'odd'");
    crate::database::run(&app.folder.database_url(), &update).await;
    let app = App::spawn_on(app.folder).await;
    let shell = Shell::of_admin(&app).await;
    let messages = warned(&shell, SLOW).await;
    let commands: Vec<String> = messages.iter().flat_map(|message| told(message)).collect();
    assert_eq!(commands.len(), 1, "{messages:?}");
    shell.script(&answered(&commands[0])).await.ok();
    assert!(warned(&shell, SLOW).await.is_empty(), "warnings remain after {commands:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_that_lint_tells_to_run_ends_the_warning() {
    let app = App::spawn().await;
    app.user("bob").await;
    app.must("PUT", "/robots/ci", json!({})).await;
    let shell = Shell::of_admin(&app).await;
    for name in ["a", "b"] {
        std::fs::write(shell.home.path().join(name), "").unwrap();
    }
    let mut tried = BTreeSet::new();
    for case in cases() {
        lay_out(&app, &case).await;
        let messages = warned(&shell, case.code).await;
        let commands: Vec<String> = messages.iter().flat_map(|message| told(message)).collect();
        assert!(!commands.is_empty(), "{} of {}: {messages:?}", case.code, case.odd);
        for command in commands {
            lay_out(&app, &case).await;
            let said = shell.script(&answered(&command)).await;
            assert_eq!(said.code, 0, "{}: {command}: {said:?}", case.code);
            let left = warned(&shell, case.code).await;
            assert!(left.is_empty(), "these warnings are left after {command} from {messages:?}: {left:?}");
        }
        tried.insert(case.code.to_owned());
    }
    each_command_for_a_slow_rule_ends_the_warning(app).await;
    tried.insert(SLOW.to_owned());
    assert_eq!(tried, documented(), "each code is tried, and is in docs/api.md");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_that_the_set_up_of_a_registry_tells_to_run_succeeds() {
    let world = World::build(Filling::Nothing).await;
    for (name, flags) in [
        ("'zot *'", "--profile zot"),
        ("\"it's\"", "--profile custom --trust jwks"),
        ("-x", "--profile custom --trust certificate"),
    ] {
        let script = format!(
            "portreeve services create {flags} -- {name} || exit 9\n\
             portreeve services config -- {name} 2>said >/dev/null || exit 8\n\
             grep -o '`portreeve [^`]*`' said | tr -d '`' > advice; test -s advice || exit 7\n\
             while read -r command <&3; do echo \"$command\"; eval \"$command\" || exit 6; done 3<advice"
        );
        let ran = world.run(&script, true).await;
        assert_eq!(ran.code(), 0, "{name}: {}", ran.text());
        assert!(ran.text().matches("portreeve keys rotate").count() >= 2, "{}", ran.text());
    }
}
