//! Hashes of passwords: argon2id that this server makes; argon2id, argon2i and bcrypt that were made elsewhere.
//!
//! The working memory of a hash is kept, and a later hash uses it again ([`super::turns`]). If each hash allocated its
//! own memory, on one of many threads, the allocator would keep many times as much memory.

use crate::entropy;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The memory of one argon2 hash, KiB: 19 MiB, with two passes and one lane.
// SPEC: OWASP Password Storage Cheat Sheet, argon2id minimum.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most memory, KiB, that an imported argon2 hash may need.
const MOST_MEMORY_KIB: u32 = 262_144;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 16;
const MOST_BCRYPT_COST: u32 = 14;

/// The hash that a password is compared with if there is no account, so that the refusal takes as long as a
/// comparison. It is the hash of random bytes that nobody stored.
pub(super) const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$KQS/+N6L55vvTpFK3krA+Q$rBFWn0v5m484UcJAIr2qEaqHDyVDaI/Uq+1qI3xRfcQ";

/// The reason why a password cannot be hashed, or a hash made elsewhere is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The text is not a hash in a form that can be verified.
    #[error(
        "not a hash that can be verified: give an argon2id or argon2i PHC string, or bcrypt `$2a$`, `$2b$` or `$2y$`"
    )]
    UnknownForm,
    /// Verifying the hash would take too much memory or time.
    #[error(
        "the hash is too expensive to verify: argon2 may use 256 MiB, 10 passes and 16 lanes, bcrypt cost 14"
    )]
    TooExpensive,
    /// Too many passwords wait to be hashed already.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The hasher failed.
    #[error("the password could not be hashed")]
    Failed,
}

/// A password hash that another program made. Its form can be verified, and its cost is bounded.
#[derive(Clone, PartialEq, Eq)]
pub struct ImportedHash(String);

impl ImportedHash {
    /// Parses a hash, and checks its form and cost.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        if is_bcrypt(text) {
            let cost: u32 =
                text.get(4..6).and_then(|cost| cost.parse().ok()).ok_or(HashError::UnknownForm)?;
            let fits = text.len() == 60 && (4..=31).contains(&cost);
            return match (fits, cost <= MOST_BCRYPT_COST) {
                (false, _) => Err(HashError::UnknownForm),
                (true, false) => Err(HashError::TooExpensive),
                (true, true) => Ok(Self(text.to_owned())),
            };
        }
        let hash = PasswordHash::new(text).map_err(|_| HashError::UnknownForm)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| HashError::UnknownForm)?;
        let params = Params::try_from(&hash).map_err(|_| HashError::UnknownForm)?;
        if hash.salt.is_none() || hash.hash.is_none() || algorithm == Algorithm::Argon2d {
            return Err(HashError::UnknownForm);
        }
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES || params.p_cost() > MOST_LANES
        {
            return Err(HashError::TooExpensive);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the hash in the form in which it is stored.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl std::fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ImportedHash(***)")
    }
}

/// The working memory of one argon2 hash.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// Hashes into `out`. Uses this memory, unless the hash needs more than we reserve.
    fn fill(
        &mut self,
        hasher: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        out: &mut [u8],
    ) -> argon2::Result<()> {
        let needed = hasher.params().block_count();
        if hasher.params().m_cost() > MEMORY_KIB {
            return hasher.hash_password_into(password, salt, out);
        }
        if self.0.len() < needed {
            self.0.resize(needed, Block::new());
        }
        hasher.hash_password_into_with_memory(password, salt, out, self.0.as_mut_slice())
    }
}

fn is_bcrypt(hash: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix))
}

/// Returns true if a hash is as strong as a hash that this server makes now.
pub(super) fn is_current(hash: &str) -> bool {
    PasswordHash::new(hash)
        .ok()
        .filter(|hash| hash.algorithm.as_str() == "argon2id")
        .and_then(|hash| Params::try_from(&hash).ok())
        .is_some_and(|params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES)
}

