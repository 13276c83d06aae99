//! The compose file: it matches the schema, and its services accept a push when they run as processes.
//!
//! The tests have no container engine. The processes are Debian's docker-registry, caddy and our program. They run in a
//! separate root with the names, environments, commands and files of the compose file.

use crate::built::{must, program, repository, said, text_of, tool};
use crate::installation::commands;
use crate::own_root::Root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

/// Returns the content of `.env`. Commands of `docs/installation.md` write the file, here with values for this machine.
fn settings() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = commands("Compose").into_iter().filter(|line| line.contains(".env")).collect();
    let lines = lines.join(" && ").replace("registry.example.org", "localhost");
    must("env", &["--chdir", folder.path().to_str().unwrap(), "sh", "-c", &lines]);
    let file = folder.path().join(".env");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "the file contains a password");
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|line| line.split_once('=').unwrap());
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Replaces the variables in a text of the compose file, as compose does.
fn filled_in(text: &str, settings: &BTreeMap<String, String>) -> String {
    let variable = regex::Regex::new(r"\$\{([A-Z_]+)(?::?[-?]([^}]*))?\}").unwrap();
    let value = |found: &regex::Captures<'_>| match settings.get(&found[1]) {
        Some(value) => value.clone(),
        None => found[2].to_owned(),
    };
    variable.replace_all(text, value).into_owned()
}

fn compose() -> Value {
    // Resolves YAML's merge keys (`<<`) as a container engine does.
    let mut file: Value = yaml_serde::from_str(&text_of("packaging/compose/compose.yaml")).unwrap();
    let services = file["services"].as_object_mut().unwrap();
    for service in services.values_mut().map(|service| service.as_object_mut().unwrap()) {
        if let Some(Value::Object(merged)) = service.remove("<<") {
            for (name, value) in merged {
                service.entry(name).or_insert(value);
            }
        }
    }
    file
}

/// Returns the environment of a service, for a shell.
fn environment(service: &Value, settings: &BTreeMap<String, String>) -> String {
    let variables = service["environment"].as_object().unwrap().iter();
    let line = |(name, value): (&String, &Value)| {
        format!("{name}='{}'", filled_in(value.as_str().unwrap(), settings))
    };
    variables.map(line).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_file_keeps_to_the_schema_of_compose_and_nothing_in_it_is_open() {
    let path = repository().join("packaging/compose/compose.yaml");
    must(&tool("check-jsonschema"), &["--builtin-schema", "vendor.compose-spec", path.to_str().unwrap()]);
    // The check must find a misspelt key.
    let folder = tempfile::tempdir().unwrap();
    let misspelt = folder.path().join("compose.yaml");
    std::fs::write(&misspelt, text_of("packaging/compose/compose.yaml").replace("read_only", "readonly"))
        .unwrap();
    let checked = said(
        &tool("check-jsonschema"),
        &["--builtin-schema", "vendor.compose-spec", misspelt.to_str().unwrap()],
    );
    assert!(!checked.succeeded() && checked.text().contains("readonly"), "{}", checked.text());

    let file = compose();
    for (name, service) in file["services"].as_object().unwrap() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"][0], "ALL", "{name}");
        assert_eq!(service["security_opt"][0], "no-new-privileges:true", "{name}");
        let volumes = service["volumes"].as_array().unwrap().iter().map(|volume| volume.as_str().unwrap());
        let of_keys: Vec<&str> = volumes.filter(|volume| volume.starts_with("data:")).collect();
        assert_eq!(of_keys.is_empty(), !["portreeve", "ca"].contains(&name.as_str()), "{name}: {of_keys:?}");
    }
    let image = file["services"]["portreeve"]["image"].as_str().unwrap();
    assert_eq!(filled_in(image, &BTreeMap::new()), format!("portreeve:{}", crate::built::VERSION));
}

