//! Names of runs, fits and workers: hexadecimal characters and nothing else, wherever they come from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Characters of an id that people are shown.
const SHORT: usize = 8;

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id of a {what}: {length} hexadecimal characters, small letters")]
pub struct IdError {
    text: String,
    what: &'static str,
    length: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The id with these bytes.
            pub fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
            }

            /// All of its characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Its first characters, as people see it.
            pub fn short(&self) -> &str {
                &self.0[..SHORT]
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let is_id = text.len() == 2 * $bytes
                    && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
                if is_id {
                    Ok(Self(text.into()))
                } else {
                    let shown: String = text.chars().take(4 * $bytes).collect();
                    Err(IdError { text: shown.escape_debug().to_string(), what: $what, length: 2 * $bytes })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        /// All zeros.
        impl Default for $name {
            fn default() -> Self {
                Self::from_bytes([0; $bytes])
            }
        }
    };
}

id!(
    /// Names a run by its content.
    RunId, "run", 16
);
id!(
    /// Names a fit by its content.
    FitId, "fit", 16
);
id!(
    /// Names a worker process.
    WorkerId, "worker", 8
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal_and_nothing_else() {
        let text = "0123456789abcdef0123456789abcdef";
        let id: RunId = text.parse().unwrap();
        assert_eq!((id.as_str(), id.short(), id.to_string().as_str()), (text, "01234567", text));
        let upper = text.to_uppercase();
        let longer = format!("{text}0");
        for wrong in
            ["", "../x", &text[1..], &longer, &upper, "0123456789abcdef0123456789abcdé", "' OR 1=1 --"]
        {
            assert!(wrong.parse::<FitId>().is_err(), "{wrong}");
        }
        let error = "a\u{1b}b".parse::<WorkerId>().unwrap_err().to_string();
        assert_eq!(error, "`a\\u{1b}b` is no id of a worker: 16 hexadecimal characters, small letters");
        assert_eq!(WorkerId::default().as_str(), "0000000000000000");
    }
}
