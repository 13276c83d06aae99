//! The systemd unit: how much it forbids, and that it permits everything that the server needs.
//!
//! The tests run without systemd as the first process. So they compare the system calls of a real run with the unit.

use crate::built::{must, program, said, text_of};
use crate::harbour::PASSWORD;
use crate::postgres::Cluster;
use crate::registry::{Process, free_port};
use regex::Regex;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const UNIT: &str = "packaging/systemd/portreeve.service";

/// Returns the values of a key of the unit, in order.
fn values(key: &str) -> Vec<String> {
    let text = text_of(UNIT);
    let values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.map(str::to_owned).collect()
}

#[test]
fn it_is_nearly_closed_and_without_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    // The check finds misspelt keys. It would also report a missing program and a missing manual page, so the text
    // names an existing program and no manual page.
    let unit = text_of(UNIT).replace("/usr/bin/portreeve", "/bin/true").replace("man:portreeve(1) ", "");
    for (name, text) in
        [("portreeve.service", unit), ("portreeve.socket", text_of("packaging/systemd/portreeve.socket"))]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let verified = said("systemd-analyze", &["verify", path.to_str().unwrap()]);
        assert!(verified.succeeded() && verified.text().is_empty(), "{}", verified.text());
    }
    let path = folder.path().join("portreeve.service");
    must("systemd-analyze", &["security", "--offline=true", "--threshold=15", path.to_str().unwrap()]);
}

/// Returns the system calls that the unit allows.
fn allowed() -> BTreeSet<String> {
    let text = must("systemd-analyze", &["syscall-filter"]);
    let mut sets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut open = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.is_empty()) {
        if line.starts_with(' ') {
            sets.entry(open.clone()).or_default().insert(line.trim().to_owned());
        } else {
            line.clone_into(&mut open);
        }
    }
    fn expand(sets: &BTreeMap<String, BTreeSet<String>>, name: &str, into: &mut BTreeSet<String>) {
        match sets.get(name) {
            Some(set) => set.iter().for_each(|inner| expand(sets, inner, into)),
            None => {
                assert!(!name.starts_with('@'), "systemd knows no `{name}`");
                into.insert(name.to_owned());
            }
        }
    }
    let mut allowed = BTreeSet::new();
    for value in values("SystemCallFilter") {
        let mut named = BTreeSet::new();
        value.trim_start_matches('~').split_whitespace().for_each(|name| expand(&sets, name, &mut named));
        match value.starts_with('~') {
            true => allowed.retain(|call| !named.contains(call)),
            false => allowed.extend(named),
        }
    }
    assert!(allowed.len() > 100 && !allowed.contains("mount"), "{allowed:?}");
    allowed
}

