//! The pull secret for Kubernetes in `docs/operations.md`. A client can pull with the secret, and can do nothing else.

use crate::built::{must, said_by, text_of, tool};
use crate::harbour::Harbour;
use crate::said::Said;
use std::path::Path;
use std::process::Command;

/// The commands that need a cluster. The test does not run them.
const NEEDS_CLUSTER: [&str; 2] = ["kubectl apply", "kubectl patch"];

/// Returns the commands of the section, each on one line.
fn commands() -> Vec<String> {
    let text = text_of("docs/operations.md");
    let section = text.split("\n## Pull secrets of Kubernetes\n").nth(1).expect("the section is missing");
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    block.replace("\\\n    ", "").lines().map(str::to_owned).collect()
}

fn shell(folder: &Path, script: &str) -> Said {
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("timeout");
    command.args(["60", "sh", "-ec", script]).current_dir(folder).env("HOME", folder);
    said_by(command.env("PATH", format!("{}:{path}", folder.join("bin").display())))
}

#[test]
fn the_secret_that_the_commands_make_lets_a_client_pull_and_nothing_else() {
    let harbour = Harbour::open("team/**");
    let home = harbour.folder.path();
    std::fs::create_dir(home.join("bin")).unwrap();
    for (name, target) in
        [("portreeve", crate::built::program().to_owned()), ("kubectl", tool("kubectl").into())]
    {
        std::os::unix::fs::symlink(target, home.join("bin").join(name)).unwrap();
    }
    let must_run = |script: &str| {
        let said = shell(home, script);
        assert!(said.succeeded(), "{script}: {}", said.text());
        said.out
    };
    let log_in = format!(
        "echo '{}' | portreeve login http://localhost:{} --user admin",
        crate::harbour::PASSWORD,
        harbour.server
    );
    must_run(&log_in);
    let mut left_out = 0;
    for command in commands() {
        if NEEDS_CLUSTER.iter().any(|beginning| command.starts_with(beginning)) {
            left_out += 1;
            continue;
        }
        // The last command removes files that the test reads, so it does not run.
        if !command.starts_with("rm ") {
            must_run(&command.replace("registry.example.org", &harbour.registry));
        }
    }
    assert_eq!(left_out, NEEDS_CLUSTER.len(), "the section has each command of NEEDS_CLUSTER");

    let secret = "import json, sys, yaml, base64; s = yaml.safe_load(open(sys.argv[1])); \
         assert s['type'] == 'kubernetes.io/dockerconfigjson', s; \
         print(base64.b64decode(s['data']['.dockerconfigjson']).decode())";
    let python = crate::built::repository().join("target/packaging-tools/venv/bin/python");
    let file = home.join("pull-secret.yaml");
    let config = must(python.to_str().unwrap(), &["-c", secret, file.to_str().unwrap()]);
    let read: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert!(
        read["auths"][&harbour.registry]["password"].as_str().unwrap().starts_with("ptr_"),
        "the secret contains no access key"
    );
    std::fs::write(home.join("auth.json"), config).unwrap();

    must_run("echo content > content && tar -cf content.tar content");
    let image = format!("docker://{}/team/app:1", harbour.registry);
    must_run(&format!(
        "skopeo copy --dest-tls-verify=false --dest-creds '{}' tarball:content.tar {image}",
        harbour.robot
    ));
    must_run(&format!("skopeo copy --src-tls-verify=false --authfile auth.json {image} dir:pulled"));
    let pushed =
        shell(home, &format!("skopeo copy --dest-tls-verify=false --authfile auth.json dir:pulled {image}2"));
    assert!(!pushed.succeeded() && pushed.text().contains("denied"), "{}", pushed.text());
    let other = shell(
        home,
        &format!(
            "skopeo inspect --tls-verify=false --authfile auth.json docker://{}/other/app:1",
            harbour.registry
        ),
    );
    assert!(!other.succeeded() && other.text().contains("denied"), "{}", other.text());
}
