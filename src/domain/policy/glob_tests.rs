use super::*;
use crate::domain::policy::ServiceGlob;
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::service::ServiceName;
use crate::domain::subject::{GroupName, Labels, Subject, SubjectRef};

fn name(text: &str) -> ResourceName {
    ResourceName::parse(&ResourceType::parse("any").unwrap(), text).unwrap()
}

fn alice() -> Subject {
    let labels = [
        ("team", vec!["web", "api/core", "*", "..", "a/", "/b", "x//y"]),
        ("stage", vec!["dev", "prod"]),
        ("none", vec![]),
    ];
    Subject {
        identity: Some(SubjectRef::parse("user:alice").unwrap()),
        groups: ["web", "ops"].map(|g| GroupName::parse(g).unwrap()).into(),
        labels: Labels::parse(
            labels.map(|(key, values)| (key.to_owned(), values.into_iter().map(str::to_owned).collect())),
        )
        .unwrap(),
    }
}

/// (pattern, names that match, names that do not match)
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

fn check(table: &[Row]) {
    let alice = alice();
    for (pattern, fits, fails) in table {
        let glob = NameGlob::parse(pattern).unwrap();
        assert_eq!(glob.to_string(), *pattern);
        for text in *fits {
            assert!(glob.matches(&name(text), &alice), "`{pattern}` `{text}`");
        }
        for text in *fails {
            assert!(!glob.matches(&name(text), &alice), "`{pattern}` `{text}`");
        }
    }
}

#[test]
fn stars_stay_inside_their_segment_and_double_stars_cross() {
    check(&[
        ("team/app", &["team/app"], &["team", "team/app/x", "team/appx", "xteam/app"]),
        ("*", &["a", "abc"], &["a/b", "/", "a/", "/a"]),
        ("a*", &["a", "ab"], &["ba", "a/b"]),
        ("*a*b", &["ab", "xaxxb", "aabb"], &["ba", "a/b", "abx"]),
        ("a/*/b", &["a/x/b"], &["a/b", "a/x/y/b", "a//b"]),
        ("a?c", &["abc"], &["ac", "a/c", "abbc"]),
        ("team/**", &["team/a", "team/a/b"], &["team", "teams/a"]),
        ("**", &["a", "a/b/c", "/", "//", "a/", "a//b"], &[]),
        ("a/**/b", &["a/b", "a/x/b", "a/x/y/b", "a/b/b"], &["a", "ab", "a/bb", "xa/b", "a/b/c"]),
        ("**/b", &["b", "a/b", "a/a/b"], &["ab", "b/a", "a/b/c"]),
        ("**/**", &["a", "a/b"], &[]),
        ("**/*/b", &["a/b", "x/a/b"], &["b"]),
        ("a/**/*", &["a/b", "a/b/c"], &["a"]),
        ("**/x*/**", &["x/a", "a/xy/b"], &["x", "a/x", "ax/b"]),
        ("a$b{c}", &["a$b{c}"], &["ab"]),
        ("[a-z]", &["[a-z]"], &["a"]),
    ]);
}

#[test]
fn an_empty_segment_of_a_name_is_swallowed_by_double_stars_only() {
    check(&[
        ("a/**/b", &["a//b", "a///b"], &[]),
        ("a/**", &["a/", "a//"], &["a"]),
        ("**/b", &["/b", "//b"], &[]),
        ("a/*", &["a/b"], &["a/", "a//"]),
        ("*/b", &["a/b"], &["/b"]),
        ("a/*/**", &["a/b/"], &["a//b"]),
    ]);
}

#[test]
fn placeholders_stand_for_literal_text() {
    check(&[
        ("${subject}/**", &["alice/x"], &["bob/x", "alice", "Alice/x"]),
        ("${group}/**", &["web/x", "ops/x/y"], &["alice/x", "we/x"]),
        ("x-${group}-y", &["x-web-y"], &["x-api-y", "x--y"]),
        ("${label:team}/**", &["web/x", "api/core/x", "*/x", "../x"], &["api/x", "zzz/x", "a//x"]),
        ("${label:team}", &["web", "*", ".."], &["zzz", "a/", "/b", "x//y", "a"]),
        ("${label:team}*", &["web", "webs", "a/b"], &["a/", "zzz"]),
        ("p${label:team}", &["pweb", "papi/core", "p/b"], &["p/", "px//y"]),
        ("${label:none}/**", &[], &["none/x", "/x"]),
        ("${label:unset}/**", &[], &["unset/x", "/x", "${label:unset}/x"]),
        ("**/${group}", &["web", "a/ops"], &["a/opsx"]),
    ]);
}

#[test]
fn one_placeholder_has_one_value_throughout_and_different_ones_combine() {
    check(&[
        ("${group}/${group}", &["web/web", "ops/ops"], &["web/ops", "ops/web"]),
        ("${group}/${label:stage}", &["web/dev", "ops/prod"], &["web/web"]),
        (
            "${group}/${label:stage}/${group}-${label:stage}",
            &["web/dev/web-dev", "ops/prod/ops-prod"],
            &["web/dev/ops-dev", "web/dev/web-prod"],
        ),
        ("${group}/*${group}*/${group}", &["web/webweb/web", "ops/xopsx/ops"], &["web/ops/web"]),
        ("${group}${group}${subject}", &["webwebalice"], &["webopsalice", "webalice"]),
    ]);
}

