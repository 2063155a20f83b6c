//! Drawing by lot without randomness: the same ticket always draws the same, and neighbours draw nothing alike.

use crate::time::Millis;

/// A lot is one of so many.
const PARTS: u64 = 1_000;

/// `most`, shorter by up to `percent`, by the lot of this ticket.
pub(crate) fn shortened(most: Millis, percent: u32, name: &str, ticket: u64) -> Millis {
    let early = most / 100 * u64::from(percent);
    most - early / PARTS * draw(name, ticket)
}

/// A number below [`PARTS`] that looks drawn: what began together does not go on together.
fn draw(name: &str, ticket: u64) -> u64 {
    // FNV-1a over the name and the number, then the finish of splitmix64, which spreads the last bits.
    let bytes = name.bytes().chain(ticket.to_le_bytes());
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325, fold);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (hash ^ (hash >> 31)) % PARTS
}
