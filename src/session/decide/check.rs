//! What may be written: sizes and characters. Says which field is wrong and never repeats its content.

use std::collections::BTreeMap;

use crate::limits;
use crate::session::Refusal;
use crate::session::event::Notice;

const WANTS_TEXT: &str =
    "wants 1 or more characters, and of the control characters only tab, line feed and return";
const WANTS_NAME: &str = "wants 1 or more characters and no control characters";

/// Whether a text may be said.
pub(super) fn text(field: &'static str, text: &str) -> Result<(), Refusal> {
    size(field, text.len(), limits::TEXT_BYTES)?;
    if text.is_empty() || forbidden(text) {
        return Err(Refusal::Malformed { field, wants: WANTS_TEXT });
    }
    Ok(())
}

/// Whether a preview may be shown: like a text, but it may be empty.
pub(super) fn preview(preview: &str) -> Result<(), Refusal> {
    if preview.is_empty() { Ok(()) } else { text("preview", preview) }
}

/// Whether a nickname may be shown.
pub(super) fn nick(nick: &str) -> Result<(), Refusal> {
    name("nick", nick, limits::NICK_CHARS)
}

/// Whether a short name may be used.
pub(super) fn name(field: &'static str, name: &str, chars: usize) -> Result<(), Refusal> {
    // A character is 4 bytes at most: this keeps counting off huge inputs.
    if name.len() > chars * 4 || name.chars().count() > chars {
        return Err(Refusal::TooLarge { field, limit: chars as u64 });
    }
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Refusal::Malformed { field, wants: WANTS_NAME });
    }
    Ok(())
}

/// Whether a notice may be shown.
pub(super) fn notice(notice: &Notice) -> Result<(), Refusal> {
    match notice {
        Notice::Url(url) => {
            size("url", url.len(), limits::URL_BYTES)?;
            let web = url.starts_with("https://") || url.starts_with("http://");
            if !web || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(Refusal::Malformed {
                    field: "url",
                    wants: "wants an address that begins with http",
                });
            }
            Ok(())
        }
        Notice::Custom { name: called, data } => {
            name("name", called, limits::NICK_CHARS)?;
            size("data", called.len() + data.len(), limits::TEXT_BYTES)?;
            clean("data", data)
        }
        Notice::File { file, name: called, mime, .. } => {
            name("file", file, limits::NAME_CHARS)?;
            name("name", called, limits::NAME_CHARS)?;
            name("mime", mime, limits::NAME_CHARS)
        }
        Notice::Nick(called) => nick(called),
        Notice::Read(_) => Ok(()),
    }
}

/// Whether a change of userdata may be made to `old`.
pub(super) fn data(
    old: &BTreeMap<String, String>,
    set: &BTreeMap<String, String>,
    remove: &[String],
) -> Result<(), Refusal> {
    size("data", remove.len(), limits::DATA_KEYS)?;
    for (key, value) in set {
        size("data key", key.len(), limits::DATA_KEY_BYTES)?;
        name("data key", key, limits::DATA_KEY_BYTES)?;
        clean("data", value)?;
    }
    let kept = old.iter().filter(|(key, _)| !set.contains_key(*key) && !remove.contains(key));
    let all = kept.chain(set.iter().filter(|(key, _)| !remove.contains(key)));
    let (keys, bytes) = measure(all);
    size("data", keys, limits::DATA_KEYS)?;
    size("data", bytes, limits::DATA_BYTES)
}

/// Whether these attributes may be kept of a person.
pub(super) fn contact(contact: &BTreeMap<String, String>) -> Result<(), Refusal> {
    for (key, value) in contact {
        name("contact key", key, limits::DATA_KEY_BYTES)?;
        clean("contact", value)?;
    }
    let (keys, bytes) = measure(contact.iter());
    size("contact", keys, limits::CONTACT_KEYS)?;
    size("contact", bytes, limits::CONTACT_BYTES)
}

fn measure<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> (usize, usize) {
    pairs.fold((0, 0), |(keys, bytes), (key, value)| (keys + 1, bytes + key.len() + value.len()))
}

fn size(field: &'static str, is: usize, limit: usize) -> Result<(), Refusal> {
    if is > limit { Err(Refusal::TooLarge { field, limit: limit as u64 }) } else { Ok(()) }
}

fn clean(field: &'static str, value: &str) -> Result<(), Refusal> {
    if forbidden(value) { Err(Refusal::Malformed { field, wants: WANTS_TEXT }) } else { Ok(()) }
}

/// Whether there is a control character other than tab, line feed and return. Reads bytes: a character of U+0080 to
/// U+009F is the byte C2 and one below A0, and all other control characters are one byte.
fn forbidden(text: &str) -> bool {
    let bytes = text.as_bytes();
    let low = bytes.iter().fold(false, |found, byte| {
        found | (*byte < 0x20 && !matches!(byte, b'\n' | b'\t' | b'\r')) | (*byte == 0x7f)
    });
    low || bytes.windows(2).any(|pair| pair[0] == 0xc2 && pair[1] < 0xa0)
}
