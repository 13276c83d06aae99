use super::*;

/// A series of attempts, with the state that they share.
struct Try {
    throttle: Throttle,
    now: i64,
    /// The number of passwords that each account has had.
    version: i64,
}

impl Try {
    fn new() -> Self {
        Self::exempting(&[])
    }

    fn exempting(networks: &[&str]) -> Self {
        let throttle = Throttle::new(networks.iter().map(|text| text.parse().unwrap()).collect());
        Self { throttle, now: 0, version: 1 }
    }

    fn attempted(&self, user: &str, from: &str) -> Attempted {
        let address = (from != "unknown").then(|| from.parse().unwrap());
        self.throttle.attempted(user, self.version, address, Timestamp::from_seconds(self.now))
    }

    fn reserve(&mut self, user: &str, from: &str) -> Result<Reserved, Throttled> {
        self.throttle.check(&self.attempted(user, from))?;
        self.throttle.reserve(self.attempted(user, from))
    }

    fn attempt(&mut self, user: &str, from: &str, is_right: Option<bool>) -> Result<(), Throttled> {
        let reserved = self.reserve(user, from)?;
        self.throttle.settle(&reserved, is_right);
        Ok(())
    }

    fn wrong(&mut self, user: &str, from: &str) -> Result<(), Throttled> {
        self.attempt(user, from, Some(false))
    }

    fn right(&mut self, user: &str, from: &str) -> Result<(), Throttled> {
        self.attempt(user, from, Some(true))
    }

    fn rank(&mut self, user: &str, from: &str) -> Rank {
        let attempted = self.attempted(user, from);
        self.throttle.check(&attempted).unwrap()
    }
}

fn by(seconds: u32, by: ThrottledBy) -> Result<(), Throttled> {
    Err(Throttled { seconds, by })
}

const A: &str = "192.0.2.1";
const B: &str = "198.51.100.1";

#[test]
fn ten_are_free_and_then_each_wrong_one_doubles_the_wait_up_to_a_minute() {
    let mut one = Try::new();
    for _ in 0..10 {
        assert_eq!(one.wrong("alice", A), Ok(()));
    }
    for wait in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        assert_eq!(one.wrong("alice", A), by(wait, ThrottledBy::NameAndNetwork));
        assert_eq!(
            one.wrong("alice", A),
            by(wait, ThrottledBy::NameAndNetwork),
            "an attempt during a wait does not prolong the wait"
        );
        one.now += i64::from(wait) - 1;
        assert_eq!(one.wrong("alice", A), by(1, ThrottledBy::NameAndNetwork));
        one.now += 1;
        assert_eq!(one.wrong("alice", A), Ok(()));
    }
    one.now += KEPT_SECONDS;
    for _ in 0..10 {
        assert_eq!(one.wrong("alice", A), Ok(()), "wrong passwords count for 15 minutes");
    }
    assert!(one.wrong("alice", A).is_err());
}

#[test]
fn what_happens_now_and_then_never_adds_up() {
    let mut one = Try::new();
    for number in 0..1_000 {
        assert_eq!(one.wrong(&format!("user-{number}"), A), Ok(()), "{number}");
        one.now += 10;
    }
}

#[test]
fn a_name_answers_for_all_networks_and_a_network_for_all_names() {
    let mut one = Try::new();
    for number in 0..100 {
        assert_eq!(one.wrong("alice", &format!("192.0.2.{number}")), Ok(()));
    }
    assert_eq!(one.wrong("alice", B), by(1, ThrottledBy::Name));
    assert_eq!(one.wrong("bob", B), Ok(()));
    for number in 0..99 {
        assert_eq!(one.wrong(&format!("user-{number}"), B), Ok(()));
    }
    assert_eq!(one.wrong("carol", B), by(1, ThrottledBy::Network));
    assert_eq!(one.wrong("carol", A), Ok(()));
    assert_eq!(one.wrong("", A), Ok(()), "an empty name is counted like any other name");
}

#[test]
fn a_network_is_an_address_of_ipv4_or_a_64_of_ipv6_or_all_that_is_unknown() {
    for (one, other, are_one) in [
        ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::", true),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("unknown", "unknown", true),
        ("unknown", "0.0.0.0", false),
        ("unknown", "::", false),
    ] {
        let mut tried = Try::new();
        for _ in 0..10 {
            assert_eq!(tried.wrong("alice", one), Ok(()));
        }
        assert_eq!(tried.wrong("alice", other).is_err(), are_one, "{one} {other}");
    }
}

