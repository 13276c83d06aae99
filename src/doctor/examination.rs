//! Runs one examination: reaches the registry, asks the token server for a token, offers the token to the registry,
//! tries a pull and a push, and tries the endpoints for event reports.

use super::case::Case;
use super::error::Unusable;
use super::options::Options;
use super::registry::bundle::{self, KeyQuestion};
use super::registry::challenge::{self, Challenge};
use super::registry::configuration::Configuration;
use super::registry::log::{LogEvidence, Reason};
use super::registry::notifications::Notifications;
use super::registry::proxy;
use super::registry::reach::{Approach, LiveRegistry};
use super::registry::reception::{self, Reception, Refusal};
use super::registry::repository::{Manifest, Repository};
use super::registry::{pull, push};
use super::report::finding::{Finding, Level};
use super::report::verdict::{self, AcceptedToken};
use super::report::whole::Report;
use super::server::login::{self, Surroundings};
use super::server::realm_address::Realm;
use super::server::service;
use super::server::source::TokenSource;
use super::server::token_server::TokenServer;
use super::server::visit::Visit;
use super::token::bearer::Bearer;
use super::token::clocks::Clocks;
use super::token::received::Token;
use super::token::trials;

/// The state of a running examination.
struct Examination<'a> {
    case: &'a Case<'a>,
    configuration: Configuration,
    /// True if the doctor offered the registry a token. False again if the issuer of a refused token was only a
    /// guess, and can be the cause: that refusal proves nothing.
    tried: bool,
    findings: Vec<Finding>,
}

/// The registry, its challenge, and the token server that the challenge names.
struct Site {
    registry: LiveRegistry,
    challenge: Challenge,
    server: TokenServer,
}

/// Examines a registry. Calls `say` before most steps, with words about the step.
///
/// Fails with [`Unusable`] if the registry's configuration or log, or a file of authorities, cannot be read, or if
/// the HTTP client cannot use a certificate or key.
pub async fn examine(options: &Options, say: &dyn Fn(&str)) -> Result<Report, Unusable> {
    let mut findings = Vec::new();
    let (case, configuration) = Case::open(options, say).await?.report_to(&mut findings);
    let mut examination = Examination { case: &case, configuration, tried: false, findings };
    examination.run().await;
    examination.notifications().await;
    examination.left_out();
    Ok(Report::new(options.registry.name.clone(), examination.tried, examination.findings))
}