#[test]
fn a_pattern_with_a_placeholder_fits_nothing_anonymous_asks() {
    let nobody = Subject { identity: None, ..alice() };
    for pattern in ["${group}", "${subject}", "${label:team}", "**/${group}/**"] {
        let glob = NameGlob::parse(pattern).unwrap();
        for text in ["web", "alice", "anonymous", "web/x"] {
            assert!(!glob.matches(&name(text), &nobody), "{pattern}");
        }
    }
    assert!(NameGlob::parse("**").unwrap().matches(&name("web"), &nobody));
}

#[test]
fn nonsense_is_refused_with_its_position() {
    let long = "a".repeat(513);
    let table = [
        ("", "byte 0: the pattern is empty"),
        (long.as_str(), "byte 512: the pattern has 513 bytes"),
        ("/a", "byte 0: an empty segment"),
        ("a//b", "byte 2: an empty segment"),
        ("a/", "byte 2: an empty segment"),
        ("a/b**", "byte 3: `**` must be a whole segment"),
        ("***", "byte 0: `**` must be a whole segment"),
        ("${subject}**", "byte 10: `**` must be a whole segment"),
        ("a\nb", "byte 1: a control character"),
        ("\u{e9}\u{85}", "byte 2: a control character"),
        ("x/${account}", "byte 2: `${account}` is not a placeholder"),
        ("${", "byte 0: `${` is not a placeholder"),
        ("${subject", "byte 0: `${subject` is not a placeholder"),
        ("${sub/ject}", "byte 0: `${sub` is not a placeholder"),
        ("${label:}", "byte 0: `${label:}` is not a placeholder"),
        ("${label:Team}", "byte 0: `${label:Team}` is not a placeholder"),
        ("${group}${${subject}", "byte 8: `${${subject}` is not a placeholder"),
        (
            "${group}${group}/${subject}${subject}/${label:a}${label:a}",
            "byte 48: a third placeholder occurs more than once",
        ),
    ];
    for (text, message) in table {
        let error = NameGlob::parse(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
    let plain = NameGlob::parse_plain("a/${group}").unwrap_err();
    assert_eq!(plain, InvalidGlob::PlaceholderRefused { at: 2 });
}

#[test]
fn hostile_patterns_are_decided_in_good_time() {
    let lengths = |step: usize| (1..256).step_by(step).map(|n| "a".repeat(n)).collect();
    let subject = Subject {
        labels: Labels::parse([
            ("a".to_owned(), lengths(1)),
            ("b".to_owned(), lengths(1)),
            ("c".to_owned(), lengths(1)),
        ])
        .unwrap(),
        ..alice()
    };
    let target = name(&"a".repeat(255));
    for pattern in [
        format!("{}b", "*a".repeat(250)),
        format!("{}b", "**/".repeat(170)),
        format!("*{}b", "?*".repeat(250)),
        "*${label:a}*${label:b}*${label:a}*${label:b}*b".to_owned(),
        format!("*${{label:a}}*${{label:b}}{}${{label:a}}${{label:b}}b", "*?".repeat(80)),
        "${label:a}${label:b}${label:c}${label:a}${label:b}b".to_owned(),
    ] {
        let glob = NameGlob::parse(&pattern).unwrap();
        let begun = std::time::Instant::now();
        assert!(!glob.matches(&target, &subject), "{pattern}");
        // Exponential time would take hours. The bound leaves room for an unoptimised build on a busy machine.
        assert!(begun.elapsed().as_secs() < 20, "{pattern}: {:?}", begun.elapsed());
    }
}

#[test]
fn service_patterns_know_stars_and_question_marks_only() {
    let table: &[Row] = &[
        ("*", &["a", "a/b c"], &[]),
        ("registry", &["registry"], &["registry2", "Registry"]),
        ("*.example.org", &["a.example.org", "a/b.example.org"], &["example.org", "a.example.com"]),
        ("r?g", &["reg", "r/g"], &["rg", "reeg"]),
        ("**", &["a"], &[]),
        ("a*b*c", &["abc", "axbxbxc"], &["ab", "acb"]),
        ("*a", &["a", "aa", "ba"], &["ab"]),
    ];
    for (pattern, fits, fails) in table {
        let glob = ServiceGlob::parse(pattern).unwrap();
        for (texts, expected) in [(fits, true), (fails, false)] {
            for text in *texts {
                let service = ServiceName::parse(text).unwrap();
                assert_eq!(glob.matches(&service), expected, "`{pattern}` `{text}`");
            }
        }
    }
    for text in ["", "${subject}", "a\0", &"a".repeat(513)] {
        assert!(ServiceGlob::parse(text).is_err(), "{text}");
    }
}
