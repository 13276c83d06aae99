//! The run: it prepares the states, starts the servers, and measures them in turn.

use crate::Outcome;
use crate::case::{CASES, requests, try_out};
use crate::change;
use crate::guesses::Guesser;
use crate::options::{Options, Part};
use crate::place::Place;
use crate::postgres::Cluster;
use crate::process::Server;
use crate::report::{Report, Start};
use crate::samples::{On, Samples};
use crate::state::State;
use crate::wrk;
use std::path::Path;
use std::time::Duration;

/// The wait after a start or a measurement, so that the server is at rest.
const REST: Duration = Duration::from_secs(3);
const SMALL: State = State { rules: 0, users: 0 };

/// Reads the load of this machine, for the report.
pub fn machine_load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}

/// The states, each in its own database.
struct Places {
    small: Place,
    middle: Option<Place>,
    large: Option<Place>,
    postgres: Option<(Place, Cluster)>,
}

impl Places {
    async fn prepare(options: &Options, folder: &Path) -> Outcome<Self> {
        let kept = options.keep.as_deref().unwrap_or(folder);
        let driven = CASES.into_iter().any(|case| options.wants(case));
        let large = State { rules: options.rules, users: options.users };
        let middle = State { rules: options.rules / 100, users: options.users };
        let start = options.wants(Part::Start);
        Ok(Self {
            small: Place::prepare(&folder.join("small"), SMALL, None).await?,
            postgres: if driven && !options.no_postgres {
                let cluster = Cluster::start();
                let folder = folder.join("postgres");
                Some((Place::prepare(&folder, SMALL, Some(cluster.url())).await?, cluster))
            } else {
                None
            },
            middle: match start {
                true => Some(Place::prepare(&kept.join("middle"), middle, None).await?),
                false => None,
            },
            large: match start || driven || options.wants(Part::Change) {
                true => Some(Place::prepare(&kept.join("large"), large, None).await?),
                false => None,
            },
        })
    }
}

/// Measures start-up and memory at rest, before any password is verified.
async fn starts(options: &Options, places: &Places) -> Outcome<Vec<Start>> {
    let mut starts = Vec::new();
    for place in [Some(&places.small), places.middle.as_ref(), places.large.as_ref()].into_iter().flatten() {
        let mut start =
            Start { title: place.title(), state: place.state, ready: Vec::new(), memory: Vec::new() };
        for _ in 0..options.rounds.get() {
            let server = place.start().await?;
            tokio::time::sleep(REST).await;
            start.ready.push(server.ready_after);
            start.memory.push(server.memory()?);
            server.stop().await?;
        }
        eprintln!("{}: ready after {:?}", start.title, start.ready);
        starts.push(start);
    }
    Ok(starts)
}

/// The servers under test. All of them run, and only one at a time gets requests.
struct Servers<'a> {
    ceiling: Server,
    tested: Vec<(On, Server, &'a Place)>,
}

async fn drive(options: &Options, servers: &Servers<'_>, folder: &Path) -> Outcome<Samples> {
    let mut samples = Samples::default();
    for round in 1..=options.rounds.get() {
        eprintln!("round {round}, machine load {}", machine_load());
        for case in CASES.into_iter().filter(|&case| options.wants(case)) {
            let (_, _, place) = &servers.tested[0];
            let ceiling = requests(case, &place.credentials);
            let measured = wrk::drive_cleanly(&servers.ceiling, &ceiling, options.seconds, folder).await?;
            samples.push(case, On::Ceiling, measured);
            for (on, server, place) in &servers.tested {
                let requests = requests(case, &place.credentials);
                try_out(server, &requests).await?;
                let measured = wrk::drive_cleanly(server, &requests, options.seconds, folder).await?;
                samples.push(case, *on, measured);
            }
        }
    }
    Ok(samples)
}

/// Measures access keys alone, and then while another client guesses passwords.
async fn guesses(options: &Options, server: &Server, place: &Place, report: &mut Report) -> Outcome {
    let temporary = tempfile::tempdir()?;
    let requests = requests(Part::AccessKey, &place.credentials);
    for _ in 0..options.rounds.get() {
        try_out(server, &requests).await?;
        let quiet = wrk::drive_cleanly(server, &requests, options.seconds, temporary.path()).await?;
        report.samples.push(Part::Guesses, On::Small, quiet);
        let guesser = Guesser::start(server)?;
        tokio::time::sleep(REST).await;
        let measured = wrk::drive(server, &requests, options.seconds.get(), temporary.path()).await?;
        let guesses = guesser.stop().await?;
        report.samples.push(Part::Guesses, On::Guessed, measured);
        eprintln!("guesses: {}", guesses.in_words());
        report.guesses.push(guesses);
        tokio::time::sleep(REST).await;
        server.cut_log()?;
        try_out(server, &requests).await?;
    }
    Ok(())
}

/// Measures everything that the options ask for.
pub async fn run(options: &Options) -> Outcome<Report> {
    wrk::look_for_it().await?;
    let folder = tempfile::tempdir()?;
    let mut report = Report { load_before: machine_load(), ..Report::default() };
    let places = Places::prepare(options, folder.path()).await?;
    if options.wants(Part::Start) {
        report.starts = starts(options, &places).await?;
    }

    let mut servers = Servers { ceiling: Server::ceiling(folder.path()).await?, tested: Vec::new() };
    servers.tested.push((On::Small, places.small.start().await?, &places.small));
    if let Some(large) = &places.large {
        servers.tested.push((On::Large, large.start().await?, large));
        report.large = large.title();
    }
    if let Some((place, _)) = &places.postgres {
        servers.tested.push((On::Postgres, place.start().await?, place));
    }
    tokio::time::sleep(REST).await;
    report.samples = drive(options, &servers, folder.path()).await?;
    if options.wants(Part::Change)
        && let Some((_, server, place)) = servers.tested.iter().find(|(on, ..)| *on == On::Large)
    {
        report.changes = Some(change::measure(server, place).await?);
    }
    if options.wants(Part::Guesses) {
        let (_, server, place) = &servers.tested[0];
        guesses(options, server, place, &mut report).await?;
    }
    tokio::time::sleep(REST).await;
    for (on, server, _) in servers.tested {
        report.memory_after.push((on, server.memory()?));
        server.stop().await?;
    }
    report.load_after = machine_load();
    Ok(report)
}
