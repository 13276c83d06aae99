//! `docs/installation.md`: each way of installing fits on a screen. Every line that can run here is run, and
//! `STANDS_IN` names the check of each other line. Also the versions and the commands in `docs/upgrading.md`.

use crate::built::{VERSION, make, must, program, repository, said, text_of, tool};
use crate::own_root::Root;
use clap::CommandFactory;
use portreeve::cli::Cli;
use std::collections::BTreeSet;

const DOCUMENT: &str = "docs/installation.md";

/// The beginnings of lines that cannot run here, and the check that replaces each of them.
const STANDS_IN: &[(&str, &str)] = &[
    ("docker load", "image.rs: skopeo reads the archive in both forms that docker knows"),
    ("docker run", "image.rs: the container runs as an engine runs it, with the image's own configuration"),
    ("docker exec", "here: the program takes the command"),
    ("skopeo copy oci-archive:", "image.rs: skopeo pushes it into a registry on this machine"),
    ("tar -xzf", "packaging/release: makes the archives of packaging/compose and packaging/kubernetes"),
    ("cd compose", "packaging/release: makes the archive, which has the folder `compose`"),
    ("docker compose", "compose.rs: the schema of compose, and the services as processes"),
    ("docker login", "tests/interop: `docker login` at a registry"),
    ("helm install", "here: `helm template` with the same values"),
    ("kubectl create secret", "chart.rs: the name and the key of the secret"),
    ("kubectl exec", "here: the program takes the command"),
    ("portreeve keys init", "here: it makes what the chart mounts"),
    ("kubectl apply", "chart.rs: the schemas of Kubernetes"),
];

/// Returns the commands in the shell blocks of a section, each on one line.
pub fn commands(section: &str) -> Vec<String> {
    let text = text_of(DOCUMENT);
    let from = text.find(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section}"));
    let (mut found, mut is_open) = (Vec::new(), false);
    for line in text[from + 1..].lines().skip(1).take_while(|line| !line.starts_with("## ")) {
        match line {
            "```sh" => is_open = true,
            "```" => is_open = false,
            _ if is_open => found.push(line.to_owned()),
            _ => {}
        }
    }
    let joined = found.join("\n").replace("\\\n    ", "");
    joined.lines().map(str::to_owned).collect()
}

fn sections() -> Vec<String> {
    let text = text_of(DOCUMENT);
    text.lines().filter_map(|line| Some(line.strip_prefix("## ")?.to_owned())).collect()
}

#[test]
fn each_way_is_on_one_screen_and_each_line_is_run_or_has_a_check() {
    assert_eq!(sections(), ["One file", "Debian package", "Container", "Compose", "Kubernetes"]);
    let text = text_of(DOCUMENT);
    for part in text.split("\n## ") {
        assert!(part.lines().count() <= 40, "more than a screen: {part}");
    }
    let mut used = BTreeSet::new();
    for section in ["Container", "Compose", "Kubernetes"] {
        for command in commands(section) {
            // `compose.rs` runs these commands.
            if command.contains(".env") {
                continue;
            }
            let at = STANDS_IN.iter().position(|(beginning, _)| command.starts_with(beginning));
            used.insert(at.unwrap_or_else(|| panic!("no test or check runs the command: {command}")));
            check(&command);
        }
    }
    assert_eq!(used.len(), STANDS_IN.len(), "STANDS_IN has an entry that no command needs");
    for name in ["portreeve-0.1.0-image.tar", "portreeve_0.1.0_amd64.deb"] {
        assert!(
            text.contains(&name.replace("0.1.0", VERSION)),
            "the document names the files of this version"
        );
    }
}

#[test]
fn the_lines_for_upgrading_name_this_version_and_commands_that_there_are() {
    let text = text_of("docs/upgrading.md");
    for name in ["portreeve-0.1.0-linux-amd64", "portreeve_0.1.0_amd64.deb", "portreeve-0.1.0.tgz"] {
        let name = name.replace("0.1.0", VERSION);
        assert!(text.contains(&name), "the document names the files of this version: {name}");
    }
    let in_container: Vec<&str> =
        text.lines().filter(|line| line.contains(" portreeve portreeve ")).collect();
    assert_eq!(in_container.len(), 2, "{in_container:?}");
    in_container.iter().for_each(|line| check(line));
    assert!(must(&tool("helm"), &["upgrade", "--help"]).contains("--reset-then-reuse-values"));
}

/// Checks the part of a command that needs neither a cluster nor a container engine.
fn check(command: &str) {
    if let Some((_, inner)) =
        command.split_once(" portreeve portreeve ").or(command.split_once("-- portreeve "))
    {
        let inner = inner.split(" > ").next().unwrap();
        let words = ["portreeve"].into_iter().chain(inner.split(' '));
        assert!(Cli::command().try_get_matches_from(words).is_ok(), "`portreeve {inner}` is not a command");
    }
    if let Some(words) = command.strip_prefix("portreeve keys init") {
        let folder = tempfile::tempdir().unwrap();
        let (program, folder) = (program().to_str().unwrap(), folder.path().to_str().unwrap());
        must("sh", &["-c", &format!("cd {folder} && {program} keys init{words} && test -f secret/ca.crt")]);
    }
    if let Some(rest) = command.strip_prefix("helm install portreeve ") {
        let (package, flags) = rest.split_once(' ').unwrap();
        assert_eq!(package, format!("portreeve-{VERSION}.tgz"));
        let chart = repository().join("packaging/helm/portreeve");
        let flags: Vec<&str> = flags.split(' ').collect();
        must(&tool("helm"), &[&["template", "portreeve", chart.to_str().unwrap()][..], &flags].concat());
    }
}

