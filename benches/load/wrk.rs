//! Runs wrk against a server, and reads its results.

use crate::Outcome;
use crate::case::Request;
use crate::process::Server;
use std::num::NonZeroU32;
use std::path::Path;
use tokio::process::Command;

/// The results of one run of wrk.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The number of answers in a second.
    pub rate: f64,
    /// The median duration of an answer, in milliseconds.
    pub p50: f64,
    /// The 99th percentile of the duration of an answer, in milliseconds.
    pub p99: f64,
    /// The number of refusals, and of requests without an answer.
    pub errors: u64,
    /// The resident memory of the server after the run, in bytes.
    pub memory: u64,
}

/// Fails with an explanation if wrk is not installed.
pub async fn look_for_it() -> Outcome {
    match Command::new("wrk").arg("--version").output().await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot run wrk ({error}): install it with `apt-get install wrk`").into()),
    }
}

fn script(requests: &[Request], port: u16) -> String {
    let texts: Vec<String> = requests.iter().map(|request| format!("{:?}", request.text(port))).collect();
    let texts = texts.join(",\n");
    format!(
        r#"local texts = {{
{texts}
}}
local last = 0
function request()
    last = last % #texts + 1
    return texts[last]
end
function done(summary, latency)
    local errors = summary.errors
    local lost = errors.connect + errors.read + errors.write + errors.timeout
    print(string.format("MEASURED %d %d %d %d %d", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), errors.status + lost))
end
"#
    )
}

/// Sends these requests in turn for this number of seconds.
pub async fn drive(server: &Server, requests: &[Request], seconds: u32, folder: &Path) -> Outcome<Measured> {
    let path = folder.join("load.lua");
    std::fs::write(&path, script(requests, server.port))?;
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c32", "--timeout", "10s", "-d", &format!("{seconds}s"), "-s"]).arg(path);
    let output = command.arg(server.url("/")).kill_on_drop(true).output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers = text.lines().find_map(|line| line.strip_prefix("MEASURED "));
    let numbers: Vec<f64> = numbers.unwrap_or_default().split(' ').flat_map(str::parse).collect();
    let [requests, micros, p50, p99, errors] = numbers[..] else {
        return Err(format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
    };
    Ok(Measured {
        rate: requests / (micros / 1e6),
        p50: p50 / 1e3,
        p99: p99 / 1e3,
        errors: errors as u64,
        memory: server.memory()?,
    })
}

/// Sends these requests in turn for this number of seconds. Fails if there is any error.
pub async fn drive_cleanly(
    server: &Server,
    requests: &[Request],
    seconds: NonZeroU32,
    folder: &Path,
) -> Outcome<Measured> {
    let measured = drive(server, requests, seconds.get(), folder).await?;
    if measured.errors > 0 {
        return Err(format!("{} requests failed: {}", measured.errors, server.last_words()).into());
    }
    server.cut_log()?;
    Ok(measured)
}
