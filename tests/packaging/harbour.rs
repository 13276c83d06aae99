//! A token server and Debian's docker-registry as processes. The tests push the built files to this registry.

use crate::built::{program, said};
use crate::registry::{Process, free_port, read_configuration, registry, start, wait_for};
use crate::said::Said;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The password of the administrator.
pub const PASSWORD: &str = "correct horse battery staple";

/// A token server, a registry that trusts it, and a robot that may push and pull some repositories.
pub struct Harbour {
    pub folder: TempDir,
    pub server: u16,
    /// The address of the registry: `localhost:PORT`.
    pub registry: String,
    /// The login of the robot: `NAME:KEY`.
    pub robot: String,
    _processes: [Process; 2],
}

impl Harbour {
    /// Starts the server and the registry. `names` are the repositories that the robot `ci` may push and pull.
    pub fn open(names: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, registry_port) = (free_port(), free_port());
        let mut server = Command::new(program())
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .current_dir(folder.path())
            .env("PORTREEVE_ADMIN_PASSWORD", PASSWORD)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let printed = read_configuration(server.stdout.take().unwrap());
        let server = Process(server);
        wait_for(port, "the server");
        let config = folder.path().join("registry.yml");
        let storage = folder.path().join("registry").display().to_string();
        let text = format!(
            "version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {storage}}}}}\n\
             http: {{addr: \"127.0.0.1:{registry_port}\"}}\n{printed}"
        );
        std::fs::write(&config, text).unwrap();
        let registry = start(registry(&config, &folder.path().join("registry.log")));
        wait_for(registry_port, "the registry");
        let mut harbour = Self {
            folder,
            server: port,
            registry: format!("localhost:{registry_port}"),
            robot: String::new(),
            _processes: [server, registry],
        };
        harbour.add_robot(names);
        harbour
    }

    fn add_robot(&mut self, names: &str) {
        let url = format!("http://localhost:{}", self.server);
        let portreeve = program().display();
        let script = format!(
            "echo '{PASSWORD}' | {portreeve} login {url} --user admin > login.log && \
             {portreeve} robots create ci > ci.log && \
             {portreeve} rules create ci --subject robot:ci --name '{names}' --action pull,push > rule.log && \
             {portreeve} access-keys create robot:ci --name build --quiet"
        );
        let said = self.run("sh", &["-c", &script]);
        assert!(said.succeeded(), "{}", said.text());
        self.robot = format!("ci:{}", said.out.trim());
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command in the folder, which is also its home folder. Returns the output.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Said {
        let (folder, home) = (self.path().to_str().unwrap(), format!("HOME={}", self.path().display()));
        said("env", &[&["--chdir", folder, &home, program][..], arguments].concat())
    }
}