#[test]
fn one_file_needs_random_bytes_and_says_so() {
    let root = tempfile::tempdir().unwrap();
    std::fs::copy(program(), root.path().join("portreeve")).unwrap();
    let in_root = |arguments: &str| {
        let run =
            format!("ulimit -c 0; cd {0} && exec chroot . /portreeve {arguments}", root.path().display());
        said("sh", &["-c", &run])
    };
    for arguments in ["serve", "config check", "keys init", "admin reset-password admin"] {
        let refused = in_root(arguments);
        let told = "portreeve: `/dev/urandom` cannot be read, so there are no random bytes: give the chroot";
        assert!(!refused.succeeded() && refused.text().starts_with(told), "{arguments}: {}", refused.text());
        assert_eq!(refused.text().lines().count(), 1, "{arguments}: {}", refused.text());
    }
    assert!(in_root("version").succeeded(), "a command without random bytes still runs");
    std::fs::create_dir(root.path().join("dev")).unwrap();
    std::fs::write(root.path().join("dev/urandom"), "").unwrap();
    let empty = in_root("serve");
    assert!(!empty.succeeded() && empty.text().contains("`/dev/urandom` cannot be read"), "{}", empty.text());
    let script = format!(
        "cd {} && mount --bind /dev/urandom dev/urandom && exec chroot . /portreeve keys init",
        root.path().display()
    );
    must("unshare", &["--mount", "sh", "-c", &script]);
}

/// Makes a root with one file of a release, and its checksum, in the folder `/release`.
fn root_with(file: &str, make_it: impl FnOnce(&std::path::Path)) -> Root {
    let root = Root::open();
    root.must("mkdir /release");
    let folder = tempfile::tempdir().unwrap();
    make_it(&folder.path().join(file));
    root.put(&folder.path().join(file), &format!("release/{file}"));
    root.must("cd /release && sha256sum * > /tmp/sums && mv /tmp/sums SHA256SUMS");
    root
}

/// Runs the commands of a section of the document. Returns the output of the last command.
fn run(root: &Root, section: &str) -> String {
    let mut printed = String::new();
    for command in commands(section) {
        // The root cannot reach other machines.
        let command = command.replace("https://auth.example.org/token", "http://localhost:5001/token");
        let command = match command.as_str() {
            "portreeve serve" => "portreeve serve > /tmp/log 2>&1 < /dev/null & \
                 for _ in $(seq 200); do curl -fs http://localhost:5001/health/ready && exit 0; sleep 0.1; done; exit 1"
                .to_owned(),
            _ => command,
        };
        printed = root.must(&format!("cd /release && {command}"));
    }
    printed
}

#[test]
fn the_lines_for_one_file_lead_to_the_configuration_of_a_registry() {
    let root = root_with(&format!("portreeve-{VERSION}-linux-amd64"), |path| {
        std::fs::copy(program(), path).unwrap();
    });
    let printed = run(&root, "One file");
    assert!(printed.contains("realm: \"http://localhost:5001/token\""), "{printed}");
}

#[test]
fn the_lines_for_the_debian_package_lead_to_the_configuration_of_a_registry() {
    let root = root_with(&format!("portreeve_{VERSION}_amd64.deb"), |path| {
        make("debian/package.sh", path, VERSION);
    });
    let printed = run(&root, "Debian package");
    assert!(printed.contains("rootcertbundle: \"/etc/docker/registry/portreeve-ca.crt\""), "{printed}");
    root.must("runuser -u portreeve -- portreeve keys list --config /etc/portreeve/portreeve.toml");
    // Only root can read the file. Root exports its settings to a command that runs as the server's account.
    root.must(
        "cp /etc/default/portreeve /tmp/default && echo PORTREEVE_DATABASE_URL=mysql://x > /etc/default/portreeve; \
         (set -a; . /etc/default/portreeve; runuser -u portreeve -- portreeve admin reset-password admin \
         --config /etc/portreeve/portreeve.toml < /dev/null); test $? = 2 && cp /tmp/default /etc/default/portreeve",
    );
    // A database that root restores belongs to the server's account.
    root.must(
        "runuser -u portreeve -- portreeve backup - --config /etc/portreeve/portreeve.toml > /tmp/kept.db \
         && mkdir /var/lib/lost && chown portreeve: /var/lib/lost \
         && portreeve restore /tmp/kept.db --database-url sqlite:///var/lib/lost/portreeve.db \
         && for file in portreeve.db portreeve.db.lock; do runuser -u portreeve -- test -w /var/lib/lost/$file || exit 1; done",
    );
    root.must("apt-get remove -qq portreeve && test -e /var/lib/portreeve/portreeve.db && apt-get purge -qq portreeve");
    root.must("test -e /var/lib/portreeve/portreeve.db && test ! -e /etc/portreeve");
}
