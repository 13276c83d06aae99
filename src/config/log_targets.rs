//! Warns about targets in the log filter that no code uses, because they are probably misspelt.

/// The names of the crates that this program is built from, separated by commas.
const CRATES: &str = env!("LOCKED_CRATES");
/// The name of this program in targets.
const PROGRAM: &str = "portreeve";
/// The modules of this program that write to the log.
const MODULES: [&str; 45] = [
    "app",
    "app::events",
    "app::first_start",
    "app::key_upkeep",
    "app::listening",
    "app::recheck",
    "app::secrets",
    "app::signals",
    "app::systemd",
    "app::tls",
    "app::upkeep",
    "app::warnings",
    "authn::authenticator",
    "authn::outside::check",
    "authn::outside::held",
    "authn::outside::providers",
    "authn::outside::settle",
    "authn::outside::sign_in",
    "cli::serve",
    "crawl::crawler",
    "crawl::due",
    "crawl::registry",
    "crawl::tags",
    "crawl::walk",
    "events::alarms",
    "events::receiver",
    "events::retention",
    "events::writer",
    "http::connection::record",
    "http::device",
    "http::error",
    "http::error::pages",
    "http::proxies",
    "http::refusals",
    "http::signin::told",
    "issue::log",
    "manage::administration",
    "manage::event_status",
    "manage::services",
    "manage::signing_keys::change",
    "manage::signing_keys::lease",
    "manage::signing_keys::serving",
    "manage::suggestions",
    "snapshot",
    "telemetry",
];

/// Returns a warning for each target in the filter that no code uses. `setting` is the name of the setting
/// with the filter.
pub(super) fn warnings(filter: &str, setting: &str) -> Vec<String> {
    let targets = filter.split(',').filter_map(target).filter(|target| !is_known(target));
    let warn = |target: &str| {
        let own: Vec<String> = first_parts().iter().map(|part| format!("`{PROGRAM}::{part}`")).collect();
        format!(
            "{setting}: nothing logs under `{target}`: the targets are `{PROGRAM}`, {}, and the crates that the program is built from, such as `actix_http`",
            own.join(", ")
        )
    };
    targets.map(warn).collect()
}

/// Returns the target in a directive such as `TARGET=LEVEL` or `TARGET[SPAN]=LEVEL`.
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

/// Returns the first part of each module's path, without duplicates.
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

    /// Collects the modules below `folder` that use a macro of the log.
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
