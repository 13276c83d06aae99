//! A browser without a screen. It keeps cookies by host and port. A real browser ignores the port.

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Url};
use std::collections::BTreeMap;

/// A page as the server sent it.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub text: String,
    /// The target, if the page is a redirection.
    pub to: Option<Url>,
}

#[derive(Clone)]
pub struct Browser {
    client: Client,
    /// The values of the cookies, by the address of the server (host and port) and the name of the cookie.
    cookies: BTreeMap<(String, String), String>,
}

fn host(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap())
}

impl Browser {
    pub fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { client, cookies: BTreeMap::new() }
    }

    /// Returns a cookie of a server.
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.get(&(host(&Url::parse(url).unwrap()), name.to_owned())).cloned()
    }

    /// Gives the browser a cookie.
    pub fn set_cookie(&mut self, url: &str, name: &str, value: &str) {
        self.cookies.insert((host(&Url::parse(url).unwrap()), name.to_owned()), value.to_owned());
    }

    /// Opens a URL. Follows no redirection.
    pub async fn open(&mut self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let own = host(&url);
        let sent = self.cookies.iter().filter(|((host, _), _)| *host == own);
        let sent: Vec<String> = sent.map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut request = self.client.get(url.clone()).header("sec-fetch-site", "none");
        if !sent.is_empty() {
            request = request.header(COOKIE, sent.join("; "));
        }
        let answer = request.send().await.unwrap();
        for line in answer.headers().get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let key = (own.clone(), name.to_owned());
            if value.is_empty() {
                self.cookies.remove(&key);
            } else {
                self.cookies.insert(key, value.to_owned());
            }
        }
        let to = answer.headers().get(LOCATION).map(|to| url.join(to.to_str().unwrap()).unwrap());
        Page { status: answer.status().as_u16(), to, text: answer.text().await.unwrap() }
    }

    /// Opens a page that leads to the provider, and signs in there as `login`. Stops before the browser returns to the
    /// server. Returns the URL to which the provider sends the browser back, or a page that leads nowhere.
    pub async fn until_callback(&mut self, start: &str, login: &str) -> Result<Url, Page> {
        let mut page = self.open(start).await;
        for _ in 0..12 {
            let Some(mut to) = page.to.take() else {
                return Err(page);
            };
            if to.path().ends_with("/callback") {
                return Ok(to);
            }
            if to.path().starts_with("/interaction/") {
                to.query_pairs_mut().append_pair("login", login);
            }
            page = self.open(to.as_str()).await;
        }
        panic!("the redirections do not end: {page:?}");
    }

    /// Signs in completely. Returns the last page: a redirection to the page of access keys, or a refusal.
    pub async fn sign_in(&mut self, start: &str, login: &str) -> Page {
        match self.until_callback(start, login).await {
            Ok(callback) => self.open(callback.as_str()).await,
            Err(page) => page,
        }
    }
}
