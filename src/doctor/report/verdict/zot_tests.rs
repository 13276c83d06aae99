//! Tests the causes at zot, which has one key. Most tokens have no certificate, as with the profile `zot`.

use super::*;
use crate::doctor::token::certificate::Cert;

impl Scene {
    fn cert(&self) -> Cert {
        Cert::from_der(&self.der).unwrap()
    }

    pub(in crate::doctor) fn zot(&self, cert: &str) -> RegistryFile {
        let cert = self.folder.path().join(cert);
        let bearer = format!(r#"{{"realm": "r", "service": "registry", "cert": "{}"}}"#, cert.display());
        let text = format!(r#"{{"http": {{"port": "1", "auth": {{"bearer": {bearer}}}}}}}"#);
        RegistryFile::parse(Path::new("/etc/zot.json"), text).unwrap()
    }

    /// Writes the public key of `own.crt` as PEM and as a key set. Returns its two key ids.
    fn write_keys(&self) -> [String; 2] {
        let cert = self.cert();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(&cert.spki)
        );
        std::fs::write(self.folder.path().join("own.pub"), pem).unwrap();
        let point = &cert.spki[cert.spki.len() - 64..];
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[..32]), URL_SAFE_NO_PAD.encode(&point[32..]));
        let set = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "any"}]});
        std::fs::write(self.folder.path().join("own.json"), set.to_string()).unwrap();
        [cert.libtrust(), cert.thumbprint().unwrap()]
    }
}

#[test]
fn zot_allows_no_skew() {
    let scene = Scene::new();
    let kid = scene.cert().libtrust();
    for (begin, end, check) in [(5, 300, "clock"), (-300, -1, "clock"), (-30, 300, "config")] {
        for chain in [true, false] {
            let token = scene.token(&kid, chain, NOW + begin, NOW + end);
            let zot = scene.zot("own.crt");
            assert_eq!(facts(&token, Some(&zot)).refused()[0].check, check, "{begin} {end} {chain}");
        }
    }
}

#[test]
fn the_key_in_any_form_is_the_key() {
    let scene = Scene::new();
    for kid in scene.write_keys() {
        let token = scene.token(&kid, false, NOW - 30, NOW + 300);
        for (file, check) in [
            ("own.crt", "config"),
            ("own.pub", "config"),
            ("own.json", if kid.contains(':') { "acceptance" } else { "config" }),
            ("other.crt", "bundle"),
            ("jwks.json", "bundle"),
        ] {
            let zot = scene.zot(file);
            let findings = bundle::examine_alone(&zot, None, true, NOW);
            assert_eq!(findings.is_empty(), file != "jwks.json", "{file}: {findings:?}");
            let mut facts = facts(&token, Some(&zot));
            // zot ignores key ids, so an accepted trial token proves nothing about them.
            facts.trials = Trials { tried: true, accepted: vec![KeyForm::Libtrust] };
            let found = facts.refused();
            assert!(found.len() == 1 && found[0].check == check, "{kid} {file}: {found:?}");
            let fix = found[0].fix.clone().unwrap();
            assert!(!fix.contains("--profile") && !fix.contains("ca.crt"), "{fix}");
        }
    }
}

#[test]
fn zot_is_given_the_key_s_own_certificate() {
    let scene = Scene::new();
    let keys = scene.folder.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    for (from, to) in [("other.crt", "ca.crt"), ("own.crt", "signing-1.crt")] {
        std::fs::copy(scene.folder.path().join(from), keys.join(to)).unwrap();
    }
    let now = crate::domain::time::Timestamp::from_seconds(NOW);
    let keys = Keys::open(&keys, now).facts.unwrap();
    let token = scene.token(&scene.cert().libtrust(), false, NOW - 30, NOW + 300);
    let zot = scene.zot("other.crt");
    let facts = Facts { keys: Some(&keys), ..facts(&token, Some(&zot)) };
    let found = facts.refused();
    let fix = found[0].fix.clone().unwrap();
    assert!(found[0].check == "bundle" && fix.contains("signing-1.crt\"` under http.auth.bearer"), "{fix}");
}
