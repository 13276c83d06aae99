//! The Debian package. dpkg installs, upgrades, removes and purges it in a separate root.

use crate::built::{VERSION, make, must, repository, said, text_of};
use crate::own_root::Root;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The realm in the texts of the package, and the realm in the root, which cannot reach another machine.
const REALM: (&str, &str) = ("https://auth.example.org/token", "http://localhost:5001/token");

/// Builds the package in several versions.
fn packages<const N: usize>(versions: [&str; N]) -> (TempDir, [PathBuf; N]) {
    let folder = tempfile::tempdir().unwrap();
    let packages = versions.map(|version| {
        let package = folder.path().join(format!("portreeve_{version}.deb"));
        make("debian/package.sh", &package, version);
        package
    });
    (folder, packages)
}

fn install(root: &Root, package: &Path) -> crate::said::Said {
    let name = package.file_name().unwrap().to_str().unwrap();
    root.put(package, &format!("tmp/{name}"));
    root.said(&format!("dpkg --install /tmp/{name}"))
}

/// Returns the commands that are indented in dpkg's output, with the realm of the root.
fn printed_commands(text: &str) -> Vec<String> {
    let commands = text.lines().filter_map(|line| line.strip_prefix("    "));
    commands.map(|line| line.replace(REALM.0, REALM.1)).collect()
}

/// Adds a robot that may pull and push below `team`, and writes its key to `/root/key`.
fn add_robot(root: &Root) {
    root.must(
        "portreeve robots create ci && \
         portreeve rules create ci --subject robot:ci --name 'team/**' --action pull,push && \
         portreeve access-keys create robot:ci --name build --quiet > /root/key",
    );
}

/// Pushes an image as the robot to the registry in the root.
fn push(root: &Root, repository: &str) -> crate::said::Said {
    root.said(&format!(
        "cd /root && echo content > content && tar -cf content.tar content && \
         skopeo copy --dest-tls-verify=false --dest-creds \"ci:$(cat key)\" tarball:content.tar \
         docker://localhost:5000/{repository}:1"
    ))
}

/// Gets a token with the robot's rights. Fails if the server issues none.
fn token(root: &Root) {
    let scope = "repository:team/app:pull";
    let asked = format!(
        "curl -fsS -u \"ci:$(cat /root/key)\" 'http://localhost:5001/token?service=registry&scope={scope}'"
    );
    assert!(root.must(&asked).contains("\"access_token\""));
}

/// Checks that the installed server sends the console's page and script exactly as in the repository.
fn console(root: &Root) {
    for (path, file) in [("", "index.html"), ("app.js", "app.js")] {
        root.must(&format!("curl -fsS -o /root/console http://localhost:5001/console/{path}"));
        let sent = std::fs::read(root.outside("root/console")).unwrap();
        let committed = std::fs::read(repository().join("console/dist").join(file)).unwrap();
        assert!(sent == committed, "{file}: {} bytes instead of {}", sent.len(), committed.len());
    }
}

/// Returns the process id of the server.
fn process(root: &Root) -> String {
    root.must("cat /run/portreeve.pid")
}

/// Describes the server's data: modes and owners of the files, and the digest of the CA's key. No upgrade and no
/// removal may change them.
fn kept(root: &Root) -> String {
    root.must(
        "cd /var/lib/portreeve && stat -c '%n %a %U' . portreeve.db keys keys/*.key && sha256sum keys/ca.key",
    )
}

/// Starts a registry with the configuration in this output of the last printed command.
fn start_registry(root: &Root, configuration: &str) {
    let start = configuration.find("auth:").expect("the configuration of a registry is printed");
    let config = format!(
        "version: 0.1\nstorage: {{filesystem: {{rootdirectory: /root/registry}}}}\n\
         http: {{addr: \"127.0.0.1:5000\"}}\n{}",
        &configuration[start..]
    );
    std::fs::write(root.outside("root/registry.yml"), config).unwrap();
    root.must("docker-registry serve /root/registry.yml > /root/registry.log 2>&1 < /dev/null &");
    root.must(
        "for _ in $(seq 100); do curl -so /dev/null localhost:5000/v2/ && exit 0; sleep 0.1; done; \
         cat /root/registry.yml /root/registry.log; exit 1",
    );
}

