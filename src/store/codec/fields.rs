//! A row as numbered fields: a CBOR map whose keys are small integers. The writer leaves out what is absent; the reader
//! keeps every field as bytes until it is asked for, so that fields of a later release are passed over unread. Knows no chat.

use std::collections::BTreeMap;
use std::convert::Infallible;

use minicbor::encode::Error as EncodeError;
use minicbor::{Decoder, Encoder};

/// Why stored bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Nothing there, not even a version.
    #[error("the row is empty")]
    Empty,
    /// Written by a later release.
    #[error("the row has version {0}, which this release cannot read")]
    Version(u8),
    /// A kind of a later release.
    #[error("field {field} has the unknown value {value}")]
    Unknown {
        /// The field's number.
        field: u64,
        /// Its value.
        value: u64,
    },
    /// A field that every row of its kind has.
    #[error("field {0} is missing")]
    Missing(u64),
    /// Not what it should be.
    #[error("field {0} is malformed")]
    Malformed(u64),
    /// Not a map with integer keys.
    #[error("the row is malformed")]
    Row,
}

/// Writes rows.
pub struct Writer<'a> {
    encoder: Encoder<&'a mut Vec<u8>>,
}

/// Memory takes every byte: there is no error to handle.
fn sure<T>(result: Result<T, EncodeError<Infallible>>) {
    assert!(result.is_ok(), "memory takes every byte");
}

impl<'a> Writer<'a> {
    /// Writes the version byte and then one row.
    pub fn row(version: u8, out: &'a mut Vec<u8>, fill: impl FnOnce(&mut Self)) {
        out.push(version);
        let mut writer = Self { encoder: Encoder::new(out) };
        writer.map(fill);
    }

    fn map(&mut self, fill: impl FnOnce(&mut Self)) {
        sure(self.encoder.begin_map().map(drop));
        fill(self);
        sure(self.encoder.end().map(drop));
    }

    fn key(&mut self, key: u64) {
        sure(self.encoder.u64(key).map(drop));
    }

    /// A number.
    pub fn u64(&mut self, key: u64, value: u64) {
        self.key(key);
        sure(self.encoder.u64(value).map(drop));
    }

    /// A number that may be negative.
    pub fn i64(&mut self, key: u64, value: i64) {
        self.key(key);
        sure(self.encoder.i64(value).map(drop));
    }

    /// A flag; `false` is left out.
    pub fn flag(&mut self, key: u64, value: bool) {
        if value {
            self.u64(key, 1);
        }
    }

    /// A text.
    pub fn str(&mut self, key: u64, value: &str) {
        self.key(key);
        sure(self.encoder.str(value).map(drop));
    }

    /// 128 bits.
    pub fn u128(&mut self, key: u64, value: u128) {
        self.key(key);
        sure(self.encoder.bytes(&value.to_be_bytes()).map(drop));
    }

    /// Keys and values; an empty map is left out.
    pub fn texts(&mut self, key: u64, map: &BTreeMap<String, String>) {
        if map.is_empty() {
            return;
        }
        self.key(key);
        sure(self.encoder.map(map.len() as u64).map(drop));
        for (name, value) in map {
            sure(self.encoder.str(name).and_then(|encoder| encoder.str(value)).map(drop));
        }
    }

    /// A list of texts; an empty one is left out.
    pub fn list<'s>(&mut self, key: u64, list: impl ExactSizeIterator<Item = &'s str>) {
        if list.len() == 0 {
            return;
        }
        self.key(key);
        sure(self.encoder.array(list.len() as u64).map(drop));
        for text in list {
            sure(self.encoder.str(text).map(drop));
        }
    }

    /// A row within the row.
    pub fn nested(&mut self, key: u64, fill: impl FnOnce(&mut Self)) {
        self.key(key);
        self.map(fill);
    }

    /// A list of rows; an empty one is left out.
    pub fn rows<T>(
        &mut self,
        key: u64,
        items: impl ExactSizeIterator<Item = T>,
        fill: impl Fn(&mut Self, T),
    ) {
        if items.len() == 0 {
            return;
        }
        self.key(key);
        sure(self.encoder.array(items.len() as u64).map(drop));
        for item in items {
            self.map(|writer| fill(writer, item));
        }
    }
}

/// A row that was read: its fields as bytes, in the order in which they came.
#[derive(Debug)]
pub struct Fields<'b> {
    fields: Vec<(u64, &'b [u8])>,
}

impl<'b> Fields<'b> {
    /// Reads the version byte and one row of that version.
    ///
    /// # Errors
    /// Another version, or no row.
    pub fn read(version: u8, bytes: &'b [u8]) -> Result<Self, DecodeError> {
        match bytes.split_first() {
            None => Err(DecodeError::Empty),
            Some((first, row)) if *first == version => Self::parse(row),
            Some((first, _)) => Err(DecodeError::Version(*first)),
        }
    }

