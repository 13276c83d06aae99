//! The Python package oras.

use super::port::{PASSWORD, Port, run};
use super::said::Said;
use std::path::PathBuf;

/// Returns the Python interpreter that `PORTREEVE_TEST_PYTHON` names, or else the one that `tests/run` prepared.
pub fn python() -> String {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/interop-venv/bin/python");
    let python = std::env::var("PORTREEVE_TEST_PYTHON").map_or(default, PathBuf::from);
    assert!(python.exists(), "{} is missing: run tests/run, which makes it", python.display());
    python.to_str().unwrap().to_owned()
}

fn script(port: &Port, user: &str, body: &str) -> Said {
    // This client keeps the first token that it gets, even if the registry later asks for more rights. After `login` it
    // has a token without a scope. At the beginning of a push it gets a token for pulling. So a second client does the
    // work, and a push first calls `ask` for everything that it needs.
    let script = format!(
        r#"
import oras.client
from oras.auth.utils import authHeader
host, user, password = "{host}", "{user}", "{PASSWORD}"
client = oras.client.OrasClient(hostname=host, insecure=True)
client.login(hostname=host, username=user, password=password, config_path="{folder}/oras.json")
client = oras.client.OrasClient(hostname=host, insecure=True)
client.auth.set_basic_auth(user, password)
def ask(actions):
    challenge = dict(realm="http://{server}/token", service="registry", scope="repository:team/artifact:" + actions)
    client.auth.set_token_auth(client.auth.request_token(authHeader(challenge)))
{body}
"#,
        server = port.server,
        host = port.registry,
        folder = port.path().display(),
    );
    let file = port.path().join("script.py");
    std::fs::write(&file, script).unwrap();
    run(&python(), &[file.to_str().unwrap()], port.path())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_is_pushed_and_pulled_and_refused_without_rights() {
    let port = Port::open();
    port.people().await;
    std::fs::write(port.path().join("artifact.txt"), "from the sea").unwrap();
    let push = "ask('pull,push'); client.push(target=host + '/team/artifact:1', files=['artifact.txt'])";
    let said = script(&port, "writer", push);
    assert!(said.succeeded(), "{}", said.text());
    std::fs::create_dir(port.path().join("pulled")).unwrap();
    let said = script(&port, "reader", "client.pull(target=host + '/team/artifact:1', outdir='pulled')");
    assert!(said.succeeded(), "{}", said.text());
    let pulled = std::fs::read_to_string(port.path().join("pulled/artifact.txt")).unwrap();
    assert_eq!(pulled, "from the sea");
    let said = script(&port, "reader", push);
    assert!(!said.succeeded(), "{}", said.text());
}
