//! The chart for Kubernetes: its manifests, the values that it refuses, its notes, and its push to and pull from a
//! registry with our tokens.
//!
//! The tests have no cluster. They compare the manifests with the schemas of Kubernetes.

use crate::built::{VERSION, must, repository, said, tool};
use crate::harbour::Harbour;
use crate::said::Said;
use clap::CommandFactory;
use portreeve::cli::Cli;
use std::collections::BTreeSet;
use std::path::Path;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/helm/portreeve");

const REALM: &str = "realm=https://auth.example.org/token";
const POSTGRESQL: &str = "database.kind=postgresql,database.urlSecret=database";
const SECRET: &str = "keys.source=secret,keys.secret=keys,adminPasswordSecret=admin";

const DIGEST: &str = "image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Sets of values that fit together. All combinations together use every template.
const COMBINATIONS: [&[&str]; 12] = [
    &[REALM],
    &[REALM, "adminPasswordSecret=admin", "services={registry.example.org,mirror.example.org}"],
    &[REALM, "persistence.existingClaim=mine", DIGEST],
    &[REALM, "persistence.storageClass=fast", "persistence.size=10Gi", "log.format=text"],
    &[REALM, "ingress.enabled=true", "ingress.className=nginx", "ingress.tlsSecret=tls"],
    &[
        REALM,
        "networkPolicy.enabled=true",
        "networkPolicy.from[0].namespaceSelector.matchLabels.name=ingress",
    ],
    &[REALM, "monitoring.enabled=true", "monitoring.labels.release=prometheus"],
    &[REALM, POSTGRESQL],
    &[
        REALM,
        POSTGRESQL,
        "replicas=3",
        "podDisruptionBudget.enabled=true",
        "persistence.existingClaim=shared",
    ],
    &[REALM, POSTGRESQL, SECRET, "replicas=2", "trustedProxies={10.0.0.0/8,fd00::/8}"],
    &[
        REALM,
        POSTGRESQL,
        SECRET,
        "keys.renewal.image=kubectl:1",
        "env.PORTREEVE_CORS_ORIGINS=https://ui.example.org",
    ],
    &[
        REALM,
        "service.type=LoadBalancer",
        "nodeSelector.disk=ssd",
        "podAnnotations.a=b",
        "imagePullSecrets[0].name=pull",
    ],
];

fn helm() -> String {
    tool("helm")
}

/// Returns the manifests of the chart with these values.
fn render(values: &[&str]) -> Said {
    let values: Vec<&str> = values.iter().flat_map(|value| ["--set", value]).collect();
    said(&helm(), &[&["template", "portreeve", CHART, "--namespace", "registry"][..], &values].concat())
}

/// Returns the manifests of this kind, each as one text.
fn of_kind<'a>(manifests: &'a str, kind: &str) -> Vec<&'a str> {
    let line = format!("\nkind: {kind}\n");
    manifests.split("\n---\n").filter(|manifest| manifest.contains(&line)).collect()
}

/// Fails if Kubernetes would refuse the manifests. The kinds of the Prometheus operator are left out, because they are
/// not a part of Kubernetes.
fn validate(manifests: &str) {
    let is_of_kubernetes = |manifest: &&str| !manifest.contains("\napiVersion: monitoring.coreos.com/");
    // A manifest that several combinations share is checked once.
    let of_kubernetes: BTreeSet<&str> = manifests.split("\n---\n").filter(is_of_kubernetes).collect();
    let of_kubernetes: Vec<&str> = of_kubernetes.into_iter().collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifests.yaml");
    std::fs::write(&file, of_kubernetes.join("\n---\n")).unwrap();
    must(&tool("kubernetes-validate"), &["--strict", "--quiet", file.to_str().unwrap()]);
}

