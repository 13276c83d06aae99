//! Good ID tokens are accepted. Each ID token that an attacker could make is refused for its own reason.

use crate::domain::identity::{Expected, Jwk, check_claims, parse_key_set};
use crate::domain::time::Timestamp;
use crate::token::{FOREIGN_ALGORITHMS, verify_foreign};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};
use std::process::Command;

const NOW: i64 = 1_900_000_000;
const ISSUER: &str = "https://id.example.org";
const CLIENT: &str = "portreeve";
const NONCE: &str = "the-nonce-of-this-sign-in";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The keys of the provider and of an attacker.
struct Keys {
    random: SystemRandom,
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed: Ed25519KeyPair,
    strangers: EcdsaKeyPair,
}

impl Keys {
    #[expect(clippy::disallowed_methods, reason = "ring signs with its own source of randomness")]
    fn new() -> Self {
        let random = SystemRandom::new();
        let ec = |with| {
            let der = EcdsaKeyPair::generate_pkcs8(with, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(with, der.as_ref(), &random).unwrap()
        };
        let arguments = ["genpkey", "-quiet", "-algorithm", "RSA"];
        let rsa = Command::new("openssl").args(arguments).output().unwrap();
        assert!(rsa.status.success(), "{}", String::from_utf8_lossy(&rsa.stderr));
        let pem = String::from_utf8(rsa.stdout).unwrap();
        let rsa =
            STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Self {
            rsa: RsaKeyPair::from_pkcs8(&rsa).unwrap(),
            p256: ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            p384: ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
            strangers: ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            random,
        }
    }

    fn set(&self) -> Vec<Jwk> {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let half = |point: &[u8], length: usize, second: bool| {
            let from = 1 + if second { length } else { 0 };
            encode(&point[from..from + length])
        };
        let (p256, p384) = (self.p256.public_key().as_ref(), self.p384.public_key().as_ref());
        let set = json!({"keys": [
            {"kty": "RSA", "kid": "r", "n": encode(&n), "e": encode(&e)},
            {"kty": "RSA", "kid": "r-256", "alg": "RS256", "use": "sig", "n": encode(&n), "e": encode(&e)},
            {"kty": "RSA", "kid": "weak", "n": encode(&n[..128]), "e": encode(&e)},
            {"kty": "RSA", "kid": "broken", "n": "!!", "e": encode(&e)},
            {"kty": "RSA", "kid": "enc", "use": "enc", "n": encode(&n), "e": encode(&e)},
            {"kty": "RSA", "kid": "signs", "key_ops": ["sign"], "n": encode(&n), "e": encode(&e)},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": half(p256, 32, false), "y": half(p256, 32, true)},
            {"kty": "EC", "kid": "short", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
            {"kty": "EC", "kid": "e384", "crv": "P-384", "x": half(p384, 48, false), "y": half(p384, 48, true)},
            {"kty": "OKP", "kid": "o", "crv": "Ed25519", "x": encode(self.ed.public_key().as_ref())},
        ]});
        parse_key_set(set.to_string().as_bytes()).unwrap()
    }

    fn sign(&self, algorithm: &str, message: &str) -> Vec<u8> {
        let message = message.as_bytes();
        let rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(padding, &self.random, message, &mut signature).unwrap();
            signature
        };
        match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "RS384" => rsa(&RSA_PKCS1_SHA384),
            "RS512" => rsa(&RSA_PKCS1_SHA512),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "PS384" => rsa(&RSA_PSS_SHA384),
            "PS512" => rsa(&RSA_PSS_SHA512),
            "ES384" => self.p384.sign(&self.random, message).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed.sign(message).as_ref().to_vec(),
            "stranger" => self.strangers.sign(&self.random, message).unwrap().as_ref().to_vec(),
            _ => self.p256.sign(&self.random, message).unwrap().as_ref().to_vec(),
        }
    }

    /// Makes a token with this header and these claims, signed by the key `with`.
    fn token(&self, with: &str, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        format!("{message}.{}", encode(self.sign(with, &message)))
    }

    /// Makes a token with this header and good claims.
    fn headed(&self, with: &str, header: &Value) -> String {
        self.token(with, &header.to_string(), &good_claims().to_string())
    }

