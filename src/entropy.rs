//! Random bytes from the operating system, for secrets and names.

use ring::rand::{SecureRandom, SystemRandom};
use std::cell::RefCell;
use std::io::Read;
use zeroize::Zeroize;

/// The number of random bytes that are drawn at once for names.
const DRAWN: usize = 1024;

/// An error: the operating system gave no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoEntropy;

/// An error: `/dev/urandom` cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "`/dev/urandom` cannot be read, so there are no random bytes: give the chroot or container a /dev that has it"
)]
pub struct NoDevice(#[source] std::io::Error);

/// Fails if `/dev/urandom` cannot be read. In a static program, libraries cannot find `getrandom` in the C
/// library, so they read `/dev/urandom`. They panic if that file is missing.
pub fn check() -> Result<(), NoDevice> {
    let mut byte = [0];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut byte)).map_err(NoDevice)
}

/// Returns `N` random bytes.
#[expect(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

/// A stock of random bytes, and the number of its unused bytes.
struct Stock {
    bytes: [u8; DRAWN],
    left: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; DRAWN], left: 0 }) };
}

/// Returns 16 random bytes for the name of a request or token. Many names are needed, so the bytes come from a
/// stock that is drawn at once. Each byte is used once.
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
