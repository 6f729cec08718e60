//! Types of columns that SQLite keeps as texts: read by name, and refused where a store holds another text.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, Sqlite, Type};

use super::run_data::{Portion, Role};
use super::status::Status;
use crate::id::{FitId, RunId, WorkerId};
use crate::spec::{Label, Split};

macro_rules! text_columns {
    ($($name:ty),*) => {$(
        impl Type<Sqlite> for $name {
            fn type_info() -> SqliteTypeInfo {
                <String as Type<Sqlite>>::type_info()
            }

            fn compatible(found: &SqliteTypeInfo) -> bool {
                <String as Type<Sqlite>>::compatible(found)
            }
        }

        impl<'r> Decode<'r, Sqlite> for $name {
            fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok(<&str as Decode<'r, Sqlite>>::decode(value)?.parse::<Self>()?)
            }
        }

        impl<'q> Encode<'q, Sqlite> for $name {
            fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
                <String as Encode<'q, Sqlite>>::encode(self.to_string(), buffer)
            }
        }
    )*};
}

text_columns!(RunId, FitId, WorkerId, Status, Split, Label, Portion, Role);
