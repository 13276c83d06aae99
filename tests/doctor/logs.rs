//! Registry logs that the registry does not write directly: a pipe, and a copy.

use crate::clinic::Clinic;
use crate::registry::Process;
use std::process::Command;

#[test]
fn a_log_from_a_pipe_and_a_copy_of_one() {
    let mut clinic = Clinic::open();
    clinic.set("issuer", "\"somebody else\"");
    clinic.start_registry();
    let script = "mkfifo pipe && exec tail -n +1 -f registry.log > pipe";
    let tail = Command::new("sh").args(["-c", script]).current_dir(clinic.path()).spawn().unwrap();
    let _tail = Process(tail);
    while !clinic.path().join("pipe").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let words = "does not expect the issuer of the tokens, `portreeve`";
    clinic.doctor_from_outside(&["--registry-log", "pipe"]).one_problem("issuer", words);
    std::fs::copy(clinic.log(), clinic.path().join("copy.log")).unwrap();
    let said = clinic.doctor_from_outside(&["--registry-log", "copy.log"]);
    said.one_problem("issuer", words);
    assert!(said.out.contains("the registry's log says so in an older line, of 20"), "{said:#?}");
}