#[test]
fn a_right_password_resets_the_name_in_that_network_alone() {
    let mut one = Try::new();
    for number in 0..9 {
        one.wrong("alice", A).unwrap();
        one.wrong("alice", &format!("203.0.113.{number}")).unwrap();
    }
    for number in 0..82 {
        one.wrong("alice", &format!("203.0.113.{}", number + 10)).unwrap();
    }
    assert_eq!(
        one.wrong("alice", B),
        by(1, ThrottledBy::Name),
        "the name has 100 wrong passwords in all networks"
    );
    let mut one = Try::new();
    for number in 0..99 {
        one.wrong(&format!("user-{number}"), A).unwrap();
    }
    one.right("alice", A).unwrap();
    one.wrong("bob", A).unwrap();
    assert_eq!(
        one.wrong("carol", A),
        by(1, ThrottledBy::Network),
        "a right password does not reset the network"
    );
    for _ in 0..10 {
        assert_eq!(one.wrong("alice", A), Ok(()), "a known name has only its own counter");
    }
    assert_eq!(one.wrong("alice", A), by(1, ThrottledBy::NameAndNetwork));
    one.now += 1;
    one.right("alice", A).unwrap();
    assert_eq!(one.wrong("alice", A), Ok(()), "a right password resets the counter");
}

#[test]
fn strangers_make_nobody_wait_who_was_here_within_30_days() {
    let mut one = Try::new();
    one.right("alice", A).unwrap();
    one.now = KNOWN_SECONDS - 1;
    for number in 0..100 {
        one.wrong("alice", &format!("203.0.113.{number}")).unwrap();
        one.wrong(&format!("user-{number}"), A).unwrap();
    }
    assert_eq!(one.right("alice", B), by(1, ThrottledBy::Name));
    assert_eq!(one.right("carol", A), by(1, ThrottledBy::Network));
    let attempted = one.attempted("alice", A);
    assert_eq!(one.throttle.check(&attempted), Ok(0), "a known name ranks first");
    one.now += 1;
    one.wrong("alice", "203.0.113.200").unwrap();
    assert_eq!(one.right("alice", A), by(2, ThrottledBy::Name), "the name is not known after 30 days");
}

#[test]
fn what_is_not_compared_or_right_is_given_back() {
    let mut one = Try::new();
    for _ in 0..50 {
        one.attempt("alice", A, None).unwrap();
    }
    for _ in 0..200 {
        one.right("alice", A).unwrap();
    }
    for number in 0..100 {
        assert_eq!(one.wrong(&format!("user-{number}"), A), Ok(()), "{number}");
    }
    one.now += 1;
    // The wait is over. An attempt without a comparison does not start another wait.
    one.attempt("bob", A, None).unwrap();
    assert_eq!(one.wrong("bob", A), Ok(()));
    assert_eq!(one.wrong("bob", A), by(2, ThrottledBy::Network));
}

#[test]
fn attempts_at_the_same_time_do_not_exceed_the_bound() {
    let mut one = Try::new();
    let reserved: Vec<_> = std::iter::from_fn(|| one.reserve("alice", A).ok()).take(50).collect();
    assert_eq!(reserved.len(), 10);
    for reserved in &reserved {
        one.throttle.settle(reserved, Some(false));
    }
    one.now += 1;
    let second: Vec<_> = std::iter::from_fn(|| one.reserve("alice", A).ok()).take(50).collect();
    assert_eq!(second.len(), 1, "one attempt after each wait");
}

#[test]
fn an_exempt_network_is_neither_counted_nor_refused() {
    let mut one = Try::exempting(&["192.0.2.0/24", "2001:db8::/32"]);
    for number in 0..300 {
        assert_eq!(one.wrong("alice", A), Ok(()));
        assert_eq!(one.wrong(&format!("user-{number}"), "2001:db8::1"), Ok(()));
    }
    assert!(one.rank("carol", A) > one.rank("carol", B), "newcomers rank before an exempt network");
    for _ in 0..10 {
        assert_eq!(one.wrong("alice", B), Ok(()), "exempt attempts do not count elsewhere");
    }
    assert!(one.wrong("alice", B).is_err());
    for _ in 0..10 {
        one.wrong("alice", "unknown").unwrap();
    }
    assert!(one.wrong("alice", "unknown").is_err(), "an unknown address is never exempt");
}

