//! Reads the `dataset.json` of the Python package `chitchat-dataset` (MIT): 7,168 conversations of people, with times.
//! Its one shape is known here and nowhere else.

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::{Context, Result};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{Conversation, Turn};
use crate::tools::history::Side;

#[derive(Deserialize)]
struct Talk {
    /// Runs of messages of one sender.
    messages: Vec<Vec<Said>>,
}

#[derive(Deserialize)]
struct Said {
    text: String,
    #[serde(deserialize_with = "timestamp")]
    timestamp: jiff::Timestamp,
    sender: String,
}

fn timestamp<'de, D: Deserializer<'de>>(input: D) -> Result<jiff::Timestamp, D::Error> {
    String::deserialize(input)?.parse().map_err(D::Error::custom)
}

/// Converts the data set. Who speaks first is the customer. Conversations in which both speak come first, so that a run
/// that plays a part of the corpus plays those; within each half they are sorted by id. Empty texts are left out.
///
/// # Errors
/// If the input is not this data set.
pub fn convert(input: impl Read) -> Result<Vec<Conversation>> {
    let talks: BTreeMap<String, Talk> =
        serde_json::from_reader(input).context("this is not the dataset.json of chitchat-dataset")?;
    let mut conversations: Vec<_> =
        talks.into_iter().map(|(id, talk)| Conversation { id, turns: turns(talk) }).collect();
    conversations.retain(|conversation| !conversation.turns.is_empty());
    conversations.sort_by_key(|conversation| !conversation.is_mutual());
    Ok(conversations)
}

fn turns(talk: Talk) -> Vec<Turn> {
    let said: Vec<Said> =
        talk.messages.into_iter().flatten().filter(|said| !said.text.trim().is_empty()).collect();
    let Some(first) = said.first() else { return Vec::new() };
    let (began, customer) = (first.timestamp.as_millisecond(), first.sender.clone());
    let turn = |said: Said| Turn {
        side: if said.sender == customer { Side::Customer } else { Side::Agent },
        at_ms: u64::try_from(said.timestamp.as_millisecond() - began).unwrap_or(0),
        text: said.text,
    };
    said.into_iter().map(turn).collect()
}
