//! Identifiers. Platforms are named by their slug, everything of ours by a number that people see with a letter.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A platform's slug, at most twelve lower-case letters. Copied freely, compared cheaply, never matched on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformId {
    bytes: [u8; 12],
    length: u8,
}

impl PlatformId {
    /// A slug known at compile time.
    ///
    /// # Panics
    /// At compile time, when the slug is empty, longer than twelve bytes or not `a-z`.
    pub const fn new(slug: &str) -> Self {
        match Self::parse(slug) {
            Some(id) => id,
            None => panic!("a platform's slug is one to twelve letters a-z"),
        }
    }

    const fn parse(slug: &str) -> Option<Self> {
        let source = slug.as_bytes();
        if source.is_empty() || source.len() > 12 {
            return None;
        }
        let mut bytes = [0; 12];
        let mut at = 0;
        while at < source.len() {
            if !source[at].is_ascii_lowercase() {
                return None;
            }
            bytes[at] = source[at];
            at += 1;
        }
        Some(Self { bytes, length: source.len() as u8 })
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that is no slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a platform")]
pub struct NotAPlatform(pub String);

impl FromStr for PlatformId {
    type Err = NotAPlatform;

    fn from_str(slug: &str) -> Result<Self, NotAPlatform> {
        Self::parse(slug).ok_or_else(|| NotAPlatform(slug.to_owned()))
    }
}

impl Serialize for PlatformId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PlatformId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?;
        slug.parse().map_err(serde::de::Error::custom)
    }
}

/// In the window's types a slug is a string.
impl specta::Type for PlatformId {
    fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
        String::definition(types)
    }
}

/// Text that is no id of the wanted sort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id")]
pub struct NotAnId(pub String);

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($letter, "{}"), self.0))
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($letter)
                    .and_then(|digits| digits.parse::<u32>().ok())
                    .map(|number| Self(i64::from(number)))
                    .ok_or_else(|| NotAnId(text.to_owned()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl specta::Type for $name {
            fn definition(types: &mut specta::Types) -> specta::datatype::DataType {
                String::definition(types)
            }
        }
    };
}

numbered!(
    /// One human, shown as `p17`. Stays the same through every re-import.
    PersonId, "p"
);
numbered!(
    /// The link of one person to one secondary platform, shown as `s4`.
    SyncId, "s"
);
numbered!(
    /// One long operation, shown as `r2`.
    RunId, "r"
);
numbered!(
    /// An employee's authorisation, shown as `g9`.
    GrantId, "g"
);
