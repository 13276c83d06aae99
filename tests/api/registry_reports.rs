//! Events of registries, for tests that read the inventory and the usage afterwards.

use super::helpers::{ADMIN, App};
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};

pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Returns a digest that repeats one letter.
pub fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// Events to report. Each event happened one second after the previous one, but not later than now.
pub struct Reports<'a> {
    app: &'a App,
    service: &'static str,
    /// The age of the next event, in seconds.
    ago: i64,
    events: Vec<Value>,
}

impl<'a> Reports<'a> {
    pub fn of(app: &'a App, service: &'static str, ago: i64) -> Self {
        Self { app, service, ago, events: Vec::new() }
    }

    /// Adds an event of a manifest. An empty subject is anonymous, and an empty tag means no tag.
    pub fn manifest(
        mut self,
        action: &str,
        repository: &str,
        tag: &str,
        letter: char,
        subject: &str,
    ) -> Self {
        let at = Timestamp::from_seconds(self.app.now_seconds() - self.ago);
        self.ago = (self.ago - 1).max(0);
        let id = format!("{}-{at}-{}-{repository}", self.service, self.events.len());
        let method = match action {
            "push" => "PUT",
            "delete" => "DELETE",
            _ => "GET",
        };
        let mut target = json!({"mediaType": IMAGE, "size": 1000, "digest": digest(letter),
            "repository": repository});
        if !tag.is_empty() {
            target["tag"] = json!(tag);
        }
        if action == "delete" {
            target.as_object_mut().unwrap().remove("mediaType");
        }
        self.events.push(json!({
            "id": id, "timestamp": at.to_string(), "action": action, "target": target,
            "request": {"id": id, "addr": "192.0.2.7:4711", "method": method, "useragent": "docker/28"},
            "actor": if subject.is_empty() { json!({}) } else { json!({"name": subject}) },
            "source": {"instanceID": format!("{}-one", self.service)},
        }));
        self
    }

    /// Sends the events. They are stored when this function returns.
    pub async fn send(self) {
        for some in self.events.chunks(200) {
            let mut tries = 50;
            let reply = loop {
                let request = self.app.request("POST", &format!("/events/{}", self.service));
                let request = request.basic_auth(ADMIN.0, Some(ADMIN.1)).json(&json!({"events": some}));
                let reply = App::send(request).await;
                tries -= 1;
                // A registry sends the same events again if the server cannot record them in time.
                if reply.status != 503 || tries == 0 {
                    break reply;
                }
            };
            assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{}", self.service);
        }
    }
}