#[test]
fn every_combination_of_values_makes_manifests_that_kubernetes_accepts() {
    let mut all = String::new();
    for values in COMBINATIONS {
        let lint: Vec<&str> = values.iter().flat_map(|value| ["--set", value]).collect();
        must(&helm(), &[&["lint", "--strict", "--quiet", CHART][..], &lint].concat());
        let rendered = render(values);
        assert!(rendered.succeeded(), "{values:?}: {}", rendered.text());
        let servers = [of_kind(&rendered.out, "StatefulSet"), of_kind(&rendered.out, "Deployment")].concat();
        assert_eq!(servers.len(), 1, "{values:?}");
        let server = servers[0];
        for closed in [
            "runAsNonRoot: true",
            "readOnlyRootFilesystem: true",
            "allowPrivilegeEscalation: false",
            "drop: [ALL]",
            "type: RuntimeDefault",
            "enableServiceLinks: false",
            "automountServiceAccountToken: false",
            "terminationGracePeriodSeconds: 35",
        ] {
            assert!(server.contains(closed), "{closed}: {server}");
        }
        all.push_str(&rendered.out);
    }
    validate(&all);
    for kind in [
        "CronJob",
        "Ingress",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "ServiceMonitor",
        "PrometheusRule",
        "Role",
    ] {
        assert!(!of_kind(&all, kind).is_empty(), "{kind}");
    }
    // The check must find a field that Kubernetes does not know.
    let misspelt = all.replacen("terminationGracePeriodSeconds", "terminationGracePeriodsSeconds", 1);
    assert!(std::panic::catch_unwind(|| validate(&misspelt)).is_err());
}

#[test]
fn values_that_do_not_fit_are_refused_with_a_sentence() {
    for (values, words) in [
        (&["replicas=1"][..], "realm"),
        (&["realm=http://auth.example.org/token"], "realm"),
        (&["realm=https://auth.example.org"], "realm"),
        (&[REALM, "replica=2"], "replica"),
        (&[REALM, "env.PATH=x"], "PATH"),
        (&[REALM, "replicas=2"], "SQLite is for one replica"),
        (&[REALM, "replicas=2", "database.kind=postgresql"], "set database.urlSecret"),
        (&[REALM, "database.urlSecret=database"], "set database.kind to postgresql"),
        (&[REALM, POSTGRESQL, "keys.source=secret"], "set keys.secret"),
        (&[REALM, POSTGRESQL, "keys.source=secret,keys.secret=keys"], "set adminPasswordSecret"),
        (&[REALM, SECRET], "set keys.source to volume"),
        (&[REALM, "keys.renewal.image=kubectl:1"], "leave keys.renewal.image out"),
    ] {
        let refused = render(values);
        assert!(!refused.succeeded() && refused.text().contains(words), "{values:?}: {}", refused.text());
    }
}

#[test]
fn the_variables_that_the_chart_sets_are_settings_of_the_server() {
    let values = [
        REALM,
        POSTGRESQL,
        SECRET,
        "trustedProxies={10.0.0.0/8}",
        "services={a}",
        "keys.renewal.image=kubectl:1",
    ];
    let rendered = render(&values).out;
    let renewal = rendered.lines().find_map(|line| line.trim().strip_prefix("args: [keys, ")).unwrap();
    let words = ["portreeve", "keys"].into_iter().chain(renewal.trim_end_matches(']').split(", "));
    assert!(Cli::command().try_get_matches_from(words).is_ok(), "the program takes `keys {renewal}`");
    let names = rendered.lines().filter_map(|line| line.trim().strip_prefix("- name: PORTREEVE_"));
    let names: BTreeSet<String> = names.map(|name| format!("PORTREEVE_{name}")).collect();
    assert!(names.len() >= 8, "{names:?}");
    let help = Cli::command().find_subcommand("serve").unwrap().clone().render_long_help().to_string();
    for name in names {
        assert!(help.contains(&name), "`serve` knows no {name}");
    }
}

#[test]
fn the_arguments_that_the_chart_gives_the_server_are_taken() {
    for (values, flags) in [
        (&[REALM][..], "[serve]"),
        (&[REALM, POSTGRESQL], "[serve]"),
        (&[REALM, POSTGRESQL, SECRET], "[serve, --shared-secrets]"),
    ] {
        let rendered = render(values).out;
        let servers = [of_kind(&rendered, "StatefulSet"), of_kind(&rendered, "Deployment")].concat();
        let told: Vec<&str> =
            servers[0].lines().filter_map(|line| line.trim().strip_prefix("args: ")).collect();
        assert_eq!(
            told,
            [flags],
            "the server permits secret files that their group can read, and nothing else"
        );
        let words = flags.trim_matches(['[', ']']).split(", ");
        assert!(Cli::command().try_get_matches_from(["portreeve"].into_iter().chain(words)).is_ok());
        // The mounted files have the mode that the flag accepts.
        assert_eq!(
            servers[0].contains("defaultMode: 0440"),
            flags.contains("--shared-secrets"),
            "{values:?}"
        );
    }
}