#[test]
fn the_printed_lines_lead_to_a_first_push_and_no_upgrade_or_removal_takes_data() {
    let (_folder, [first, second, third]) = packages([VERSION, "1000.1", "1000.2"]);
    let root = Root::open();

    // After the installation there are an account and an enabled unit, and no process.
    let said = install(&root, &first);
    assert!(said.succeeded(), "{}", said.text());
    assert!(root.said("systemctl --quiet is-active portreeve.service").text().is_empty());
    root.must("test ! -e /run/portreeve.pid && test -h /etc/systemd/system/multi-user.target.wants/portreeve.service");
    let modes = "stat -c '%n %a %U' /var/lib/portreeve /etc/default/portreeve /etc/portreeve/portreeve.toml";
    let expected = "/var/lib/portreeve 700 portreeve\n/etc/default/portreeve 600 root\n/etc/portreeve/portreeve.toml 644 root\n";
    assert_eq!(root.must(modes), expected);
    root.must("echo 'PORTREEVE_LOG_FORMAT=json' >> /etc/default/portreeve");

    // The printed lines are run as they are printed, apart from the realm.
    let commands = printed_commands(&said.text());
    assert_eq!(commands.len(), 4, "{}", said.text());
    let mut printed = String::new();
    for command in &commands {
        printed = root.must(command);
    }
    assert!(
        root.must("cat /run/portreeve.log").contains("{\"timestamp\""),
        "the server reads the environment file"
    );
    add_robot(&root);
    start_registry(&root, &printed);
    let pushed = push(&root, "team/app");
    assert!(pushed.succeeded(), "{}", pushed.text());
    assert!(!push(&root, "other/app").succeeded(), "the robot may not push to `other/app`");
    console(&root);

    // An upgrade restarts the server, and keeps the edited files.
    root.must(
        "sed -i 's/^#services = .*/services = [\"registry\", \"mirror\"]/' /etc/portreeve/portreeve.toml",
    );
    let (settings, data, process_before) = (root.must("cat /etc/portreeve/*"), kept(&root), process(&root));
    let said = install(&root, &second);
    assert!(said.succeeded(), "{}", said.text());
    assert!(printed_commands(&said.text()).is_empty(), "an upgrade prints no first steps: {}", said.text());
    assert_eq!(root.must("cat /etc/portreeve/*"), settings);
    assert_eq!(kept(&root), data);
    assert_ne!(process(&root), process_before);
    assert!(root.must("portreeve services list").contains("mirror"));
    token(&root);

    // An upgrade with unusable settings fails: the old server continues, and dpkg shows the reason.
    root.must("echo 'no_such_setting = 1' >> /etc/portreeve/portreeve.toml");
    let process_before = process(&root);
    let said = install(&root, &third);
    assert!(
        !said.succeeded() && said.text().contains("`no_such_setting` is not a setting"),
        "{}",
        said.text()
    );
    assert!(said.text().contains("the old release keeps running"), "{}", said.text());
    assert_eq!(process(&root), process_before);
    token(&root);
    root.must("sed -i '/no_such_setting/d' /etc/portreeve/portreeve.toml && dpkg --configure portreeve");
    assert_ne!(process(&root), process_before);
    token(&root);

    // A removal stops the server, and keeps data and settings. A purge deletes the settings, and keeps data and
    // account.
    root.must(
        "dpkg --remove portreeve && test ! -e /usr/bin/portreeve && test -e /etc/portreeve/portreeve.toml",
    );
    assert!(!root.said("curl -s http://localhost:5001/health/live").succeeded());
    assert_eq!(kept(&root), data);
    let purged = root.must("dpkg --purge portreeve");
    assert!(purged.contains("are still in /var/lib/portreeve"), "{purged}");
    root.must("test ! -e /etc/portreeve/portreeve.toml && test ! -e /etc/default/portreeve && getent passwd portreeve");
    assert_eq!(kept(&root), data);
    let links = root.must("find /etc/systemd -name '*portreeve*'");
    assert_eq!(links, "", "no file of the unit is left");

    // After a new installation, the server continues with its old data.
    let said = install(&root, &second);
    assert!(said.succeeded(), "{}", said.text());
    root.must("systemctl start portreeve");
    token(&root);
}

