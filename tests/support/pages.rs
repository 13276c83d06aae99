//! A browser without a screen. It keeps cookies, and sends the forms of pages with their hidden token.
#![allow(dead_code, reason = "each test uses a part of it")]

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A page, or a redirection.
pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the first capture of the expression in the page. The test fails if nothing matches.
    pub fn find(&self, expression: &str) -> String {
        let found = Regex::new(expression).unwrap().captures(&self.text).map(|found| found[1].to_owned());
        found.unwrap_or_else(|| panic!("{expression}: {} {}", self.status, self.text))
    }

    /// Returns the token in the forms of the page.
    pub fn token(&self) -> String {
        self.find("name=\"token\" value=\"([^\"]+)\"")
    }

    /// Returns the text of the page without markup.
    pub fn words(&self) -> String {
        let text = Regex::new("<[^>]*>").unwrap().replace_all(&self.text, " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Checks that the page is HTML with this status and this text, and has a content security policy. Also checks that
    /// the page is not cached, and contains no scripts and no inline styles.
    pub fn says(&self, status: u16, part: &str) -> &Self {
        let words = self.words();
        assert!(self.status == status && words.contains(part), "{} {words}", self.status);
        assert!(self.header("content-type").starts_with("text/html"), "{:?}", self.headers);
        assert!(self.header("content-security-policy").contains("default-src 'none'"), "{:?}", self.headers);
        assert_eq!(self.header("cache-control"), "no-store");
        assert!(!self.text.contains("<script") && !self.text.contains("style="), "{}", self.text);
        self
    }

    /// Checks that the answer redirects to this path with a GET.
    pub fn leads_to(&self, path: &str) -> &Self {
        assert_eq!((self.status, self.header("location")), (303, path), "{}", self.words());
        self
    }
}

/// A browser with its cookies.
pub struct Browser {
    base: String,
    client: reqwest::Client,
    pub cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    /// Builds a browser that opens pages at `base`, such as `http://localhost:5001`.
    pub fn new(base: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = client.tls_danger_accept_invalid_certs(true).build().unwrap();
        Self { base: base.trim_end_matches('/').to_owned(), client, cookies: Mutex::default() }
    }

    /// Builds a request with the cookies of the browser.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.base));
        if line.is_empty() { request } else { request.header("cookie", line.join("; ")) }
    }

    /// Sends a request. Keeps the cookies that the answer sets, and drops those that it deletes. Checks the attributes
    /// of each cookie.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let answer = request.send().await.unwrap();
        for line in answer.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (pair, rest) = line.split_once(';').unwrap();
            assert!(
                rest.contains("Path=/") && rest.contains("Secure") && rest.contains("HttpOnly"),
                "{line}"
            );
            assert!(rest.contains("SameSite=Lax") && pair.starts_with("__Host-"), "{line}");
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if rest.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, text: answer.text().await.unwrap() }
    }

    /// Opens a page.
    pub async fn open(&self, path: &str) -> Page {
        self.send(self.request("GET", path)).await
    }

    /// Sends a form as a browser does from a page of this server.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(self.request("POST", path).header("sec-fetch-site", "same-origin").form(form)).await
    }

    /// Sends the form of the page at `from`, with the hidden token of that page.
    pub async fn fill(&self, from: &str, path: &str, form: &[(&str, &str)]) -> Page {
        let token = self.open(from).await.token();
        let mut all = vec![("token", token.as_str())];
        all.extend(form);
        self.post(path, &all).await
    }

    /// Signs in with a password.
    pub async fn sign_in(&self, user: &str, password: &str) -> Page {
        self.fill("/signin", "/signin/password", &[("user", user), ("password", password)]).await
    }

    /// Returns the value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Approves or refuses the device with this code.
    pub async fn answer_device(&self, code: &str, answer: &str) -> Page {
        self.fill("/signin/device", "/signin/device/answer", &[("code", code), ("answer", answer)]).await
    }
}