#[test]
fn newcomers_rank_before_those_who_guess() {
    let mut one = Try::new();
    let newcomer = one.rank("alice", "203.0.113.1");
    for number in 0..200 {
        // Attempts from many networks, near and far.
        one.rank(&format!("user-{number}"), &format!("10.{}.{number}.7", number % 7));
        one.rank(&format!("user-{number}"), &format!("2001:db8:{number:x}::1"));
    }
    assert_eq!(one.rank("bob", "198.51.100.1"), newcomer);
    assert_eq!(one.rank("carol", "2001:4860::1"), newcomer);
    let guess = one.rank("fresh", "10.3.250.7");
    assert!(guess > 200, "{guess}");
    assert!(
        one.rank("fresh", "10.200.0.1") < guess,
        "a network far from the guesses ranks before a near one"
    );
    assert!(one.rank("user-3", "192.0.2.1") > newcomer, "a name that was tried ranks behind a newcomer");
    assert_eq!(one.rank("alice", "unknown"), newcomer + 1, "the second attempt with the name");
    one.now += KEPT_SECONDS;
    assert_eq!(one.rank("user-3", "10.3.3.7"), newcomer, "attempts count for 15 minutes");
}

#[test]
fn who_was_right_ranks_first_and_others_of_that_network_before_strangers() {
    let mut one = Try::new();
    let newcomer = one.rank("dave", "203.0.113.1");
    one.right("bob", B).unwrap();
    assert_eq!(one.rank("bob", B), 0);
    for number in 0..200 {
        one.rank(&format!("user-{number}"), &format!("198.51.{}.7", number % 90));
    }
    assert!(one.rank("carol", B) < newcomer, "others in the network of bob rank before strangers");
    assert!(one.rank("carol", "198.51.101.1") > newcomer);
}

#[test]
fn a_clock_that_was_ahead_makes_nobody_wait_longer_than_a_minute() {
    let mut one = Try::new();
    one.now = 61 * 86_400;
    for _ in 0..10 {
        one.wrong("alice", A).unwrap();
    }
    one.now = 0;
    assert_eq!(one.wrong("alice", A), by(1, ThrottledBy::NameAndNetwork));
    one.now = 1;
    assert_eq!(one.wrong("alice", A), Ok(()));
    // The attempt was queued before another one arrived, so its time is the earlier one.
    one.now = 10;
    assert_eq!(one.wrong("alice", A), Ok(()));
    one.now = 9;
    assert_eq!(one.wrong("alice", A), by(5, ThrottledBy::NameAndNetwork));
}

#[test]
fn the_counters_are_bounded_and_the_least_used_go() {
    let most = 100;
    let mut one = Try { throttle: Throttle::holding(most, Vec::new()), now: 0, version: 1 };
    for _ in 0..10 {
        one.wrong("alice", A).unwrap();
    }
    for number in 0..1_000_u32 {
        let address = std::net::Ipv4Addr::from(0x0a00_0000 + number * 256).to_string();
        one.wrong(&"long".repeat(100), &address).ok();
        one.wrong(&format!("other-{number}"), &address).unwrap();
        one.right(&format!("user-{number}"), &address).unwrap();
        if number.is_multiple_of(10) {
            assert!(one.wrong("alice", A).is_err(), "a counter in use is not dropped");
        }
    }
    let Throttle { wrong, known, asked, .. } = &one.throttle;
    // A map can contain one more entry before it drops the least used entry. The counter of a right password was
    // removed already.
    for length in [wrong.len(), known.len(), asked.len()] {
        assert!((most - 10..=most + 1).contains(&length), "{length}");
    }
}

#[test]
fn a_new_password_lets_the_counters_of_its_name_begin_anew_and_leaves_those_of_networks() {
    let mut one = Try::new();
    for _ in 0..11 {
        one.wrong("alice", A).unwrap();
        one.now += 3;
    }
    one.now -= 3;
    assert_eq!(one.wrong("alice", A), by(2, ThrottledBy::NameAndNetwork));
    one.version += 1;
    assert_eq!(one.right("alice", A), Ok(()));
    let mut many = Try::new();
    for number in 0..101 {
        many.wrong(&format!("user{number}"), A).unwrap();
        many.now += 3;
    }
    many.now -= 3;
    many.version += 1;
    assert_eq!(many.wrong("alice", A), by(2, ThrottledBy::Network));
}

#[test]
fn a_refusal_says_which_wrong_passwords_it_counts() {
    for (by, words) in [
        (ThrottledBy::NameAndNetwork, "with this user name from your network"),
        (ThrottledBy::Name, "with this user name"),
        (ThrottledBy::Network, "from your network"),
    ] {
        let told = Throttled { seconds: 4, by }.to_string();
        assert_eq!(told, format!("too many wrong passwords {words}: try again in 4 s"));
    }
}