#[test]
fn a_release_with_another_schema_saves_the_database_before_it_comes() {
    let (folder, [first]) = packages([VERSION]);
    // The second package is the first package with a later version. Its `preinst` names one more step of the schema,
    // like that of a next release.
    let (tree, next) = (folder.path().join("tree"), folder.path().join("portreeve_1000.1.deb"));
    let (tree, next) = (tree.to_str().unwrap(), next.to_str().unwrap());
    must("dpkg-deb", &["--raw-extract", first.to_str().unwrap(), tree]);
    let preinst = std::fs::read_to_string(format!("{tree}/DEBIAN/preinst")).unwrap();
    let schema = portreeve::app::newest_schema();
    assert!(preinst.contains(&format!("\nschema={schema}\n")), "{preinst}");
    let raised = preinst.replace(&format!("schema={schema}"), &format!("schema={}", schema + 1));
    std::fs::write(format!("{tree}/DEBIAN/preinst"), raised).unwrap();
    must("sed", &["-i", "s/^Version:.*/Version: 1000.1/", &format!("{tree}/DEBIAN/control")]);
    must("dpkg-deb", &["--root-owner-group", "-Znone", "--build", tree, next]);

    let root = Root::open();
    let said = install(&root, &first);
    assert!(said.succeeded(), "{}", said.text());
    root.must("systemctl start portreeve");
    let said = install(&root, Path::new(next));
    assert!(said.succeeded(), "{}", said.text());
    let backup = format!("/var/lib/portreeve/backups/before-schema-{}.db", schema + 1);
    assert!(said.text().contains(&backup), "{}", said.text());
    assert_eq!(root.must(&format!("stat -c '%a %U' {backup}")), "600 portreeve\n");
    let check = format!(
        "runuser -u portreeve -- portreeve config check --database-url sqlite://{backup} --keys-dir /var/lib/portreeve/keys"
    );
    assert!(root.must(&check).contains("serve would start"));

    // Without a backup the upgrade fails.
    root.must("rm -r /var/lib/portreeve/backups && touch /var/lib/portreeve/backups");
    let before = process(&root);
    let said = install(&root, Path::new(next));
    assert!(!said.succeeded(), "{}", said.text());
    assert_eq!(process(&root), before);
}

#[test]
fn the_package_holds_what_it_should_and_is_the_same_each_time() {
    let (folder, [package]) = packages([VERSION]);
    let again = folder.path().join("again.deb");
    make("debian/package.sh", &again, VERSION);
    assert!(
        std::fs::read(&package).unwrap() == std::fs::read(&again).unwrap(),
        "the same input gives the same bytes"
    );

    let package = package.to_str().unwrap();
    let content = must("dpkg-deb", &["--contents", package]);
    for (mode, path) in [
        ("-rwxr-xr-x", "./usr/bin/portreeve"),
        ("-rw-r--r--", "./usr/lib/systemd/system/portreeve.service"),
        ("-rw-r--r--", "./usr/lib/systemd/system/portreeve.socket"),
        ("-rw-r--r--", "./usr/share/man/man1/portreeve.1.gz"),
        ("-rw-r--r--", "./usr/share/man/man1/portreeve-keys-rotate.1.gz"),
        ("-rw-r--r--", "./usr/share/bash-completion/completions/portreeve"),
        ("-rw-r--r--", "./usr/share/zsh/vendor-completions/_portreeve"),
        ("-rw-r--r--", "./usr/share/fish/vendor_completions.d/portreeve.fish"),
        ("-rw-r--r--", "./usr/share/doc/portreeve/installation.md"),
        ("-rw-r--r--", "./usr/share/doc/portreeve/changelog.gz"),
    ] {
        let is_there = |line: &str| line.starts_with(mode) && line.ends_with(&format!(" {path}"));
        assert!(content.lines().any(is_there), "{mode} {path}: {content}");
    }
    assert!(content.lines().all(|line| line.contains(" root/root ")), "{content}");
    let fields = must("dpkg-deb", &["--field", package, "Version", "Depends"]);
    assert!(fields.starts_with(&format!("Version: {VERSION}\n")), "{fields}");
    assert!(!fields.contains("libc6"), "the package does not depend on a C library: {fields}");
    let program = crate::built::program().to_str().unwrap();
    let said = said("ldd", &[program]);
    assert!(said.text().contains("statically linked"), "{}", said.text());
}

#[test]
fn every_line_of_the_settings_file_is_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portreeve.toml");
    // A disabled line is written as `#key = value`, without a space.
    let text = text_of("packaging/portreeve.toml");
    let lines =
        text.lines().map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line));
    let switched_on: Vec<&str> = lines.collect();
    assert!(switched_on.iter().any(|line| line.starts_with("realm = ")), "{text}");
    std::fs::write(
        &file,
        switched_on.join("\n").replace("/var/lib/portreeve", folder.path().to_str().unwrap()),
    )
    .unwrap();
    let program = crate::built::program().to_str().unwrap();
    let checked = said(program, &["config", "check", "--config", file.to_str().unwrap()]);
    // A start would fail only because of the missing certificate.
    let errors: Vec<&str> = checked.out.lines().filter(|line| line.starts_with("error")).collect();
    assert!(errors.len() == 1 && errors[0].contains("/etc/portreeve/auth.crt"), "{}", checked.text());
}