/// Returns the argon2id hash of a password in PHC form, with a new salt.
pub(super) fn hash_now(memory: &mut Memory, password: &[u8]) -> Result<String, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashError::Failed)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt: [u8; 16] = entropy::bytes().map_err(|_| HashError::Failed)?;
    let mut out = [0; 32];
    memory.fill(&hasher, password, &salt, &mut out).map_err(|_| HashError::Failed)?;
    let [salt, hash] = [&salt[..], &out[..]].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
}

/// Returns true if `hash` is the hash of this password.
pub(super) fn verify_now(memory: &mut Memory, password: &[u8], hash: &str) -> bool {
    if is_bcrypt(hash) {
        // bcrypt reads 72 bytes. A longer password is refused, not cut.
        return bcrypt::non_truncating_verify(password, hash).unwrap_or(false);
    }
    PasswordHash::new(hash).is_ok_and(|hash| is_argon2_of(memory, password, &hash).unwrap_or(false))
}

/// Returns true if `hash` is the argon2 hash of this password; `None` if the hash cannot be verified.
fn is_argon2_of(memory: &mut Memory, password: &[u8], hash: &PasswordHash) -> Option<bool> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(hash).ok()?;
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let mut out = vec![0; expected.len()];
    let hasher = Argon2::new(algorithm, version, params);
    memory.fill(&hasher, password, salt.as_ref(), &mut out).ok()?;
    // This comparison takes constant time.
    Some(Output::new(&out).ok()? == *expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"; // `U*U`

    #[test]
    fn a_hash_of_ours_verifies_and_is_current() {
        let mut memory = Memory::default();
        let hash = hash_now(&mut Memory::default(), b"correct horse battery staple").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_current(&hash));
        assert!(verify_now(&mut memory, b"correct horse battery staple", &hash));
        assert!(!verify_now(&mut memory, b"correct horse battery stable", &hash));
    }

    #[test]
    fn imported_bcrypt_verifies_and_is_due_for_renewal() {
        let mut memory = Memory::default();
        assert!(ImportedHash::parse(BCRYPT).is_ok());
        assert!(verify_now(&mut memory, b"U*U", BCRYPT));
        assert!(!verify_now(&mut memory, b"U*V", BCRYPT));
        assert!(!is_current(BCRYPT));
    }

    #[test]
    fn hashes_that_cannot_be_verified_at_a_bounded_cost_are_refused() {
        let table = [
            ("", HashError::UnknownForm),
            ("plain", HashError::UnknownForm),
            ("$apr1$abcdefgh$0123456789012345678901", HashError::UnknownForm),
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", HashError::UnknownForm),
            ("$2y$05$short", HashError::UnknownForm),
            ("$2y$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", HashError::TooExpensive),
            (
                "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b4dWRWJTmaaJObG4gsNGCnNLyY",
                HashError::TooExpensive,
            ),
            ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ", HashError::UnknownForm),
        ];
        for (text, expected) in table {
            assert_eq!(ImportedHash::parse(text).err(), Some(expected), "{text}");
        }
    }

    #[test]
    fn hashes_of_every_size_follow_each_other_in_one_memory() {
        let mut memory = Memory::default();
        let ours = hash_now(&mut memory, b"one").unwrap();
        // The reference implementation made these hashes: `echo -n password | argon2 somesalt …`.
        let small = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let lanes = "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E";
        for _ in 0..2 {
            assert!(verify_now(&mut memory, b"one", &ours));
            assert!(!verify_now(&mut memory, b"two", &ours));
            assert!(verify_now(&mut memory, b"password", small));
            assert!(verify_now(&mut memory, b"password", lanes));
            assert!(!verify_now(&mut memory, b"passwords", lanes));
            assert!(hash_now(&mut memory, b"one").unwrap() != ours, "each hash has its own salt");
        }
        assert!(memory.0.len() <= MEMORY_KIB as usize);
    }
}
