//! What servers are made of: Java 17, and the jars that Maven fetches once. Installs what is missing where it may, and says
//! what to install where it may not.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::settings::{Version, write};
use crate::step;

const POM: &str = include_str!("templates/pom.xml");

/// What a person has to do where we may not.
const ADVICE: &str = "install Java 17 and Maven (Debian: apt-get install openjdk-17-jdk-headless maven), or set \
                      JAVA_HOME, or let HOLDFAST_CASSANDRA=host:port,... name a cluster";

/// Whether this process is root.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

/// A command that runs as root, if that can be had without asking anybody.
pub fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// Installs Debian packages.
pub fn apt(packages: &[&str]) -> anyhow::Result<()> {
    if !step::installed("apt-get") {
        bail!("{} cannot be installed without apt-get", packages.join(" "));
    }
    let apt = |arguments: &[&str]| {
        let mut command = as_root("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    };
    step::run("apt-get update", &mut apt(&["update", "-qq"]))?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    step::run(&format!("apt-get install {}", packages.join(" ")), &mut apt(&[&install, packages].concat()))?;
    Ok(())
}

/// Java 17, wherever it is.
pub fn java() -> Option<PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    let installed = std::fs::read_dir("/usr/lib/jvm").into_iter().flatten().filter_map(Result::ok);
    let debian = installed.map(|entry| entry.path().join("bin/java"));
    home.into_iter().chain([PathBuf::from("java")]).chain(debian).find(|java| is_17(java))
}

fn is_17(java: &Path) -> bool {
    let asked = Command::new(java).arg("-version").stdin(Stdio::null()).output();
    asked.is_ok_and(|said| String::from_utf8_lossy(&said.stderr).contains("version \"17."))
}

/// What is missing to start a server, without installing anything.
pub fn missing(version: Version) -> Option<&'static str> {
    match (java(), step::installed("mvn") || library(version).is_dir()) {
        (None, _) => Some("Java 17"),
        (_, false) => Some("Maven"),
        _ => None,
    }
}

/// Java 17 and the folder of jars, fetched and installed as needed.
pub fn ensure(version: Version) -> anyhow::Result<(PathBuf, PathBuf)> {
    if let Some(missing) = missing(version) {
        eprintln!("--- {missing} is missing: it is installed");
        apt(&["openjdk-17-jdk-headless", "maven"]).context(ADVICE)?;
    }
    let java = java().context(ADVICE)?;
    let library = library(version);
    if !library.is_dir() {
        fetch(version, &library)
            .with_context(|| format!("Apache Cassandra {} cannot be fetched", version.patch()))?;
    }
    Ok((java, library))
}

/// Where the jars are: in the build folder, or where `HOLDFAST_CACHE` says.
fn library(version: Version) -> PathBuf {
    let cache = std::env::var_os("HOLDFAST_CACHE").map(PathBuf::from);
    cache.unwrap_or_else(step::target).join("cassandra").join(format!("lib-{}", version.patch()))
}

/// Fetches into a folder beside, so that half of the jars never look like all.
fn fetch(version: Version, library: &Path) -> anyhow::Result<()> {
    let partial = library.with_extension(format!("partial-{}", std::process::id()));
    std::fs::create_dir_all(&partial)?;
    write(&partial.join("pom.xml"), &POM.replace("%PATCH%", version.patch()))?;
    let mut maven = Command::new("mvn");
    maven.args([
        "-q",
        "-B",
        "-Dstyle.color=never",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        "-DoutputDirectory=.",
    ]);
    let name = format!("fetch Apache Cassandra {} (70 MB)", version.patch());
    step::run(&name, maven.current_dir(&partial).stdin(Stdio::null()))?;
    if std::fs::rename(&partial, library).is_err() {
        // Somebody else was faster.
        std::fs::remove_dir_all(&partial)?;
    }
    Ok(())
}

/// Every jar of a folder, in the order of their names.
pub fn jars(library: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(library).with_context(|| format!("no jars in {}", library.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut jars: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "jar")).collect();
    jars.sort();
    Ok(jars)
}
