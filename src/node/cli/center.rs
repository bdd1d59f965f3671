//! `apply`, `diff` and `export`: files of the contact center's configuration and a running node. Never changes a node
//! whose configuration is not the one that was compared.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::super::exit::Exit;
use super::remote::{Node, block_on};
use super::{Apply, Diff, Export, Wrong};
use crate::center::{self, Center, Source};

/// Reads files as one configuration: the value and its text in one piece, or one line for each finding.
pub fn read(files: &[PathBuf]) -> Result<(Center, String), Vec<String>> {
    let mut texts = Vec::new();
    let mut unread = Vec::new();
    for file in files {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push((name, text)),
            Err(error) => unread.push(format!("{name}: cannot be read: {error}")),
        }
    }
    if unread.is_empty() { parse(&texts) } else { Err(unread) }
}

fn parse(texts: &[(String, String)]) -> Result<(Center, String), Vec<String>> {
    let sources: Vec<Source<'_>> = texts.iter().map(|(name, text)| Source { name, text }).collect();
    let center = center::parse(&sources)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<String>>())?;
    // Text that stands alone goes as it is, comments included; several files become one in the canonical form.
    let text = match texts {
        [(_, text)] => text.clone(),
        _ => center::export(&center),
    };
    Ok((center, text))
}

/// Applies files, or an older version.
pub fn apply(options: &Apply) -> anyhow::Result<Exit> {
    let node = Node::of(&options.node)?;
    let files = match options.version {
        None => Some(read(&options.files).map_err(|findings| Wrong(findings.join("\n")))?.1),
        Some(_) => None,
    };
    block_on(async {
        let (current, _) = node.fetch(None).await?;
        let base = options.base.unwrap_or(current);
        let text = match files {
            Some(text) => text,
            None => node.fetch(options.version).await?.1,
        };
        let version = node.apply(base, text).await?;
        println!("version {version} is in force");
        Ok(Exit::Stopped)
    })
}

/// Shows what applying would change.
pub fn diff(options: &Diff) -> anyhow::Result<Exit> {
    let node = Node::of(&options.node)?;
    let (new, _) = read(&options.files).map_err(|findings| Wrong(findings.join("\n")))?;
    let (version, text) = block_on(node.fetch(None))?;
    let (old, _) = parse(&[(format!("version {version}"), text)])
        .map_err(|findings| anyhow::anyhow!(findings.join("\n")))
        .context("the node's configuration cannot be read by this release")?;
    let changes = center::diff(&old, &new);
    for change in &changes {
        println!("{change}");
    }
    if changes.is_empty() {
        println!("no differences to version {version}");
        return Ok(Exit::Stopped);
    }
    Ok(Exit::Failed)
}

/// Prints one version.
pub fn export(options: &Export) -> anyhow::Result<Exit> {
    let node = Node::of(&options.node)?;
    let (version, text) = block_on(node.fetch(options.version))?;
    if text.is_empty() {
        bail!("the node has no configuration yet");
    }
    eprintln!("version {version}");
    print!("{text}");
    Ok(Exit::Stopped)
}
