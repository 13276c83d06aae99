//! A registry, and pushes and pulls of one image.

use crate::place::Place;
use crate::registry_process::{Process, free_port, registry, start, wait_for};
use crate::server::client;
use reqwest::Method;
use serde_json::json;
use std::path::Path;

pub const IMAGE: &str = "team/image";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A running registry. It ends with the test.
pub struct Registry {
    pub port: u16,
    process: Process,
}

impl Registry {
    /// Starts a registry with this `auth` section. The registry stores its data in `folder`.
    pub fn start(folder: &Path, auth: &str) -> Self {
        let port = free_port();
        let config = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\nhttp: {{addr: \"127.0.0.1:{port}\"}}\n{auth}",
            folder.join("registry").display()
        );
        let config_file = folder.join(format!("registry-{port}.yml"));
        std::fs::write(&config_file, config).unwrap();
        let log = folder.join(format!("registry-{port}.log"));
        let process = start(registry(&config_file, &log));
        wait_for(port, "the registry");
        Self { port, process }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Returns true if the started process still runs.
    pub fn runs(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }

    /// Pushes an image of one small blob, with tokens of this service.
    pub async fn push(&self, place: &Place, service: &str) {
        let token = place.token(service, &format!("repository:{IMAGE}:pull,push")).await;
        let send = async |method: Method, url: String, kind: &str, body: Vec<u8>| {
            let request = client().request(method, url).bearer_auth(&token).header("content-type", kind);
            request.body(body).send().await.unwrap()
        };
        let blob = b"{}".to_vec();
        let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let begun =
            send(Method::POST, self.url(&format!("/v2/{IMAGE}/blobs/uploads/")), "", Vec::new()).await;
        assert_eq!(begun.status(), 202);
        let url = format!("{}&digest={digest}", begun.headers()["location"].to_str().unwrap());
        assert_eq!(send(Method::PUT, url, "application/octet-stream", blob).await.status(), 201);
        let of = |kind: &str| json!({"mediaType": kind, "digest": digest, "size": 2});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
            "config": of("application/vnd.oci.image.config.v1+json"),
        });
        let put = send(Method::PUT, self.manifest(), MANIFEST, manifest.to_string().into_bytes()).await;
        assert_eq!(put.status(), 201);
    }

    /// Returns the URL of the image's manifest.
    pub fn manifest(&self) -> String {
        self.url(&format!("/v2/{IMAGE}/manifests/latest"))
    }
}

/// Pulls a manifest with this token. Returns the status and the text of the answer.
pub async fn pull(http: &reqwest::Client, manifest: &str, token: &str) -> (u16, String) {
    let answer = http.get(manifest).bearer_auth(token).header("accept", MANIFEST).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Returns the `auth` section that `serve` printed.
pub fn printed(place: &Place) -> String {
    let log = place.server.log();
    let printed = log.lines().skip_while(|line| *line != "auth:").take_while(|line| !line.is_empty());
    printed.map(|line| format!("{line}\n")).collect()
}