    /// Makes a token with a good header and good claims, except for one claim. Null removes that claim.
    fn claiming(&self, name: &str, value: Value) -> String {
        let mut claims = good_claims();
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        self.token("ES256", r#"{"alg":"ES256","kid":"e"}"#, &claims.to_string())
    }

    fn saying(&self, claims: &str) -> String {
        self.token("ES256", r#"{"alg":"ES256","kid":"e"}"#, claims)
    }
}

fn good_claims() -> Value {
    json!({"iss": ISSUER, "sub": "248289761001", "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": NONCE})
}

fn judge(token: &str, keys: &[Jwk], allowed: &[String]) -> Result<String, String> {
    let payload = verify_foreign(token, keys, allowed).map_err(|fault| fault.to_string())?;
    let expected = Expected { issuer: ISSUER, client_id: CLIENT, nonce: Some(NONCE) };
    let claims = check_claims(&payload, expected, Timestamp::from_seconds(NOW));
    claims.map(|claims| claims.subject).map_err(|fault| fault.to_string())
}

fn ours() -> Vec<String> {
    FOREIGN_ALGORITHMS.map(str::to_owned).to_vec()
}

#[test]
fn good_tokens_of_every_algorithm_and_form_are_accepted() {
    let keys = Keys::new();
    let set = keys.set();
    for (algorithm, kid) in [
        ("RS256", "r"),
        ("RS384", "r"),
        ("RS512", "r"),
        ("PS256", "r"),
        ("PS384", "r"),
        ("PS512", "r"),
        ("RS256", "r-256"),
        ("ES256", "e"),
        ("ES384", "e384"),
        ("EdDSA", "o"),
    ] {
        let token = keys.headed(algorithm, &json!({"alg": algorithm, "kid": kid}));
        assert_eq!(judge(&token, &set, &ours()).as_deref(), Ok("248289761001"), "{algorithm} {kid}");
    }
    let alone: Vec<Jwk> = set.iter().filter(|key| key.kid.as_deref() == Some("e")).cloned().collect();
    for (token, keys) in [
        (keys.headed("ES256", &json!({"alg": "ES256"})), &alone),
        (
            keys.headed(
                "ES256",
                &json!({"alg": "ES256", "kid": "e", "typ": "jwt", "x5u": "https://evil.example"}),
            ),
            &set,
        ),
        (keys.claiming("aud", json!([CLIENT])), &set),
        (keys.claiming("azp", json!(CLIENT)), &set),
        (keys.claiming("exp", json!(NOW - 59)), &set),
        (keys.claiming("exp", json!(1_900_000_300.5)), &set),
        (keys.claiming("iat", json!(NOW + 60)), &set),
        (keys.claiming("nbf", json!(NOW + 60)), &set),
    ] {
        assert!(judge(&token, keys, &ours()).is_ok(), "{:?}", judge(&token, keys, &ours()));
    }
}

/// Returns tokens whose form, header or signature is wrong.
#[expect(clippy::too_many_lines, reason = "the function is one table")]
fn of_form(keys: &Keys) -> Vec<(&'static str, String, &'static str)> {
    let good = keys.headed("ES256", &json!({"alg": "ES256", "kid": "e"}));
    let part = |index: usize| good.split('.').nth(index).unwrap().to_owned();
    let (header, payload, signature) = (part(0), part(1), part(2));
    let head = |header: Value| keys.headed("ES256", &header);
    let hmac =
        encode(ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"client secret"), b"x"));
    let claims = encode(good_claims().to_string());
    let with_last = |last: &str| format!("{header}.{payload}.{last}");
    let mut flipped = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    flipped[7] ^= 1;
    vec![
        ("empty", String::new(), "three parts"),
        ("one part", header.clone(), "three parts"),
        ("two parts", format!("{header}.{payload}"), "three parts"),
        ("four parts", format!("{good}.{signature}"), "three parts"),
        ("encrypted", format!("{header}.a.b.c.d"), "three parts"),
        ("very long", format!("{good}{}", "a".repeat(65_536)), "longer than"),
        ("header not base64", format!("!{good}"), "header is not base64url"),
        (
            "header padded",
            format!("{}.{payload}.{signature}", URL_SAFE.encode(r#"{"alg":"ES256","kid":"e" }"#)),
            "header is not base64url",
        ),
        (
            "signature in the other alphabet",
            with_last(&format!("{}+/", signature.get(2..).unwrap())),
            "signature is not base64url",
        ),
        ("signature padded", with_last(&format!("{signature}==")), "signature is not base64url"),
        ("payload not base64", format!("{header}.{payload}%.{signature}"), "payload is not base64url"),
        (
            "header not JSON",
            format!("{}.{payload}.{signature}", encode("ES256")),
            "header is not a JSON object",
        ),
        (
            "header a list",
            format!("{}.{payload}.{signature}", encode("[\"ES256\"]")),
            "header is not a JSON object",
        ),
        (
            "alg twice",
            keys.token("ES256", r#"{"alg":"none","alg":"ES256","kid":"e"}"#, "{}"),
            "names each member once",
        ),
        ("kid a number", head(json!({"alg": "ES256", "kid": 7})), "header is not a JSON object"),
        ("typ a number", head(json!({"alg": "ES256", "kid": "e", "typ": 1})), "header is not a JSON object"),
        ("no alg", head(json!({"kid": "e"})), "is not signed"),
        ("alg a number", head(json!({"alg": 256, "kid": "e"})), "is not signed"),
        ("alg none", format!("{}.{claims}.", encode(r#"{"alg":"none"}"#)), "is not signed"),
        ("alg NoNe", format!("{}.{claims}.", encode(r#"{"alg":"NoNe"}"#)), "is not signed"),
        (
            "alg HS256 by the client secret",
            format!("{}.{claims}.{hmac}", encode(r#"{"alg":"HS256","kid":"e"}"#)),
            "shared secret (`HS256`)",
        ),
        ("alg HS512", head(json!({"alg": "HS512", "kid": "r"})), "shared secret (`HS512`)"),
        ("alg lower case", head(json!({"alg": "es256", "kid": "e"})), "not one that this provider uses"),
        ("alg ES512", head(json!({"alg": "ES512", "kid": "e"})), "not one that this provider uses"),
        ("alg ES256K", head(json!({"alg": "ES256K", "kid": "e"})), "not one that this provider uses"),
        ("crit", head(json!({"alg": "ES256", "kid": "e", "crit": ["exp"]})), "demands extensions"),
        ("b64", head(json!({"alg": "ES256", "kid": "e", "b64": false})), "demands extensions"),
        (
            "logout token",
            head(json!({"alg": "ES256", "kid": "e", "typ": "logout+jwt"})),
            "another kind of token (`logout+jwt`)",
        ),
        (
            "access token",
            head(json!({"alg": "ES256", "kid": "e", "typ": "at+jwt"})),
            "another kind of token (`at+jwt`)",
        ),
        ("unknown kid", head(json!({"alg": "ES256", "kid": "x"})), "no key for it"),
        ("kid of another case", head(json!({"alg": "ES256", "kid": "E"})), "no key for it"),
        ("kid a path", head(json!({"alg": "ES256", "kid": "../../dev/null"})), "no key for it"),
        ("key of its own (jwk)", head(json!({"alg": "ES256", "jwk": {"kty": "EC"}})), "has several"),
        ("no kid, several keys", keys.headed("RS256", &json!({"alg": "RS256"})), "has several"),
        ("RSA key by ES256", head(json!({"alg": "ES256", "kid": "r"})), "not for its algorithm"),
        (
            "EC key by RS256",
            keys.headed("RS256", &json!({"alg": "RS256", "kid": "e"})),
            "not for its algorithm",
        ),
        (
            "P-256 key by ES384",
            keys.headed("ES384", &json!({"alg": "ES384", "kid": "e"})),
            "not for its algorithm",
        ),
        (
            "EC key by EdDSA",
            keys.headed("EdDSA", &json!({"alg": "EdDSA", "kid": "e"})),
            "not for its algorithm",
        ),
        (
            "key for RS256 by PS256",
            keys.headed("PS256", &json!({"alg": "PS256", "kid": "r-256"})),
            "not for its algorithm",
        ),
        (
            "key for encryption",
            keys.headed("RS256", &json!({"alg": "RS256", "kid": "enc"})),
            "not for its algorithm",
        ),
        (
            "key that only signs",
            keys.headed("RS256", &json!({"alg": "RS256", "kid": "signs"})),
            "not for its algorithm",
        ),
        ("weak key", keys.headed("RS256", &json!({"alg": "RS256", "kid": "weak"})), "too weak or broken"),
        ("broken key", keys.headed("RS256", &json!({"alg": "RS256", "kid": "broken"})), "too weak or broken"),
        ("short coordinates", head(json!({"alg": "ES256", "kid": "short"})), "too weak or broken"),
        (
            "stranger's key",
            keys.headed("stranger", &json!({"alg": "ES256", "kid": "e"})),
            "signature is wrong",
        ),
        (
            "RS256 told as PS256",
            keys.headed("RS256", &json!({"alg": "PS256", "kid": "r"})),
            "signature is wrong",
        ),
        ("no signature", with_last(""), "signature is wrong"),
        ("signature of zeros", with_last(&encode([0; 64])), "signature is wrong"),
        ("signature cut", with_last(&encode(&flipped[..63])), "signature is wrong"),
        ("signature flipped", with_last(&encode(&flipped)), "signature is wrong"),
        (
            "other claims, old signature",
            format!("{header}.{}.{signature}", encode(r#"{"sub":"admin"}"#)),
            "signature is wrong",
        ),
        (
            "standard base64 claims",
            format!("{header}.{}.{signature}", STANDARD.encode("{\"a\":\"\u{fe}\u{ff}?>\"} ")),
            "payload is not base64url",
        ),
    ]
}

/// Returns tokens with a good signature whose claims must be refused.
fn of_claims(keys: &Keys) -> Vec<(&'static str, String, &'static str)> {
    let claiming = |name, value| keys.claiming(name, value);
    vec![
        ("claims not JSON", keys.saying("nothing"), "names each claim once"),
        ("claims a list", keys.saying("[]"), "names each claim once"),
        (
            "sub twice",
            keys.saying(&good_claims().to_string().replacen('{', r#"{"sub":"admin","#, 1)),
            "names each claim once",
        ),
        ("no iss", claiming("iss", Value::Null), "has no `iss`"),
        ("iss a list with ours", claiming("iss", json!([ISSUER])), "`iss` is of the wrong type"),
        ("foreign iss", claiming("iss", json!("https://evil.example")), "issuer is not the expected one"),
        (
            "iss with a slash",
            claiming("iss", json!("https://id.example.org/")),
            "issuer is not the expected one",
        ),
        (
            "iss of another case",
            claiming("iss", json!("https://ID.example.org")),
            "issuer is not the expected one",
        ),
        ("no aud", claiming("aud", Value::Null), "has no `aud`"),
        ("aud a number", claiming("aud", json!(7)), "`aud` is of the wrong type"),
        ("aud with a number", claiming("aud", json!([CLIENT, 7])), "`aud` is of the wrong type"),
        ("foreign aud", claiming("aud", json!("other")), "for another client"),
        ("aud of another case", claiming("aud", json!("Portreeve")), "for another client"),
        ("aud empty", claiming("aud", json!([])), "for another client"),
        ("several aud, no azp", claiming("aud", json!([CLIENT, "other"])), "has no `azp`"),
        ("foreign azp", claiming("azp", json!("other")), "another client asked"),
        ("azp a list", claiming("azp", json!([CLIENT])), "`azp` is of the wrong type"),
        ("no exp", claiming("exp", Value::Null), "has no `exp`"),
        ("exp a text", claiming("exp", json!("1900000300")), "`exp` is of the wrong type"),
        ("exp beyond all numbers", claiming("exp", json!(1e300)), "`exp` is of the wrong type"),
        ("expired", claiming("exp", json!(NOW - 60)), "has expired"),
        ("exp negative", claiming("exp", json!(-1)), "has expired"),
        ("no iat", claiming("iat", Value::Null), "has no `iat`"),
        ("iat a text", claiming("iat", json!("now")), "`iat` is of the wrong type"),
        ("iat in 2100", claiming("iat", json!(4_102_444_800_i64)), "in the future"),
        ("nbf ahead", claiming("nbf", json!(NOW + 61)), "not valid yet"),
        ("nbf a text", claiming("nbf", json!("soon")), "`nbf` is of the wrong type"),
        ("no nonce", claiming("nonce", Value::Null), "has no `nonce`"),
        ("foreign nonce", claiming("nonce", json!("of another sign-in")), "nonce belongs to another"),
        ("nonce a list", claiming("nonce", json!([NONCE])), "`nonce` is of the wrong type"),
        ("no sub", claiming("sub", Value::Null), "has no `sub`"),
        ("sub a number", claiming("sub", json!(248)), "`sub` is of the wrong type"),
        ("sub empty", claiming("sub", json!("")), "1 to 255 bytes"),
        ("sub too long", claiming("sub", json!("a".repeat(256))), "1 to 255 bytes"),
        ("sub with NUL", claiming("sub", json!("1\0")), "1 to 255 bytes"),
    ]
}

#[test]
fn each_hostile_token_is_refused_for_its_own_reason() {
    let keys = Keys::new();
    let set = keys.set();
    let table = [of_form(&keys), of_claims(&keys)].concat();
    assert!(table.len() >= 60, "{}", table.len());
    for (what, token, reason) in &table {
        let refused = judge(token, &set, &ours()).expect_err(what);
        assert!(refused.contains(reason), "{what}: {refused}");
        assert!(
            !refused.contains("248289761001") && !refused.contains(NONCE),
            "{what}: a claim is shown: {refused}"
        );
    }
    // The token is valid, but this provider does not announce its algorithm.
    let token = keys.headed("RS256", &json!({"alg": "RS256", "kid": "r"}));
    let refused = judge(&token, &set, &["ES256".to_owned()]).unwrap_err();
    assert!(refused.contains("not one that this provider uses"), "{refused}");
    println!("{} hostile tokens refused", table.len() + 1);
}