    fn parse(row: &'b [u8]) -> Result<Self, DecodeError> {
        Self::parse_map(row).map_err(|_| DecodeError::Row)
    }

    fn parse_map(row: &'b [u8]) -> Result<Self, minicbor::decode::Error> {
        let mut decoder = Decoder::new(row);
        let mut left = decoder.map()?;
        let mut fields = Vec::new();
        while left != Some(0) {
            if left.is_none() && decoder.datatype()? == minicbor::data::Type::Break {
                break;
            }
            let key = decoder.u64()?;
            let start = decoder.position();
            decoder.skip()?;
            let value = row.get(start..decoder.position()).unwrap_or_default();
            fields.push((key, value));
            left = left.map(|left| left - 1);
        }
        Ok(Self { fields })
    }

    fn raw(&self, key: u64) -> Option<&'b [u8]> {
        self.fields.iter().find(|(field, _)| *field == key).map(|(_, value)| *value)
    }

    fn get<T>(
        &self,
        key: u64,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, minicbor::decode::Error>,
    ) -> Result<Option<T>, DecodeError> {
        let Some(raw) = self.raw(key) else { return Ok(None) };
        read(&mut Decoder::new(raw)).map(Some).map_err(|_| DecodeError::Malformed(key))
    }

    /// A number, if there.
    pub fn opt_u64(&self, key: u64) -> Result<Option<u64>, DecodeError> {
        self.get(key, Decoder::u64)
    }

    /// A number.
    pub fn u64(&self, key: u64) -> Result<u64, DecodeError> {
        self.opt_u64(key)?.ok_or(DecodeError::Missing(key))
    }

    /// A number of 32 bits.
    pub fn u32(&self, key: u64) -> Result<u32, DecodeError> {
        u32::try_from(self.u64(key)?).map_err(|_| DecodeError::Malformed(key))
    }

    /// A number of 32 bits that may be negative.
    pub fn i32(&self, key: u64) -> Result<i32, DecodeError> {
        self.get(key, Decoder::i32)?.ok_or(DecodeError::Missing(key))
    }

    /// A flag; absent is `false`.
    pub fn flag(&self, key: u64) -> Result<bool, DecodeError> {
        Ok(self.opt_u64(key)? == Some(1))
    }

    /// A text, if there.
    pub fn opt_str(&self, key: u64) -> Result<Option<String>, DecodeError> {
        self.get(key, |decoder| decoder.str().map(str::to_owned))
    }

    /// A text.
    pub fn str(&self, key: u64) -> Result<String, DecodeError> {
        self.opt_str(key)?.ok_or(DecodeError::Missing(key))
    }

    /// 128 bits.
    pub fn u128(&self, key: u64) -> Result<u128, DecodeError> {
        let bytes = self.get(key, Decoder::bytes)?.ok_or(DecodeError::Missing(key))?;
        bytes.try_into().map(u128::from_be_bytes).map_err(|_| DecodeError::Malformed(key))
    }

    /// Keys and values; absent is empty.
    pub fn texts(&self, key: u64) -> Result<BTreeMap<String, String>, DecodeError> {
        let read = |decoder: &mut Decoder<'b>| decoder.map_iter::<String, String>()?.collect();
        Ok(self.get(key, read)?.unwrap_or_default())
    }

    /// A list of texts; absent is empty.
    pub fn list(&self, key: u64) -> Result<Vec<String>, DecodeError> {
        let read = |decoder: &mut Decoder<'b>| decoder.array_iter::<String>()?.collect();
        Ok(self.get(key, read)?.unwrap_or_default())
    }

    /// A row within the row, if there.
    pub fn opt_nested(&self, key: u64) -> Result<Option<Self>, DecodeError> {
        self.raw(key).map(Self::parse).transpose()
    }

    /// A row within the row.
    pub fn nested(&self, key: u64) -> Result<Self, DecodeError> {
        self.opt_nested(key)?.ok_or(DecodeError::Missing(key))
    }

    /// A list of rows; absent is empty.
    pub fn rows(&self, key: u64) -> Result<Vec<Self>, DecodeError> {
        let Some(raw) = self.raw(key) else { return Ok(Vec::new()) };
        let mut decoder = Decoder::new(raw);
        let malformed = |_| DecodeError::Malformed(key);
        let count = decoder.array().map_err(malformed)?.ok_or(DecodeError::Malformed(key))?;
        let mut rows = Vec::new();
        for _ in 0..count {
            let start = decoder.position();
            decoder.skip().map_err(malformed)?;
            rows.push(Self::parse(raw.get(start..decoder.position()).unwrap_or_default())?);
        }
        Ok(rows)
    }

    /// A value of a closed list, by its number.
    pub fn code<T>(&self, key: u64, of: impl FnOnce(u64) -> Option<T>) -> Result<T, DecodeError> {
        let value = self.u64(key)?;
        of(value).ok_or(DecodeError::Unknown { field: key, value })
    }
}
