//! `holdfast config check` names file, line, key and what is allowed, for both kinds of configuration.

use super::support::node::{center, holdfast, run};

/// Runs `config check` on a process configuration and a contact center; answers output and exit code.
async fn check(process: &str, center: &str) -> (String, Option<i32>) {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("holdfast.toml"), process).expect("written");
    std::fs::write(directory.path().join("center.toml"), center).expect("written");
    let mut command = holdfast();
    command.args(["config", "check", "center.toml"]).current_dir(directory.path());
    let output = run(command).await;
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
}

#[tokio::test]
async fn what_is_right_is_ok() {
    let (output, code) = check("[stop]\ndeadline = \"10s\"\n", &center()).await;
    assert_eq!(code, Some(0), "{output}");
    assert!(output.ends_with("ok\n"), "{output}");
}

#[tokio::test]
async fn both_kinds_are_named_by_file_line_and_key() {
    let wrong_center = center().replacen("unit = \"demo\"", "unit = \"nowhere\"", 1);
    let line = wrong_center.lines().position(|line| line == "unit = \"nowhere\"").expect("it is there") + 1;
    let (output, code) = check("\n[log]\nformat = \"xml\"\n", &wrong_center).await;
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("holdfast.toml:3: log.format: found \"xml\" (allowed: json, text)"), "{output}");
    assert!(output.contains("center.toml") && output.contains(&line.to_string()), "{output}");
    assert!(output.contains("queue.support.unit") && output.contains("demo"), "{output}");
    assert!(output.ends_with("2 findings\n"), "{output}");
}

#[tokio::test]
async fn a_node_with_a_wrong_configuration_does_not_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = holdfast();
    command
        .args(["serve", "--data", "data"])
        .env("HOLDFAST_STOP__DEADLINE", "soon")
        .current_dir(directory.path());
    let output = run(command).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("environment HOLDFAST_STOP__DEADLINE: stop.deadline: not a duration"), "{said}");
    assert!(!directory.path().join("data").exists(), "nothing was touched");
}
