//! The role of systemd: it keeps the socket open while the server restarts, and receives the state of the server. The
//! test plays systemd (`sd_listen_fds(3)`, `sd_notify(3)`).

use crate::server::{Server, client};
use rustix::io::{FdFlags, fcntl_setfd};
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Builds a command that runs the program with these sockets as descriptors from 3 on, with these names.
fn activated(folder: &Path, sockets: &[&TcpListener], names: &str) -> Command {
    let mut script = format!("export LISTEN_PID=$$ LISTEN_FDS={} LISTEN_FDNAMES={names}\n", sockets.len());
    for (place, socket) in sockets.iter().enumerate() {
        fcntl_setfd(socket, FdFlags::empty()).unwrap();
        // The descriptors are first moved to high numbers, because the number of a target may be in use.
        script.push_str(&format!("exec {}<&{}\n", 100 + place, socket.as_raw_fd()));
    }
    for place in 0..sockets.len() {
        script.push_str(&format!("exec {}<&{}\n", 3 + place, 100 + place));
    }
    script.push_str(&format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_portreeve")));
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash"]).env("NOTIFY_SOCKET", folder.join("notify"));
    command
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Waits until systemd receives this state.
fn hear(notified: &UnixDatagram, state: &str) {
    let patience = Instant::now() + Duration::from_secs(60);
    let mut told = [0; 256];
    loop {
        assert!(Instant::now() < patience, "systemd is not told {state}");
        let length = notified.recv(&mut told).unwrap_or_else(|error| panic!("{state}: {error}"));
        if String::from_utf8_lossy(&told[..length]).lines().any(|line| line == state) {
            return;
        }
    }
}

fn notified(folder: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_while_the_server_restarts_on_a_socket_of_systemd() {
    let folder = tempfile::tempdir().unwrap();
    let notified = notified(folder.path());
    let (socket, port) = listen();
    // The port is in use. So a server that opened the port itself would not start.
    let start = || {
        let mut command = activated(folder.path(), &[&socket], "portreeve.socket");
        command.env("WATCHDOG_USEC", "1000000");
        Server::run(command, port, folder.path(), "sqlite://test.db", &[])
    };
    let mut server = start();
    hear(&notified, "READY=1");
    for _ in 0..3 {
        hear(&notified, "WATCHDOG=1");
    }

    let restarted = Arc::new(AtomicBool::new(false));
    let asking = {
        let (restarted, url) = (restarted.clone(), server.url("/token?service=registry"));
        tokio::spawn(async move {
            let mut asked = 0;
            while asked < 100 || !restarted.load(Ordering::Acquire) {
                let request = client().get(&url).basic_auth("admin", Some(crate::server::ADMIN_PASSWORD));
                let answer = request.timeout(Duration::from_secs(60)).send().await;
                let answer = answer.unwrap_or_else(|error| panic!("request {asked}: {error:?}"));
                assert_eq!(answer.status(), 200, "request {asked}");
                asked += 1;
            }
            asked
        })
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.terminate().code(), Some(0));
    hear(&notified, "STOPPING=1");
    let server = start();
    hear(&notified, "READY=1");
    restarted.store(true, Ordering::Release);
    let asked = asking.await.unwrap();
    println!("{asked} requests during a restart: none was refused");
    assert_eq!(server.log_lines("systemd listens").len(), 2, "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_named_internal_is_for_internal_use_and_others_must_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let notified = notified(folder.path());
    let ((public, port), (internal, internal_port)) = (listen(), listen());
    let both = [&public, &internal];
    let command = activated(folder.path(), &both, "portreeve.socket:internal");
    let mut server = Server::run(command, port, folder.path(), "sqlite://test.db", &[]);
    hear(&notified, "READY=1");
    let status = async |port: u16| {
        let url = format!("http://localhost:{port}/metrics");
        client().get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(port).await, status(internal_port).await), (404, 200));
    server.terminate();

    let output = |names: &str| {
        let mut command = activated(folder.path(), &both, names);
        command.args(["serve", "--database-url", "sqlite://test.db"]).current_dir(folder.path());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = output("a:b");
    assert!(code == Some(1) && said.contains("several sockets for the same purpose"), "{said}");
    // The descriptor is a file, not a socket.
    let mut command = Command::new("bash");
    let script = format!(
        "export LISTEN_PID=$$ LISTEN_FDS=1; exec {} serve 3</dev/null",
        env!("CARGO_BIN_EXE_portreeve")
    );
    let output = command.args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("it must be one for TCP"), "{said}");
}
