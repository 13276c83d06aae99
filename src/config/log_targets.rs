//! Targets in the filter of the log under which nothing logs: probably misspelt.

/// The crates that this program is built from, as targets name them.
const CRATES: &str = env!("LOCKED_CRATES");
/// This program, as targets name it.
const PROGRAM: &str = "portreeve";
/// The modules of this program that log.
const MODULES: [&str; 32] = [
    "app",
    "app::first_start",
    "app::key_upkeep",
    "app::listening",
    "app::recheck",
    "app::secrets",
    "app::signals",
    "app::systemd",
    "app::tls",
    "app::upkeep",
    "authn::authenticator",
    "authn::outside::check",
    "authn::outside::held",
    "authn::outside::providers",
    "authn::outside::settle",
    "authn::outside::sign_in",
    "cli::serve",
    "http::connection::record",
    "http::device",
    "http::error",
    "http::error::pages",
    "http::proxies",
    "http::refusals",
    "http::signin::told",
    "issue::log",
    "manage::administration",
    "manage::services",
    "manage::signing_keys::change",
    "manage::signing_keys::lease",
    "manage::signing_keys::serving",
    "snapshot",
    "telemetry",
];

/// Warns of each target in the filter that nothing logs under. `setting` is where the filter stands.
pub(super) fn warnings(filter: &str, setting: &str) -> Vec<String> {
    let targets = filter.split(',').filter_map(target).filter(|target| !is_known(target));
    let warn = |target: &str| {
        let own: Vec<String> = first_parts().iter().map(|part| format!("`{PROGRAM}::{part}`")).collect();
        format!(
            "{setting}: nothing logs under `{target}`: there are `{PROGRAM}`, {}, and the crates that the program is built from, such as `actix_http`",
            own.join(", ")
        )
    };
    targets.map(warn).collect()
}

/// The target of a directive such as `TARGET=LEVEL` or `TARGET[SPAN]=LEVEL`, if it has one.
fn target(directive: &str) -> Option<&str> {
    let (target, _) = directive.rsplit_once('=')?;
    let target = target.split('[').next().unwrap_or_default().trim();
    Some(target).filter(|target| !target.is_empty())
}

fn is_known(target: &str) -> bool {
    let (first, rest) = target.split_once("::").unwrap_or((target, ""));
    if first != PROGRAM {
        return CRATES.split(',').any(|name| name == first);
    }
    let is_below = |module: &&str| {
        module.strip_prefix(rest).is_some_and(|below| below.is_empty() || below.starts_with("::"))
    };
    rest.is_empty() || MODULES.iter().any(is_below)
}

/// The first parts of the modules, each once.
fn first_parts() -> Vec<&'static str> {
    let mut parts: Vec<&str> = MODULES.iter().filter_map(|module| module.split("::").next()).collect();
    parts.dedup();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The modules below `folder` that hold a macro of the log.
    fn logging(folder: &Path, parent: &str, found: &mut BTreeSet<String>) {
        let logs = Regex::new(r"tracing::(error|warn|info|debug|trace)!").unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            let own = if parent.is_empty() { stem.to_owned() } else { format!("{parent}::{stem}") };
            if path.is_dir() {
                logging(&path, &own, found);
            } else if logs.is_match(&std::fs::read_to_string(&path).unwrap()) {
                found.insert(if stem == "mod" { parent.to_owned() } else { own });
            }
        }
    }

    #[test]
    fn the_modules_that_log_are_listed_and_no_others() {
        let mut found = BTreeSet::new();
        logging(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
        assert_eq!(found, MODULES.iter().map(|module| (*module).to_owned()).collect());
    }

    #[test]
    fn only_targets_that_nothing_logs_under_are_warned_of() {
        for fits in [
            "info",
            "OFF",
            "portreeve=debug",
            "info,portreeve::http=debug",
            "warn, portreeve::http::refusals = info",
            "actix_http=trace,sqlx=debug,actix_web::middleware=warn",
            "portreeve::http[span]=debug",
            "[span]=debug",
        ] {
            assert_eq!(warnings(fits, "--log"), Vec::<String>::new(), "{fits}");
        }
        for (misspelt, target) in [
            ("portreev=debug", "portreev"),
            ("info,portreeve::htp=debug", "portreeve::htp"),
            ("portreeve::http::tokens=debug", "portreeve::http::tokens"),
            ("portreeve::h=debug", "portreeve::h"),
            ("actix-http=debug", "actix-http"),
            ("portreeve:http=debug", "portreeve:http"),
        ] {
            let warnings = warnings(misspelt, "--log");
            let [warning] = warnings.as_slice() else { panic!("{misspelt}: {warnings:?}") };
            assert!(warning.starts_with(&format!("--log: nothing logs under `{target}`")), "{warning}");
            assert!(warning.contains("`portreeve`, `portreeve::app`"), "{warning}");
        }
    }
}