#[test]
fn the_rendered_manifests_are_those_of_the_chart_and_the_versions_agree() {
    let folder = tempfile::tempdir().unwrap();
    let script = repository().join("packaging/kubernetes/render.sh");
    must(script.to_str().unwrap(), &[&helm(), folder.path().to_str().unwrap()]);
    for name in ["sqlite.yaml", "postgresql.yaml"] {
        let kept = repository().join("packaging/kubernetes").join(name);
        let same = said("diff", &["-u", kept.to_str().unwrap(), folder.path().join(name).to_str().unwrap()]);
        assert!(same.succeeded(), "run packaging/kubernetes/render.sh: {}", same.text());
    }
    let chart = std::fs::read_to_string(Path::new(CHART).join("Chart.yaml")).unwrap();
    for line in [format!("\nversion: {VERSION}\n"), format!("\nappVersion: {VERSION}\n")] {
        assert!(chart.contains(&line), "{chart}");
    }
}

#[test]
fn the_chart_is_pushed_by_a_robot_within_its_rights_and_pulled_again() {
    let harbour = Harbour::open("charts/**");
    let (helm, folder) = (helm(), harbour.path().to_str().unwrap().to_owned());
    let run = |arguments: &[&str]| harbour.run(&helm, arguments);
    let (package, again) = (format!("{folder}/portreeve-{VERSION}.tgz"), format!("{folder}/again.tgz"));
    let archive = repository().join("packaging/archive.sh");
    for package in [&package, &again] {
        must(archive.to_str().unwrap(), &[CHART, package]);
    }
    let bytes = std::fs::read(&package).unwrap();
    assert!(bytes == std::fs::read(again).unwrap(), "the same input gives the same bytes");
    let (name, key) = harbour.robot.split_once(':').unwrap();
    let login = run(&["registry", "login", &harbour.registry, "--plain-http", "-u", name, "-p", key]);
    assert!(login.succeeded(), "{}", login.text());
    let push = |place: &str| {
        run(&["push", &package, &format!("oci://{}/{place}", harbour.registry), "--plain-http"])
    };
    let pushed = push("charts");
    assert!(pushed.succeeded(), "{}", pushed.text());
    let beside = push("elsewhere");
    assert!(!beside.succeeded() && beside.text().contains("401"), "{}", beside.text());
    std::fs::create_dir(format!("{folder}/pulled")).unwrap();
    let from = format!("oci://{}/charts/portreeve", harbour.registry);
    let pulled = run(&[
        "pull",
        &from,
        "--version",
        VERSION,
        "--plain-http",
        "--destination",
        &format!("{folder}/pulled"),
    ]);
    assert!(pulled.succeeded(), "{}", pulled.text());
    let again = std::fs::read(format!("{folder}/pulled/portreeve-{VERSION}.tgz")).unwrap();
    assert!(again == bytes, "the pulled chart is the pushed chart");
}

#[test]
fn the_notes_tell_commands_that_there_are() {
    for values in [&[REALM][..], &[REALM, POSTGRESQL, "services={registry.example.org}"]] {
        let values: Vec<&str> = values.iter().flat_map(|value| ["--set", value]).collect();
        let install = ["install", "portreeve", CHART, "--dry-run=client"];
        let said = must(&helm(), &[&install[..], &values].concat());
        let (manifests, notes) = said.split_once("\nNOTES:\n").unwrap();
        let lines = notes.lines().filter_map(|line| line.strip_prefix("  "));
        let mut count = 0;
        for line in lines {
            let command = line.split_once(" -- ").map_or(line, |(_, command)| command);
            let parsed = Cli::command().try_get_matches_from(command.split(' '));
            assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
            let workload =
                line.split(' ').find_map(|word| word.split_once("/portreeve").map(|(kind, _)| kind));
            let kind = workload.unwrap_or("service");
            assert!(manifests.to_lowercase().contains(&format!("\nkind: {kind}\n")), "{line}");
            count += 1;
        }
        assert_eq!(count, 3, "{notes}");
    }
}