/// Runs the server with these settings under strace, sends requests to the server, and stops the server. Creates the
/// server's folder `state`. Returns the trace.
fn trace(folder: &Path, database: &str, flags: &[&str]) -> String {
    let (port, file, state) = (free_port(), folder.join("trace"), folder.join("state"));
    must("install", &["-d", "-m", "700", "-o", "nobody", state.to_str().unwrap()]);
    let mut strace = Command::new("strace");
    // When SQLite runs as root it changes the owner of its files. When it runs as another user it does not.
    strace
        .args(["-f", "-qq", "-u", "nobody", "-e", "signal=none", "-s", "256", "-o"])
        .arg(&file)
        .arg(program());
    strace.args([
        "serve",
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--database-url",
        database,
        "--keys-dir",
    ]);
    strace.arg(state.join("keys")).args(flags).current_dir(&state);
    strace.env_clear().env("PORTREEVE_ADMIN_PASSWORD", PASSWORD);
    let mut process =
        Process(strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let url = format!("http://localhost:{port}");
    let curl = |path: &str| {
        said("curl", &["-fs", "-u", &format!("admin:{PASSWORD}"), &format!("{url}{path}")]).succeeded()
    };
    let patience = Instant::now() + Duration::from_secs(60);
    while !curl("/health/ready") {
        assert!(
            process.0.try_wait().unwrap().is_none() && Instant::now() < patience,
            "the server does not start"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(curl("/token?service=registry&scope=repository:a/b:pull&offline_token=true&client_id=docker"));
    assert!(curl("/api/v1/status") && curl("/metrics") && curl("/api/v1/users"));
    must(
        "curl",
        &[
            "-fs",
            "-u",
            &format!("admin:{PASSWORD}"),
            "-X",
            "PUT",
            "-H",
            "content-type: application/json",
            "-d",
            "{}",
            &format!("{url}/api/v1/robots/ci"),
        ],
    );
    // This is long enough for the server's own work: the marks of last use, the change feed, and the keys folder.
    std::thread::sleep(Duration::from_secs(3));
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", process.0.id())).unwrap();
    kill_process(Pid::from_raw(children.trim().parse().unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    std::fs::read_to_string(file).unwrap()
}

/// Returns the calls in the trace that the unit forbids.
fn breaches(trace: &str, state: &str) -> BTreeSet<String> {
    let allowed = allowed();
    let families: BTreeSet<String> = values("RestrictAddressFamilies")
        .iter()
        .flat_map(|value| value.split(' '))
        .map(str::to_owned)
        .collect();
    let call = Regex::new(r"^\d+ +(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed>)(.*)").unwrap();
    let opened = Regex::new(r#""(/[^"]*)""#).unwrap();
    let own_process = Regex::new(r"^/proc/(self|thread-self|\d+)(/|$)").unwrap();
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for parts in trace.lines().filter_map(|line| call.captures(line)) {
        // A call that another thread interrupts has two lines. The first line has the arguments.
        let (name, rest) = (&parts[1], if parts[0].contains("<... ") { "" } else { &parts[2] });
        seen.insert(name.to_owned());
        if !allowed.contains(name) {
            found.insert(format!("the call `{name}`"));
        }
        if name == "socket" && !rest.is_empty() && !families.contains(rest.split(',').next().unwrap()) {
            found.insert(format!("a socket: {rest}"));
        }
        if matches!(name, "mmap" | "mprotect") && rest.contains("PROT_WRITE|PROT_EXEC") {
            found.insert(format!("memory to write and run: {name}({rest}"));
        }
        let Some(path) = opened.captures(rest).map(|path| path[1].to_owned()) else { continue };
        let writes = (name.starts_with("open") && (rest.contains("O_WRONLY") || rest.contains("O_RDWR")))
            || ["mkdir", "unlink", "rename", "chmod", "fchmodat", "link", "symlink"]
                .iter()
                .any(|verb| name.starts_with(verb));
        if writes && !path.starts_with(state) && path != "/dev/null" {
            found.insert(format!("writing elsewhere: {name}({rest}"));
        }
        // The C library reads this file before it frees memory, and continues without it.
        let is_wanted = path != "/proc/sys/vm/overcommit_memory";
        if path.starts_with("/proc/") && is_wanted && !own_process.is_match(&path) {
            found.insert(format!("the kernel's files, which `ProcSubset=pid` hides: {name}({rest}"));
        }
    }
    println!("{} different system calls", seen.len());
    assert!(
        seen.contains("execve") && seen.contains("accept4") && seen.len() > 30,
        "the trace lacks calls that every server makes: {seen:?}"
    );
    found
}

#[test]
fn nothing_that_the_server_does_is_closed_off() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    must("chmod", &["755", folder.path().to_str().unwrap()]);
    let database = format!("sqlite://{}/portreeve.db", state.display());
    let on_sqlite = trace(folder.path(), &database, &[]);
    assert_eq!(breaches(&on_sqlite, state.to_str().unwrap()), BTreeSet::new());

    // The server connects over TCP by a host name, which needs the resolver.
    let cluster = Cluster::start();
    std::fs::remove_dir_all(&state).unwrap();
    let on_postgresql = trace(folder.path(), &cluster.tcp_url(cluster.port()), &["--log-format", "json"]);
    assert_eq!(breaches(&on_postgresql, state.to_str().unwrap()), BTreeSet::new());

    let forbidden = "1 execve(\"/x\") = 0\n1 accept4(3) = 4\n1 mount(\"/a\", \"/b\") = 0\n1 socket(AF_PACKET, 1) = 3\n\
        1 openat(AT_FDCWD, \"/etc/passwd\", O_RDWR) = 3\n1 mmap(NULL, 1, PROT_WRITE|PROT_EXEC, 0) = 0\n\
        1 openat(AT_FDCWD, \"/proc/meminfo\", O_RDONLY) = 3\n";
    let padding: String = allowed().iter().take(40).map(|name| format!("1 {name}() = 0\n")).collect();
    assert_eq!(
        breaches(&(forbidden.to_owned() + &padding), "/state").len(),
        5,
        "forbidden calls are noticed"
    );
}
