//! The command line of `holdfast corpus`. Never converts by itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

/// Makes conversation files for `holdfast load --corpus`.
#[derive(Args, Clone, Debug)]
pub struct CorpusArgs {
    /// What to do
    #[command(subcommand)]
    pub command: CorpusCommand,
}

/// What to do with a corpus.
#[derive(Subcommand, Clone, Debug)]
pub enum CorpusCommand {
    /// Converts the dataset.json of the Python package chitchat-dataset into a corpus
    Convert {
        /// The dataset.json inside the package's wheel
        input: PathBuf,
        /// The corpus to write, JSON lines
        output: PathBuf,
    },
}

impl CorpusArgs {
    /// Does it, and prints what there is now.
    ///
    /// # Errors
    /// If a file cannot be read or written, or is no such data set.
    pub fn run(&self) -> Result<ExitCode> {
        let CorpusCommand::Convert { input, output } = &self.command;
        let file = std::fs::File::open(input).with_context(|| format!("cannot open {}", input.display()))?;
        let conversations = super::convert(std::io::BufReader::new(file))?;
        if let Some(folder) = output.parent() {
            std::fs::create_dir_all(folder)?;
        }
        super::write(output, &conversations)?;
        let turns: usize = conversations.iter().map(|conversation| conversation.turns.len()).sum();
        let mutual = conversations.iter().filter(|conversation| conversation.is_mutual()).count();
        println!(
            "{}: {} conversations ({mutual} in which both sides speak), {turns} turns",
            output.display(),
            conversations.len()
        );
        Ok(ExitCode::SUCCESS)
    }
}
