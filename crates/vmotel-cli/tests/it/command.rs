use crate::{run, stderr, stdout};

#[test]
fn help_names_the_commands_and_the_statuses() {
    let help = stdout(&run(&["--help"]));
    for part in [
        "query",
        "doctor",
        "check",
        "completions",
        "Exit status",
        "VMOTEL_PASSWORD_FILE",
    ] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

#[test]
fn bad_arguments_are_named_with_what_is_expected() {
    let cases: [(&[&str], &str); 6] = [
        (&["query", "up", "--url", "localhost:8428"], "--url"),
        (&["query", "up", "--last", "soon"], "expected a duration"),
        (&["query", "up", "--time", "yesterday"], "expected now, now-1h"),
        (&["query", "up", "--tenant", "a"], "expected ACCOUNT"),
        (&["query", "up", "--extra-label", "a"], "expected NAME=VALUE"),
        (
            &["doctor", "--pause", "0s", "--vm", "http://a"],
            "expected at least 1ms",
        ),
    ];
    for (args, expected) in cases {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            stderr(&output).contains(expected),
            "{args:?}: {}",
            stderr(&output)
        );
    }
    let output = run(&["doctor"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: nothing to examine, expected at least one of --app, --vmagent, --vm, --vmalert\n"
    );
}

#[test]
fn no_password_is_repeated() {
    for args in [
        &["query", "up", "--url", "http://me:s3cret@localhost"][..],
        &["query", "up", "--header", "Authorization: Bearer s3cret"],
        &["doctor", "--vm", "http://me:s3cret@localhost"],
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = stderr(&output);
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let text = stdout(&run(&["completions", shell]));
        assert!(text.contains("doctor"), "{shell}");
    }
}
