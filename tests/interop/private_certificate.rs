//! Runs the recipe for a private certificate in docs/operations.md with the clients that can run here. The tests change
//! only hosts and users in its commands.
//!
//! Server and registry have the same name, localhost, and so the same certificate. docker is left out, because it does
//! not verify the certificate of a registry on its own machine.

use super::oras::python;
use super::port::{PASSWORD, run_with};
use super::said::Said;
use crate::registry::{Process, free_port, read_configuration, registry, start, wait_for};
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, Config, ImageLayer};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Returns the blocks of commands in the recipe: the making of certificates, and their use in clients.
fn recipe() -> Vec<&'static str> {
    let text = include_str!("../../docs/operations.md").split("### A private certificate").nth(1).unwrap();
    let text = text.split("\n## ").next().unwrap();
    text.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

/// A server and a registry with the certificates of the recipe.
struct Port {
    folder: TempDir,
    server: String,
    registry: String,
    _server: Process,
    _registry: Process,
}

impl Port {
    fn open() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let make = recipe()[0].replace("auth.example.org", "localhost");
        let made = run_with("sh", &["-ec", &make], at, &[], "");
        assert!(made.succeeded(), "{}", made.text());
        let (server_port, registry_port) = (free_port(), free_port());
        let server = format!("localhost:{server_port}");
        let mut process = Command::new(env!("CARGO_BIN_EXE_portreeve"))
            .args(["serve", "--listen", &format!("127.0.0.1:{server_port}")])
            .args([
                "--realm",
                &format!("https://{server}/token"),
                "--tls-cert",
                "auth.crt",
                "--tls-key",
                "auth.key",
            ])
            .current_dir(at)
            .env("PORTREEVE_ADMIN_PASSWORD", PASSWORD)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(at.join("server.log")).unwrap())
            .spawn()
            .unwrap();
        let printed = read_configuration(process.stdout.take().unwrap());
        let process = Process(process);
        wait_for(server_port, "the server");
        let config = format!(
            "version: 0.1\nstorage: {{inmemory: {{}}}}\nhttp:\n  addr: \"127.0.0.1:{registry_port}\"\n  tls: {{certificate: {0}/auth.crt, key: {0}/auth.key}}\n{printed}",
            at.display()
        );
        fs::write(at.join("registry.yml"), config).unwrap();
        let registry = start(registry(&at.join("registry.yml"), &at.join("registry.log")));
        wait_for(registry_port, "the registry");
        let bin = at.join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_portreeve"), bin.join("portreeve")).unwrap();
        fs::write(at.join("password.txt"), PASSWORD).unwrap();
        let registry_at = format!("localhost:{registry_port}");
        Self { folder, server, registry: registry_at, _server: process, _registry: registry }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Changes a command of the recipe for this server and registry.
    fn here(&self, command: &str) -> String {
        // A certificate names a host without its port.
        let host = command.replace("-verify_hostname auth.example.org", "-verify_hostname localhost");
        let at = host.replace("auth.example.org", &self.server);
        at.replace("registry.example.org", &self.registry)
            .replace("--user alice", "--user admin")
            .replace("--username alice", "--username admin")
    }

    fn run(&self, command: &str) -> Said {
        let path = format!("{}:{}", self.path().join("bin").display(), std::env::var("PATH").unwrap());
        // podman stores logins below this folder, and fails if the folder is missing.
        let runtime = self.path().join("run");
        fs::create_dir_all(&runtime).unwrap();
        let environment = [("PATH", path.as_str()), ("XDG_RUNTIME_DIR", runtime.to_str().unwrap())];
        let script = self.here(command);
        run_with("sh", &["-ec", &script], self.path(), &environment, "")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_recipe_work_as_they_stand() {
    let port = Port::open();
    let commands: Vec<&str> = recipe()[1].lines().collect();
    for program in ["openssl verify", "curl ", "portreeve login", "skopeo login", "podman login"] {
        assert!(commands.iter().any(|command| command.starts_with(program)), "the recipe has no `{program}`");
    }
    // Without the authority, the clients refuse the certificate.
    for command in ["curl -sS https://auth.example.org/health/live", commands[5], commands[6]] {
        let said = port.run(command);
        assert!(!said.succeeded() && said.text().contains("certificate"), "{command}: {}", said.text());
    }
    for command in commands {
        let said = port.run(command);
        assert!(said.succeeded(), "{command}: {}", said.text());
    }
    let image = format!("docker://{}/team/app:1", port.registry);
    let made = port.run("echo from the sea > content && tar -cf content.tar content");
    assert!(made.succeeded(), "{}", made.text());
    for command in [
        format!("skopeo copy --dest-creds admin:'{PASSWORD}' tarball:content.tar {image}"),
        format!("skopeo copy --src-creds admin:'{PASSWORD}' {image} dir:pulled"),
    ] {
        let said = port.run(&command);
        assert!(said.succeeded(), "{command}: {}", said.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oci_client_and_oras_trust_the_authority_of_the_recipe() {
    let port = Port::open();
    let authority = fs::read(port.path().join("our-ca.crt")).unwrap();
    let trusting = |authorities: Vec<Certificate>| {
        Client::new(ClientConfig { extra_root_certificates: authorities, ..ClientConfig::default() })
    };
    let image: Reference = format!("{}/team/app:1", port.registry).parse().unwrap();
    let admin = RegistryAuth::Basic("admin".to_owned(), PASSWORD.to_owned());
    let media_type = "application/vnd.oci.image.layer.v1.tar";
    let push = async |client: &Client| {
        let layer = ImageLayer::new(b"some content".to_vec(), media_type.to_owned(), None);
        let config = Config::new(b"{}".to_vec(), "application/vnd.oci.image.config.v1+json".to_owned(), None);
        client.push(&image, &[layer], config, &admin, None).await
    };
    assert!(push(&trusting(Vec::new())).await.is_err(), "no known authority signed the certificate");
    let known = Certificate { encoding: CertificateEncoding::Pem, data: authority };
    push(&trusting(vec![known])).await.unwrap();

    let script = format!(
        "import oras.client\n\
         client = oras.client.OrasClient(hostname='{host}')\n\
         client.auth.set_basic_auth('admin', '{PASSWORD}')\n\
         print(client.get_tags('{host}/team/app'))\n",
        host = port.registry
    );
    fs::write(port.path().join("script.py"), script).unwrap();
    let oras =
        |environment: &[(&str, &str)]| run_with(&python(), &["script.py"], port.path(), environment, "");
    assert!(!oras(&[]).succeeded(), "no known authority signed the certificate");
    let said = oras(&[("REQUESTS_CA_BUNDLE", "our-ca.crt")]);
    assert!(said.succeeded() && said.text().contains("['1']"), "{}", said.text());
}