impl Examination<'_> {
    /// Runs the steps from the registry to the push, in order. Stops when a step returns no facts for the next
    /// step.
    async fn run(&mut self) -> Option<()> {
        let registry = self.registry().await?;
        let challenge = self.challenge(&registry)?;
        let server = self.token_server(&registry, &challenge).await?;
        let site = Site { registry, challenge, server };
        self.service(&site).await?;
        let bearer = self.token(&site).await?;
        self.reception(&site, &bearer).await?;
        let manifest = self.pull(&site).await?;
        self.push(&site, &manifest).await
    }

    async fn registry(&mut self) -> Option<LiveRegistry> {
        let case = self.case;
        let mut reached = None;
        if case.is_resolved {
            let approach = Approach {
                client: &case.client,
                address: &case.options.registry,
                docker: &case.docker,
                file: self.configuration.file.as_ref(),
                config: case.options.config.as_deref(),
                listen: case.listen.as_ref(),
                now: self.now(),
            };
            reached = approach.examine().await.report_to(&mut self.findings);
        }
        if reached.is_none() {
            self.files_alone().await;
        }
        reached
    }

    fn challenge(&mut self, registry: &LiveRegistry) -> Option<Challenge> {
        (self.case.say)("the registry's challenge");
        let lines = &registry.challenges;
        let Some(challenge) = challenge::examine(lines).report_to(&mut self.findings) else {
            self.bundle_alone(true);
            let missing = challenge::missing(lines, registry.by_proxy, self.configuration.file.as_ref());
            self.findings.push(missing);
            return None;
        };
        let (realm, service) = (challenge.get("realm"), challenge.service());
        let shown = realm.unwrap_or_default();
        let what = format!("the registry sends clients to `{shown}` for the service `{service}`");
        self.findings.push(Finding::ok("challenge", what));
        self.findings.extend(self.configuration.hold_against(realm, service));
        self.bundle_alone(true);
        Some(challenge)
    }

    async fn token_server(&mut self, registry: &LiveRegistry, challenge: &Challenge) -> Option<TokenServer> {
        let case = self.case;
        (case.say)("the token server");
        let visit = Visit {
            realm: Realm::of(&case.client, registry, &self.configuration, challenge),
            keys: case.keys.as_ref(),
            docker: &case.docker,
            has_login: case.options.login.is_some(),
            now: self.now(),
        };
        visit.examine().await.report_to(&mut self.findings)
    }

    async fn service(&mut self, site: &Site) -> Option<()> {
        let examined = service::examine(source(self.case, site), &self.configuration).await;
        examined.report_to(&mut self.findings).then_some(())
    }

    async fn token(&mut self, site: &Site) -> Option<Bearer> {
        let case = self.case;
        (case.say)("tokens");
        let has_keys = case.keys.as_ref().is_some_and(|keys| !keys.probes.is_empty());
        let around = Surroundings { registry_is_trusted: site.registry.trusted, has_keys };
        let given = login::examine(source(case, site), around).await.report_to(&mut self.findings);
        let bearer = given.or_else(|| {
            let (service, now) = (site.challenge.service(), case.options.clock.now());
            let made = trials::made_here(case.keys.as_ref(), &self.configuration, service, now);
            made.report_to(&mut self.findings)
        });
        if bearer.is_none() {
            self.findings.extend(site.clocks().examine());
        }
        bearer
    }

    async fn reception(&mut self, site: &Site, bearer: &Bearer) -> Option<()> {
        let case = self.case;
        (case.say)("whether the registry accepts tokens");
        if !site.registry.verified && !bearer.anonymous {
            self.not_shown(site, bearer);
            return None;
        }
        self.tried = true;
        let raw = &bearer.received.raw;
        match reception::offer(&case.client, &site.registry, raw, bearer.anonymous).await {
            Reception::Accepted => self.accepted(site, bearer).await,
            Reception::TooLittle => {
                let what = "the registry requires rights even for `/v2/`";
                self.findings.push(Finding::warning("acceptance", what, "docker login asks for no rights"));
            }
            Reception::Failed(why) => {
                let what = format!("the registry fails when the doctor shows the token: {why}");
                self.findings.push(Finding::problem("acceptance", what, ""));
                return None;
            }
            Reception::Refused(refusal) => {
                self.refused(site, bearer, &refusal).await;
                return None;
            }
        }
        Some(())
    }

    /// Reports that the doctor did not show the person's token to a registry without a verified certificate.
    /// Compares the clocks, and the token with the registry's file.
    fn not_shown(&mut self, site: &Site, bearer: &Bearer) {
        self.findings.push(Finding::note(
            "acceptance",
            "the token was not shown to the registry",
            "the registry's certificate is not verified, and an impostor could use the token",
        ));
        self.findings.extend(site.clocks().examine());
        if let (Some(token), Some(file)) = (&bearer.received.token, &self.configuration.file) {
            let asked = KeyQuestion {
                file,
                token,
                keys: self.case.keys.as_ref(),
                service: site.challenge.service(),
                program: site.server.program,
                now: self.now(),
            };
            self.findings.extend(verdict::by_file(&asked));
        }
    }

    async fn accepted(&mut self, site: &Site, bearer: &Bearer) {
        let case = self.case;
        let spoiled = bearer.spoiled();
        let control = reception::offer(&case.client, &site.registry, &spoiled, bearer.anonymous).await;
        self.findings.push(if control == Reception::Accepted {
            let what = "the registry accepts the token, and accepts it with a spoiled signature, too";
            let why = "the registry does not verify signatures, so anybody can make tokens";
            Finding::problem("acceptance", what, why).fix("find out which program answers `/v2/`")
        } else {
            let what = "the registry accepts the token, and refuses it with a spoiled signature";
            Finding::ok("acceptance", what)
        });
        self.findings.extend(site.clocks().examine());
        if let Some(token) = &bearer.received.token {
            let accepted = AcceptedToken {
                token,
                realm: site.challenge.get("realm"),
                service: site.challenge.service(),
                file: self.configuration.file.as_ref(),
                keys: case.keys.as_ref(),
                program: site.server.program,
                now: self.now(),
            };
            self.findings.extend(accepted.accepted(&self.findings));
        }
    }

    async fn refused(&mut self, site: &Site, bearer: &Bearer, refusal: &Refusal) {
        let Some(token) = &bearer.received.token else {
            let what = format!("the registry refuses the token ({})", refusal.words());
            let why = "the token is not a JWT, so the doctor cannot tell the cause; most registries accept only JWTs";
            self.findings.push(Finding::problem("acceptance", what, why));
            return;
        };
        let case = self.case;
        let evidence = match &case.log {
            Some(log) => Some(log.read_patiently().await),
            None => None,
        };
        let is_told = matches!(&evidence, Some(LogEvidence::Reason(_)));
        let may_be_stripped = !is_told && !self.configuration.is_zot();
        let by_proxy = proxy::examine(&case.client, &site.registry, refusal, may_be_stripped).await;
        if let Some(finding) = by_proxy {
            self.findings.push(finding);
            return;
        }
        let has_other_cause =
            matches!(&evidence, Some(LogEvidence::Reason(line)) if line.reason != Reason::Issuer);
        if bearer.issuer_is_guessed && !has_other_cause {
            self.guessed_wrong(site, token);
            return;
        }
        self.cause(site, token, refusal, evidence).await;
    }

    /// Reports that a refusal proves nothing, because the issuer of the refused token was only a guess.
    fn guessed_wrong(&mut self, site: &Site, token: &Token) {
        self.tried = false;
        let issuer = token.issuer();
        let why = format!("the registry refused the doctor's own token, whose issuer `{issuer}` was a guess");
        let what = "the doctor cannot find out whether the registry accepts tokens";
        self.findings.push(
            Finding::note("acceptance", what, why)
                .fix("run the doctor again with --user, or with --registry-config"),
        );
        self.findings.extend(site.clocks().examine());
    }

    /// Reports the cause of a refusal.
    async fn cause(&mut self, site: &Site, token: &Token, refusal: &Refusal, log: Option<LogEvidence>) {
        let case = self.case;
        if let (Some(LogEvidence::Nothing), Some(log)) = (&log, &case.log) {
            let what = format!("`{}` says nothing about a refused token", log.path.display());
            let why = "this is the log of another registry, or the log level is above `info`";
            self.findings.push(Finding::note("log", what, why));
        }
        let (clocks, service, keys) = (site.clocks(), site.challenge.service(), case.keys.as_ref());
        // The trials use the registry's own time if it is known, so that a difference of the clocks causes no
        // refusal.
        let there = case.options.clock.now().plus_seconds(clocks.registry.unwrap_or_default());
        let trials = trials::examine(&case.client, &site.registry, keys, token, service, there).await;
        let facts = verdict::Facts {
            token,
            service,
            file: self.configuration.file.as_ref(),
            keys,
            log,
            refusal,
            program: site.server.program,
            clocks,
            now: self.now(),
            trials,
        };
        let causes = facts.refused();
        if causes.iter().all(|finding| finding.check != "clock") {
            self.findings.extend(clocks.examine());
        }
        self.findings.extend(causes);
    }

    async fn pull(&mut self, site: &Site) -> Option<Manifest> {
        let case = self.case;
        let repository = repository(case, site)?;
        (case.say)("pulling");
        pull::examine(repository, case.options.tag.as_deref()).await.report_to(&mut self.findings)
    }

    async fn push(&mut self, site: &Site, manifest: &Manifest) -> Option<()> {
        let case = self.case;
        let repository = repository(case, site).filter(|_| case.options.write)?;
        (case.say)("pushing");
        self.findings.push(push::examine(repository, manifest).await);
        Some(())
    }

    /// Tries the endpoints for event reports in the registry's file.
    async fn notifications(&mut self) {
        let (Some(file), options) = (&self.configuration.file, self.case.options) else { return };
        let notifications = Notifications {
            file,
            registry: &options.registry,
            listen: self.case.listen.as_ref(),
            authorities: &options.authorities,
            clock: &options.clock,
        };
        self.findings.extend(notifications.examine(self.case.say).await);
    }

    /// Examines the files of a registry that could not be reached.
    async fn files_alone(&mut self) {
        // A running registry has read its bundle. If the bundle cannot be read here, perhaps the registry runs in a
        // container or as another user.
        let runs = match &self.case.listen {
            Some(listen) => listen.is_alive().await,
            None => false,
        };
        self.bundle_alone(runs);
        if let Some(log) = self.case.log.as_ref().filter(|_| !runs) {
            let names_cause =
                |it: &Finding| it.level == Level::Problem && matches!(it.check, "config" | "bundle");
            let is_explained = self.findings.iter().any(names_cause);
            self.findings.extend(bundle::examine_log(log, is_explained));
        }
    }

    /// Examines the registry's file without a token. `runs` is true if a registry is running.
    fn bundle_alone(&mut self, runs: bool) {
        if let Some(file) = &self.configuration.file {
            let now = self.now();
            self.findings.extend(bundle::examine_alone(file, self.case.keys.as_ref(), runs, now));
        }
    }

    /// Reports the pull and the push if they were requested and not tried.
    fn left_out(&mut self) {
        let Some(repository) = &self.case.options.repository else { return };
        let is_seen = |check: &str| self.findings.iter().any(|finding| finding.check == check);
        let (has_pull, has_push) = (is_seen("pull"), is_seen("push"));
        if !has_pull {
            let what = format!("no pull of `{repository}` was tried");
            let why = "the doctor did not see the registry accept a token";
            self.findings.push(Finding::note("pull", what, why));
        }
        if self.case.options.write && !has_push {
            let what = format!("no push to `{repository}` was tried");
            self.findings.push(Finding::note("push", what, "a push needs a manifest that was pulled"));
        }
    }

    /// Returns the doctor's time, seconds since the epoch.
    fn now(&self) -> i64 {
        self.case.options.clock.now().as_seconds()
    }
}

impl Site {
    fn clocks(&self) -> Clocks {
        Clocks { registry: self.registry.ahead, realm: self.server.ahead }
    }
}

fn source<'a>(case: &'a Case<'_>, site: &'a Site) -> TokenSource<'a> {
    let (server, service) = (&site.server, site.challenge.service());
    TokenSource { client: &case.client, server, service, login: case.options.login.as_ref() }
}

fn repository<'a>(case: &'a Case<'_>, site: &'a Site) -> Option<Repository<'a>> {
    let name = case.options.repository.as_deref()?;
    let (client, registry) = (&case.client, &site.registry);
    Some(Repository { client, registry, source: source(case, site), name })
}
