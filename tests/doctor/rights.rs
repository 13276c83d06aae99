//! Access rights: wrong passwords and keys, pulls and pushes. One image has a manifest that does not match its digest.

use crate::clinic::{Clinic, PASSWORD};
use std::process::Command;

/// Opens a clinic with an image `team/app:1`, which `writer` pushed.
fn with_image() -> Clinic {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    std::fs::write(clinic.path().join("pw"), PASSWORD).unwrap();
    for line in [
        "users create writer --password < pw",
        "users create reader --password < pw",
        "rules create writers --subject user:writer --name 'team/**' --action pull,push,delete",
    ] {
        clinic.administer(line);
    }
    let folder = clinic.path();
    let said = Command::new("sh")
        .args(["-c", "set -e; mkdir i; echo hello > i/f; tar -C i -cf l.tar f"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    let said = Command::new("skopeo")
        .args(["copy", "--insecure-policy", "--dest-tls-verify=false", "--dest-creds"])
        .arg(format!("writer:{PASSWORD}"))
        .arg(format!("tarball:{}", folder.join("l.tar").display()))
        .arg(format!("docker://{}/team/app:1", clinic.registry()))
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    clinic
}

fn ask(clinic: &Clinic, user: &str, more: &[&str]) -> crate::clinic::Diagnosis {
    let registry = clinic.registry();
    let base = [registry.as_str(), "--user", user, "--repository", "team/app", "--output", "json"];
    clinic.ask(&[&base[..], more].concat(), PASSWORD)
}

fn tags(clinic: &Clinic) -> Vec<String> {
    let folder = clinic.path().join("storage/docker/registry/v2/repositories/team/app/_manifests/tags");
    let tags = std::fs::read_dir(folder).unwrap();
    tags.map(|tag| tag.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn pulling_and_pushing() {
    let mut clinic = with_image();
    // No tag is named and there is no `latest`, so the doctor takes the first tag.
    let said = ask(&clinic, "writer", &[]);
    said.healthy();
    assert!(
        said.of("ok").iter().any(|(_, what, _)| what.contains("pulls `team/app:1`, whose digest sha256:")),
        "{said:#?}"
    );

    let said = ask(&clinic, "writer", &["--write"]);
    said.healthy();
    let pushed = said.of("ok").into_iter().find(|(check, _, _)| check == "push").unwrap();
    assert!(pushed.1.contains("was added and removed"), "{said:#?}");
    assert_eq!(tags(&clinic), ["1"], "the pushed tag was removed");
    ask(&clinic, "writer", &[]).healthy();

    let fix = ask(&clinic, "reader", &[]).one_problem("pull", "user:reader may not pull `team/app`");
    clinic.apply(&fix);
    ask(&clinic, "reader", &[]).healthy();
    let fix =
        ask(&clinic, "reader", &["--write"]).one_problem("push", "user:reader may not push to `team/app`");
    clinic.apply(&fix);
    let said = ask(&clinic, "reader", &["--write"]);
    // The right to delete is still missing, so the tag stays. A warning says so.
    said.healthy();
    assert!(said.of("warning")[0].1.contains("could not be removed"), "{said:#?}");

    ask(&clinic, "writer", &["--tag", "2"]).one_problem("pull", "there is no `team/app:2`");
}

#[test]
fn a_manifest_that_is_not_what_its_digest_says() {
    let clinic = with_image();
    // The content of the store is changed without the registry.
    let blobs = clinic.path().join("storage/docker/registry/v2/blobs/sha256");
    let said = Command::new("sh")
        .args([
            "-c",
            "f=$(grep -rl schemaVersion \"$0\"); sed -i 's/\"schemaVersion\"/ \"schemaVersion\"/' $f",
            blobs.to_str().unwrap(),
        ])
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    let said = ask(&clinic, "writer", &[]);
    assert_eq!(said.of("problem")[0].0, "pull", "{said:#?}");
}

#[test]
fn a_wrong_password() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let registry = clinic.registry();
    let arguments = [registry.as_str(), "--user", "admin", "--output", "json"];
    let said = clinic.ask(&arguments, "wrong");
    said.one_problem("credentials", "the token server refuses `admin`");
    clinic.ask(&arguments, PASSWORD).healthy();
}

#[test]
fn a_robot_whose_key_is_refused_or_that_has_no_rights() {
    let clinic = with_image();
    clinic.administer("robots create ci");
    clinic.administer("access-keys create robot:ci --name ci --output json > key.json");
    let key = std::fs::read_to_string(clinic.path().join("key.json")).unwrap();
    let key = key.split('"').find(|part| part.starts_with("ptr_")).unwrap().to_owned();
    let registry = clinic.registry();
    let arguments = [&registry, "--user", "ci", "--repository", "team/app", "--output", "json"];
    let doctor = || clinic.ask(&arguments, &key);

    let fix = doctor().one_problem("pull", "`ci` may not pull `team/app`");
    assert!(fix.contains("--subject robot:ci") && fix.contains("--subject user:ci"), "{fix}");
    let mut clinic = clinic;
    clinic.apply(&fix);
    clinic.ask(&arguments, &key).healthy();

    clinic.administer("robots update ci --disabled");
    let fix = clinic.ask(&arguments, &key).problem_of("credentials");
    for command in ["robots show ci", "access-keys list robot:ci", "users show ci"] {
        assert!(fix.contains(&format!("`portreeve {command}`")), "{fix}");
    }
    assert!(
        !fix.contains("set-password") && fix.starts_with("give the right access key, or find out"),
        "{fix}"
    );
    // The doctor also recognises Portreeve by its refusal.
    let elsewhere = [&arguments[..], &["--keys-dir", "nowhere"]].concat();
    assert_eq!(clinic.ask(&elsewhere, &key).problem_of("credentials"), fix);
    // The text that is typed as the password is not an access key of the robot.
    let fix = clinic.ask(&arguments, "wrong").problem_of("credentials");
    assert!(fix.contains("a robot has no password") && fix.contains("users set-password ci"), "{fix}");
}