#[test]
fn its_services_take_a_push_from_a_client_that_trusts_their_certificate() {
    let (file, root, settings) = (compose(), Root::open(), settings());
    let services = &file["services"];
    // In the root, the server and the Caddyfile have the paths that they have in their images. The host names
    // `portreeve` and `registry` lead to the root itself.
    root.put(program(), "usr/bin/portreeve");
    root.put(&repository().join("packaging/compose/Caddyfile"), "etc/caddy/Caddyfile");
    root.must(
        "cp /etc/hosts /tmp/hosts && echo '127.0.0.1 portreeve registry localhost' >> /tmp/hosts && \
         mount --bind /tmp/hosts /etc/hosts && install -d -m 700 -o 65532 -g 65532 /data && \
         install -d -o 65532 -g 65532 /ca && mkdir -p /var/lib/registry /config /caddy",
    );
    let as_user = "cd /data && exec setpriv --reuid=65532 --regid=65532 --clear-groups env -i";

    let server = environment(&services["portreeve"], &settings);
    root.must(&format!(
        "({as_user} PORTREEVE_LISTEN=0.0.0.0:5001 {server} /usr/bin/portreeve serve) > /tmp/server.log 2>&1 < /dev/null &"
    ));
    root.must("for _ in $(seq 200); do curl -fs http://portreeve:5001/health/ready && exit 0; sleep 0.1; done; cat /tmp/server.log; exit 1");
    let check = services["portreeve"]["healthcheck"]["test"].as_array().unwrap();
    let check: Vec<&str> = check.iter().skip(1).map(|word| word.as_str().unwrap()).collect();
    let said = root.must(&format!("{as_user} PATH=/usr/bin {server} {}", check.join(" ")));
    assert!(said.contains("is ready, publishes its keys"), "{said}");
    let command: Vec<&str> =
        services["ca"]["command"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    root.must(&format!("{as_user} /usr/bin/portreeve {}", command.join(" ")));

    root.must("printf 'version: 0.1\\nstorage: {filesystem: {}}\\nauth: {token: {}}\\n' > /tmp/registry.yml");
    root.must(&format!(
        "env -i {} docker-registry serve /tmp/registry.yml > /tmp/registry.log 2>&1 < /dev/null &",
        environment(&services["registry"], &settings)
    ));
    root.must(&format!(
        "env -i PATH=/usr/bin HOME=/caddy XDG_DATA_HOME=/caddy {} caddy run --config /etc/caddy/Caddyfile > /tmp/caddy.log 2>&1 < /dev/null &",
        environment(&services["caddy"], &settings)
    ));
    let root_certificate = "/caddy/caddy/pki/authorities/local/root.crt";
    root.must(&format!(
        "for _ in $(seq 200); do curl -s --cacert {root_certificate} https://localhost/v2/ && exit 0; sleep 0.1; done; \
         cat /tmp/caddy.log /tmp/registry.log; exit 1"
    ));

    let pushed = root.said(&format!(
        "cd /root && mkdir -p /etc/containers/certs.d/localhost && cp {root_certificate} /etc/containers/certs.d/localhost/ca.crt && \
         echo '{password}' | portreeve login https://localhost --user admin --ca {root_certificate} && \
         portreeve robots create ci && portreeve rules create ci --subject robot:ci --name 'team/**' --action pull,push && \
         portreeve access-keys create robot:ci --name build --quiet > key && \
         echo content > content && tar -cf content.tar content && \
         skopeo copy --dest-creds \"ci:$(cat key)\" tarball:content.tar docker://localhost/team/app:1",
        password = settings["ADMIN_PASSWORD"]
    ));
    let logs = || root.must("cat /tmp/server.log /tmp/registry.log /tmp/caddy.log");
    assert!(pushed.succeeded(), "{}\n{}", pushed.text(), logs());
    let beside = root.said(
        "cd /root && skopeo copy --dest-creds \"ci:$(cat key)\" tarball:content.tar docker://localhost/other/app:1",
    );
    assert!(!beside.succeeded() && beside.text().contains("denied"), "{}", beside.text());
    // Caddy does not publish the metrics. Only the server can read its keys, and the folder for the registry
    // does not contain the CA's private key.
    let metrics = root.must(&format!(
        "curl -s -o /dev/null -w '%{{http_code}}' --cacert {root_certificate} https://localhost/metrics"
    ));
    assert_eq!(metrics, "404");
    root.must("test \"$(stat -c '%a %u' /data/keys)\" = '700 65532' && test ! -e /ca/ca.key");
}
