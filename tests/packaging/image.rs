//! The container image: its content, its push to and pull from a registry with our tokens, and a token from the server
//! in the image.

use crate::built::{VERSION, make, must, released, repository, said};
use crate::harbour::{Harbour, PASSWORD};
use crate::registry::{Process, free_port};
use crate::said::Said;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A script that plays the container engine: a read-only root, a few devices, a volume, and the user of the image. `$1`
/// is the root, `$2` the volume, `$3` the working folder, and the other arguments are the program.
const CONTAINER: &str = r#"
set -e
root=$1 volume=$2 folder=$3
shift 3
mount --bind "$root" "$root"
mkdir -p "$root/dev"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount --bind "$volume" "$root/data"
mount -o remount,bind,ro "$root"
exec unshare --root="$root" --wd="$folder" --setgid=65532 --setuid=65532 "$@"
"#;

/// A container of an unpacked image.
struct Container {
    process: Process,
    port: u16,
    log: PathBuf,
}

impl Container {
    /// Starts a container with the image's configuration. Returns it, and the time until the server was ready.
    fn start(config: &Value, root: &Path, volume: &Path) -> (Self, Duration) {
        let texts = |field: &str| {
            let texts =
                config[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
            texts.collect::<Vec<_>>()
        };
        let port = free_port();
        let log = volume.with_extension(format!("{port}.log"));
        let mut command = Command::new("/usr/bin/unshare");
        command.args(["--mount", "sh", "-c", CONTAINER, "sh"]).args([root, volume]);
        command.arg(config["WorkingDir"].as_str().unwrap()).args(texts("Entrypoint")).args(texts("Cmd"));
        command.env_clear().env("PORTREEVE_ADMIN_PASSWORD", PASSWORD);
        for variable in texts("Env") {
            let (name, value) = variable.split_once('=').unwrap();
            // The tests share the network, so each server has its own port.
            command.env(name, value.replace("0.0.0.0:5001", &format!("127.0.0.1:{port}")));
        }
        let file = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let begin = Instant::now();
        let mut container = Self { process: Process(command.spawn().unwrap()), port, log };
        while !container.is_ready() {
            let ended = container.process.0.try_wait().unwrap();
            assert!(ended.is_none() && begin.elapsed() < Duration::from_secs(30), "{}", container.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        let took = begin.elapsed();
        (container, took)
    }

    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    fn is_ready(&self) -> bool {
        said("curl", &["-fs", &self.url("/health/ready")]).succeeded()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Stops the container as an engine does. Returns the exit code.
    fn stop(mut self) -> Option<i32> {
        let id = Pid::from_raw(i32::try_from(self.process.0.id()).unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        self.process.0.wait().unwrap().code()
    }
}

/// Unpacks the image of a layout as an engine does. Returns its root and its configuration.
fn unpack(layout: &Path, folder: &Path) -> (PathBuf, Value) {
    let image = format!("{}:{VERSION}", layout.display());
    let bundle = folder.join("bundle");
    must("umoci", &["unpack", "--image", &image, bundle.to_str().unwrap()]);
    let config: Value =
        serde_json::from_str(&must("skopeo", &["inspect", "--config", &format!("oci:{image}")])).unwrap();
    (bundle.join("rootfs"), config["config"].clone())
}

fn copy(harbour: &Harbour, arguments: &[&str]) -> Said {
    harbour.run("skopeo", &[&["copy", "--quiet"], arguments].concat())
}

#[test]
fn the_image_goes_through_a_registry_behind_our_tokens_and_starts_from_an_empty_volume() {
    let harbour = Harbour::open("portreeve/**");
    let archive = harbour.path().join("image.tar");
    make("oci/image.sh", &archive, VERSION);
    let (robot, archive) = (harbour.robot.as_str(), format!("oci-archive:{}:{VERSION}", archive.display()));
    let at = |repository: &str| format!("docker://{}/{repository}:{VERSION}", harbour.registry);
    let push = |repository: &str| {
        copy(&harbour, &["--dest-tls-verify=false", "--dest-creds", robot, &archive, &at(repository)])
    };
    let pushed = push("portreeve/server");
    assert!(pushed.succeeded(), "{}", pushed.text());
    let beside = push("elsewhere/server");
    assert!(!beside.succeeded() && beside.text().contains("denied"), "{}", beside.text());
    let layout = harbour.path().join("pulled");
    let target = format!("oci:{}:{VERSION}", layout.display());
    let nobody =
        copy(&harbour, &["--src-tls-verify=false", "--src-no-creds", &at("portreeve/server"), &target]);
    assert!(!nobody.succeeded(), "the image is for the robot alone: {}", nobody.text());
    let from = ["--src-tls-verify=false", "--src-creds", robot, &at("portreeve/server"), &target];
    let pulled = copy(&harbour, &from);
    assert!(pulled.succeeded(), "{}", pulled.text());

    let (root, config) = unpack(&layout, harbour.path());
    let volume = harbour.path().join("volume");
    // An engine gives a new volume the owner and mode of the folder at which the volume is mounted.
    must("cp", &["-a", root.join("data").to_str().unwrap(), volume.to_str().unwrap()]);
    assert_eq!(std::fs::read_dir(&volume).unwrap().count(), 0, "the volume is empty");
    // At first only the owner of the test's folder can read the folder. The container runs as another user.
    must("chmod", &["755", harbour.path().to_str().unwrap()]);

    let (container, first) = Container::start(&config, &root, &volume);
    let token = |container: &Container| {
        let url = container.url("/token?service=registry&scope=repository:team/app:pull,push");
        let answer = must("curl", &["-fsS", "-u", &format!("admin:{PASSWORD}"), &url]);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["token"].as_str().unwrap().split('.').count() == 3, "{answer}");
    };
    token(&container);
    for (path, file) in [("", "index.html"), ("app.js", "app.js")] {
        let sent = harbour.path().join("console");
        let url = container.url(&format!("/console/{path}"));
        must("curl", &["-fsS", "-o", sent.to_str().unwrap(), &url]);
        let committed = repository().join("console/dist").join(file);
        assert!(std::fs::read(sent).unwrap() == std::fs::read(committed).unwrap(), "{file} of the console");
    }
    let made = must("find", &[volume.to_str().unwrap(), "!", "-uid", "65532"]);
    assert_eq!(made, "", "the server owns all files that it creates");
    assert_eq!(container.stop(), Some(0));
    let (container, again) = Container::start(&config, &root, &volume);
    token(&container);
    assert_eq!(container.stop(), Some(0));
    println!("ready after {first:?}, the second time after {again:?}");
    if released().is_some() {
        assert!(
            first <= Duration::from_millis(500) && again <= Duration::from_millis(300),
            "{first:?} {again:?}"
        );
    }
}

#[test]
fn the_image_holds_the_program_and_certificates_alone_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, again) = (folder.path().join("image.tar"), folder.path().join("again.tar"));
    make("oci/image.sh", &archive, VERSION);
    make("oci/image.sh", &again, VERSION);
    assert!(
        std::fs::read(&archive).unwrap() == std::fs::read(&again).unwrap(),
        "the same input gives the same bytes"
    );

    let (archive, layout) = (archive.to_str().unwrap(), folder.path().join("layout"));
    std::fs::create_dir(&layout).unwrap();
    must("tar", &["-xf", archive, "-C", layout.to_str().unwrap()]);
    // podman reads this form. A docker that does not keep its images in containerd also reads this form.
    must("skopeo", &["inspect", &format!("docker-archive:{archive}")]);
    let manifest: Value =
        serde_json::from_str(&must("skopeo", &["inspect", "--raw", &format!("oci-archive:{archive}")]))
            .unwrap();
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().replace(':', "/");
    let layer = layout.join("blobs").join(layer);
    let listed = must("tar", &["--numeric-owner", "-tvzf", layer.to_str().unwrap()]);
    let entries: Vec<String> = listed
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.split_whitespace().collect();
            format!("{} {} {}", parts[0], parts[1], parts[5])
        })
        .collect();
    let expected = [
        "drwxr-xr-x 0/0 ./",
        "drwxr-xr-x 0/0 ./etc/",
        "-rw-r--r-- 0/0 ./etc/group",
        "-rw-r--r-- 0/0 ./etc/nsswitch.conf",
        "-rw-r--r-- 0/0 ./etc/passwd",
        "drwxr-xr-x 0/0 ./etc/ssl/",
        "drwxr-xr-x 0/0 ./etc/ssl/certs/",
        "-rw-r--r-- 0/0 ./etc/ssl/certs/ca-certificates.crt",
        "drwxrwxrwt 0/0 ./tmp/",
        "drwxr-xr-x 0/0 ./usr/",
        "drwxr-xr-x 0/0 ./usr/bin/",
        "-rwxr-xr-x 0/0 ./usr/bin/portreeve",
        "drwxr-xr-x 0/0 ./usr/share/",
        "drwxr-xr-x 0/0 ./usr/share/doc/",
        "drwxr-xr-x 0/0 ./usr/share/doc/portreeve/",
        "-rw-r--r-- 0/0 ./usr/share/doc/portreeve/LICENSE",
        "drwx------ 65532/65532 ./data/",
        "drwxr-xr-x 65532/65532 ./ca/",
    ];
    assert_eq!(entries, expected);
    let (_, config) = unpack(&layout, folder.path());
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Volumes"], json!({"/data": {}}));
    assert_eq!(config["Labels"]["org.opencontainers.image.version"], VERSION);
    let script = std::fs::read_to_string(repository().join("packaging/oci/image.sh")).unwrap();
    assert!(script.lines().count() < 100, "the script stays short");
}
