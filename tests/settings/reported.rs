//! The settings for the events that registries report: the database and the periods.

use super::load;
use portreeve::config::FlagSettings;
use portreeve::domain::events::Kept;

#[test]
fn what_registries_report_is_beside_the_file_or_in_the_same_postgresql() {
    let url = |text: &str| FlagSettings { database_url: Some(text.to_owned()), ..FlagSettings::default() };
    for (main, events) in [
        ("sqlite://portreeve.db", "sqlite://portreeve-events.db"),
        ("sqlite:///var/lib/p.d/data", "sqlite:///var/lib/p.d/data-events"),
        ("sqlite:///var/lib/p.d/.hidden", "sqlite:///var/lib/p.d/.hidden-events"),
        ("sqlite:here.db?mode=rw", "sqlite:here-events.db?mode=rw"),
        ("postgres://me@db.example.org/p", "postgres://me@db.example.org/p"),
    ] {
        assert_eq!(load(url(main), &[], None).unwrap().0.events_database_url.expose(), events);
    }
    let file = "events_database_url = \"sqlite://there.db\"\nevents_keep = [\"days=3\"]\n";
    let (config, _) =
        load(FlagSettings::default(), &[("PORTREEVE_EVENTS_KEEP", "days=5, pulls=0")], Some(file)).unwrap();
    assert_eq!(config.events_database_url.expose(), "sqlite://there.db");
    assert_eq!((config.events_keep.period(Kept::Days), config.events_keep.stores(Kept::Pulls)), (5, false));
    assert_eq!(config.events_keep.period(Kept::Addresses), 30);
    let same = FlagSettings {
        events_database_url: Some("sqlite:portreeve.db".to_owned()),
        ..FlagSettings::default()
    };
    let error = load(same, &[], None).unwrap_err().to_string();
    assert!(error.contains("--events-database-url: the events need a file of their own"), "{error}");
    let error = load(FlagSettings::default(), &[("PORTREEVE_EVENTS_KEEP", "weeks=1")], None).unwrap_err();
    assert!(error.to_string().contains("PORTREEVE_EVENTS_KEEP: `weeks=1` is not a period"), "{error}");
}
