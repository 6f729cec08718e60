//! Metrics as TensorBoard event files: TFRecord frames around `Event` messages of protocol buffers.
//!
//! A frame is the length (u64, little-endian), its masked CRC-32C, the message, its masked CRC-32C. Of
//! `Event` (tensorflow/core/util/event.proto) four fields serve: 1 wall_time (double), 2 step (int64),
//! 3 file_version (string), 5 summary, whose values (field 1) have 1 tag (string) and 2 simple_value
//! (float). TensorBoard keeps values as floats: they lose digits beyond the seventh.

use std::collections::HashSet;
use std::path::Path;

use super::{ExportError, Point, metrics, rows};
use crate::file_name::file_name;
use crate::store::{Store, short_id};
use crate::table::Table;

/// Writes one folder per fit. All its values carry the time at which it was begun: the store does not
/// keep when an epoch ended.
pub(super) fn write(store: &Store, runs: &Table, folder: &Path) -> Result<(), ExportError> {
    let mut written = HashSet::new();
    for run in rows(runs) {
        let fit_id = run.text("fit_id");
        if !written.insert(fit_id.clone()) {
            continue;
        }
        let points = metrics(store, &fit_id)?;
        if points.is_empty() {
            continue;
        }
        let time = run.begun();
        let own = folder.join(file_name(&format!("{}-{}", run.title(), short_id(&fit_id))));
        let file = own.join(format!("events.out.tfevents.{time}.anolab"));
        std::fs::create_dir(&own)
            .and_then(|()| std::fs::write(&file, events(&points, time as f64)))
            .map_err(ExportError::io(file))?;
    }
    Ok(())
}

fn events(points: &[Point], time: f64) -> Vec<u8> {
    let mut bytes = frame(&event(time, 0, |event| text(event, 3, "brain.Event:2")));
    for point in points {
        let mut value = Vec::new();
        text(&mut value, 1, &format!("{}/{}", point.split, point.name));
        value.push(key(2, FOUR_BYTES));
        value.extend((point.value as f32).to_le_bytes());
        let mut summary = Vec::new();
        message(&mut summary, 1, &value);
        bytes.extend(frame(&event(time, point.step, |event| message(event, 5, &summary))));
    }
    bytes
}

fn event(time: f64, step: i64, what: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut event = vec![key(1, EIGHT_BYTES)];
    event.extend(time.to_le_bytes());
    event.push(key(2, VARINT));
    varint(&mut event, step as u64);
    what(&mut event);
    event
}

// Wire types of protocol buffers.
const VARINT: u8 = 0;
const EIGHT_BYTES: u8 = 1;
const DELIMITED: u8 = 2;
const FOUR_BYTES: u8 = 5;

fn key(field: u8, wire: u8) -> u8 {
    field << 3 | wire
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn message(bytes: &mut Vec<u8>, field: u8, inner: &[u8]) {
    bytes.push(key(field, DELIMITED));
    varint(bytes, inner.len() as u64);
    bytes.extend(inner);
}

fn text(bytes: &mut Vec<u8>, field: u8, text: &str) {
    message(bytes, field, text.as_bytes());
}

fn frame(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length), data, &masked_crc(data)].concat()
}

/// As TFRecord wants it: rotated, and moved, so that the CRC of a CRC is no pitfall.
fn masked_crc(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}
