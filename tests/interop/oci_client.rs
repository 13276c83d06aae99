//! The Rust crate oci-client.

use super::port::{PASSWORD, Port};
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};

fn client() -> Client {
    Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() })
}

fn image(port: &Port, repository: &str) -> Reference {
    format!("{}/{repository}:1", port.registry).parse().unwrap()
}

fn login(name: &str) -> RegistryAuth {
    RegistryAuth::Basic(name.to_owned(), PASSWORD.to_owned())
}

const MEDIA_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";

async fn push(client: &Client, image: &Reference, auth: &RegistryAuth) -> Result<String, String> {
    let layer = ImageLayer::new(b"some content".to_vec(), MEDIA_TYPE.to_owned(), None);
    let digest = layer.sha256_digest();
    let config = Config::new(b"{}".to_vec(), "application/vnd.oci.image.config.v1+json".to_owned(), None);
    client.push(image, &[layer], config, auth, None).await.map_err(|error| error.to_string())?;
    Ok(digest)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pushed_pulled_and_its_layer_mounted_elsewhere() {
    let port = Port::open();
    port.people().await;
    let (writer, source) = (client(), image(&port, "team/app"));
    let digest = push(&writer, &source, &login("writer")).await.unwrap();
    let pulled = client().pull(&source, &login("reader"), vec![MEDIA_TYPE]).await.unwrap();
    assert_eq!(pulled.layers[0].data.as_ref(), b"some content");
    assert!(push(&client(), &source, &login("reader")).await.is_err());

    let target = image(&port, "team/other");
    let mounting = client();
    // By itself this client asks for one scope only. A mount needs two.
    let scope = "repository:team/other:pull,push%20repository:team/app:pull";
    let both = RegistryAuth::Bearer(token(&port, "writer", scope).await);
    mounting.auth(&target, &both, RegistryOperation::Push).await.unwrap();
    mounting.mount_blob(&target, &source, &digest).await.unwrap();
    assert!(mounting.blob_exists(&target, &digest).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_needs_the_right_to_pull_at_its_source() {
    let port = Port::open();
    port.people().await;
    let body =
        serde_json::json!({"subjects": ["user:reader"], "names": ["mine/**"], "actions": ["pull", "push"]});
    port.api("PUT", "/rules/mine", body).await;
    let digest = push(&client(), &image(&port, "team/app"), &login("writer")).await.unwrap();
    // A real client asks for both scopes in one request, as the registry's challenge says.
    let scope = "repository:mine/copy:pull,push%20repository:team/app:pull";
    let mount = format!("/v2/mine/copy/blobs/uploads/?mount={digest}&from=team/app");
    assert_eq!(mount_status(&port, scope, &mount).await, 201);
    port.api("DELETE", "/rules/readers", serde_json::Value::Null).await;
    let status = mount_status(&port, scope, &mount).await;
    assert!(status == 401 || status == 202, "the user may not pull from the source: {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_for_push_alone_can_tag() {
    let port = Port::open();
    port.people().await;
    push(&client(), &image(&port, "team/app"), &login("writer")).await.unwrap();
    let http = reqwest::Client::new();
    let at = |tag: &str| format!("http://{}/v2/team/app/manifests/{tag}", port.registry);
    let accepted = "application/vnd.oci.image.manifest.v1+json";
    let pull = token(&port, "writer", "repository:team/app:pull").await;
    let manifest = http.get(at("1")).bearer_auth(pull).header("accept", accepted).send().await.unwrap();
    assert_eq!(manifest.status(), 200);
    let manifest = manifest.bytes().await.unwrap();
    let tag = async |tag: &str| {
        let push = token(&port, "writer", "repository:team/app:push").await;
        let request = http.put(at(tag)).bearer_auth(push).header("content-type", accepted);
        request.body(manifest.clone()).send().await.unwrap().status().as_u16()
    };
    assert_eq!(tag("2").await, 201);
    port.api("PATCH", "/services/registry", serde_json::json!({"push_includes_pull": false})).await;
    assert_eq!(tag("3").await, 401, "the registry wants pull for every write");
    let push = token(&port, "writer", "repository:team/app:push").await;
    let refused = http.put(at("3")).bearer_auth(push).header("content-type", accepted).body("{}").send();
    let refused = refused.await.unwrap();
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    // The registry stores actions in a map, so it writes them in any order.
    let wanted = ["pull,push", "push,pull"].map(|actions| {
        format!("service=\"registry\",scope=\"repository:team/app:{actions}\",error=\"insufficient_scope\"")
    });
    assert!(wanted.iter().any(|wanted| challenge.ends_with(wanted)), "{challenge}");
}

async fn token(port: &Port, user: &str, scope: &str) -> String {
    let url = format!("http://{}/token?service=registry&scope={scope}", port.server);
    let answer = reqwest::Client::new().get(url).basic_auth(user, Some(PASSWORD)).send().await.unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}

async fn mount_status(port: &Port, scope: &str, path: &str) -> u16 {
    let http = reqwest::Client::new();
    let token = token(port, "reader", scope).await;
    let url = format!("http://{}{path}", port.registry);
    http.post(url).bearer_auth(token).header("content-length", "0").send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_is_pulled_without_a_name() {
    let port = Port::open();
    port.people().await;
    let public = image(&port, "public/base");
    push(&client(), &public, &login("writer")).await.unwrap();
    client().pull(&public, &RegistryAuth::Anonymous, vec![MEDIA_TYPE]).await.unwrap();
    assert!(push(&client(), &public, &RegistryAuth::Anonymous).await.is_err());
}
