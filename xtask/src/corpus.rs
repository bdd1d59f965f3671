//! `cargo xtask corpus`: fetches the conversations of people that load runs play, and converts them. Never keeps them in
//! the repository.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context as _;

use crate::step;

/// The Python package that holds them (MIT), at the version whose shape is known.
const PACKAGE: &str = "chitchat-dataset==0.9.0";

/// Fetch 7,168 conversations of people (chitchat-dataset, MIT) and convert them for `holdfast load`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The package comes through pip, from the index that pip is set up for. The corpus is \
                        corpus/chitchat.jsonl in the build folder;\nyour own conversations can be played too: \
                        `holdfast corpus --help` and src/tools/corpus/mod.rs show the format."
)]
pub struct Args {
    /// Fetch and convert again although it is there
    #[arg(long)]
    again: bool,
}

/// Fetches and converts, unless it is there.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let corpus = file();
    if args.again && corpus.exists() {
        std::fs::remove_file(&corpus).with_context(|| format!("cannot remove {}", corpus.display()))?;
    }
    step::run("build holdfast", &mut step::cargo(&["build", "--release", "--bin", "holdfast"]))?;
    ensure()?;
    println!("{}", corpus.display());
    Ok(())
}

/// Where the corpus is.
pub fn file() -> PathBuf {
    step::target().join("corpus").join("chitchat.jsonl")
}

/// Makes the corpus if it is not there; the release build must be.
pub fn ensure() -> anyhow::Result<PathBuf> {
    let corpus = file();
    if corpus.exists() {
        return Ok(corpus);
    }
    let folder = step::target().join("corpus");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check", "--dest"]);
    step::run("fetch chitchat-dataset", pip.arg(&folder).arg(PACKAGE))?;
    let mut unpack = Command::new("python3");
    unpack.args(["-m", "zipfile", "-e"]).arg(wheel(&folder)?).arg(folder.join("chitchat"));
    step::run("unpack it", &mut unpack)?;
    let mut convert = Command::new(step::target().join("release").join("holdfast"));
    convert.args(["corpus", "convert"]);
    convert.arg(folder.join("chitchat/chitchat_dataset/dataset.json")).arg(&corpus);
    step::run("convert it", &mut convert)?;
    Ok(corpus)
}

fn wheel(folder: &std::path::Path) -> anyhow::Result<PathBuf> {
    let files = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = files.filter_map(Result::ok).map(|entry| entry.path());
    let found = paths.find(|path| path.extension().is_some_and(|end| end == "whl"));
    found.context("pip brought no wheel")
}
