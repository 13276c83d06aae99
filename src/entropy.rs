//! Random bytes for secrets and names, from the system.

use ring::rand::{SecureRandom, SystemRandom};
use std::cell::RefCell;
use std::io::Read;
use zeroize::Zeroize;

/// How much is drawn at once for names, bytes.
const DRAWN: usize = 1024;

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoEntropy;

/// There is no `/dev/urandom`.
#[derive(Debug, thiserror::Error)]
#[error(
    "`/dev/urandom` cannot be read, so there are no random bytes: give the chroot or container a /dev that has it"
)]
pub struct NoDevice(#[source] std::io::Error);

/// Fails where `/dev/urandom` cannot be read. Libraries of a static program draw from it and panic without it, because
/// they cannot find the `getrandom` of the C library there.
pub fn check() -> Result<(), NoDevice> {
    let mut byte = [0];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut byte)).map_err(NoDevice)
}

/// `N` random bytes, for secrets.
#[expect(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

/// Random bytes drawn ahead, and how many of them are still there.
struct Stock {
    bytes: [u8; DRAWN],
    left: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; DRAWN], left: 0 }) };
}

/// 16 random bytes for the name of a request or token, which are many: drawn from the system in
/// stocks, each byte given out once.
pub fn name_bytes() -> Result<[u8; 16], NoEntropy> {
    STOCK.with_borrow_mut(|stock| {
        if stock.left < 16 {
            stock.bytes = bytes()?;
            stock.left = DRAWN;
        }
        let mut taken = [0; 16];
        if let Some(last) = stock.bytes.get_mut(..stock.left).and_then(<[u8]>::last_chunk_mut::<16>) {
            taken = *last;
            last.zeroize();
        }
        stock.left -= 16;
        Ok(taken)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_name_comes_twice() {
        let mut names = BTreeSet::new();
        for _ in 0..4 {
            let more = std::thread::spawn(|| (0..1000).map(|_| name_bytes().unwrap()).collect::<Vec<_>>());
            names.extend(more.join().unwrap());
        }
        assert_eq!(names.len(), 4000);
        assert!(!names.contains(&[0; 16]));
    }
}
