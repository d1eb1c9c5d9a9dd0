//! Decodes UTF-16 to UTF-8.

use std::io::{self, Read};

/// The encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Encoding {
    Utf8,
    Utf16LittleEndian,
    Utf16BigEndian,
}

impl Encoding {
    /// Returns the encoding by the byte-order mark in `start`, and the length of the mark. The caller skips a UTF-8 mark.
    pub fn of(start: &[u8]) -> (Self, usize) {
        match start {
            [0xff, 0xfe, ..] => (Self::Utf16LittleEndian, 2),
            [0xfe, 0xff, ..] => (Self::Utf16BigEndian, 2),
            _ => (Self::Utf8, 0),
        }
    }

    /// Returns the name for the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16LittleEndian | Self::Utf16BigEndian => "UTF-16",
        }
    }
}

/// A byte that UTF-8 never contains. It replaces invalid UTF-16, so that the importer reports both in the same way.
const INVALID: u8 = 0xff;

/// A reader that returns UTF-8, whatever the encoding of its source.
pub struct Decoder<R> {
    source: R,
    encoding: Encoding,
    /// The first byte of a unit whose second byte has not arrived.
    half: Option<u8>,
    /// A high surrogate whose low one has not arrived.
    high: Option<u16>,
    decoded: Vec<u8>,
    position: usize,
}

impl<R: Read> Decoder<R> {
    /// Returns a decoder of `source`, which starts after the byte-order mark.
    pub fn new(source: R, encoding: Encoding) -> Self {
        Self { source, encoding, half: None, high: None, decoded: Vec::new(), position: 0 }
    }

    fn decode(&mut self, bytes: &[u8]) {
        self.decoded.clear();
        self.position = 0;
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            self.unit(match self.encoding {
                Encoding::Utf16BigEndian => u16::from_be_bytes([first, byte]),
                _ => u16::from_le_bytes([first, byte]),
            });
        }
    }

    fn unit(&mut self, unit: u16) {
        let high = self.high.take();
        let (is_high, is_low) = (matches!(unit, 0xd800..=0xdbff), matches!(unit, 0xdc00..=0xdfff));
        if high.is_some() && !is_low {
            self.decoded.push(INVALID);
        }
        let units = [high.unwrap_or(unit), unit];
        match char::decode_utf16(units[usize::from(high.is_none() || !is_low)..].iter().copied()).next() {
            _ if is_high => self.high = Some(unit),
            Some(Ok(c)) => self.decoded.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            _ => self.decoded.push(INVALID),
        }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.encoding == Encoding::Utf8 {
            return self.source.read(buffer);
        }
        while self.position == self.decoded.len() {
            let mut bytes = [0; 1 << 13];
            let length = self.source.read(&mut bytes)?;
            self.decode(&bytes[..length]);
            if length == 0 {
                // The file ends inside a character.
                let is_cut = self.half.take().is_some() | self.high.take().is_some();
                if !is_cut {
                    return Ok(0);
                }
                self.decoded.push(INVALID);
            }
        }
        let length = (&self.decoded[self.position..]).read(buffer)?;
        self.position += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let mut decoded = Vec::new();
        Decoder::new(bytes, encoding).read_to_end(&mut decoded).expect("memory can be read");
        decoded
    }

    #[test]
    fn broken_utf16_becomes_broken_utf8() {
        for (units, text) in [
            (&[0x61, 0xd83c][..], b"a\xff".as_slice()),
            (&[0xd83c, 0x61], b"\xffa"),
            (&[0xdfac, 0x61], b"\xffa"),
            (&[0xd83c, 0xd83c, 0xdfac], "\u{0}🎬".as_bytes()),
        ] {
            let bytes: Vec<u8> = units.iter().flat_map(|unit: &u16| unit.to_be_bytes()).collect();
            let expected =
                text.iter().map(|&byte| if byte == 0 { INVALID } else { byte }).collect::<Vec<_>>();
            assert_eq!(decoded(&bytes, Encoding::Utf16BigEndian), expected, "{units:x?}");
        }
        assert_eq!(decoded(b"a\0b", Encoding::Utf16LittleEndian), b"a\xff");
    }

    proptest! {
        #[test]
        fn utf16_is_decoded_in_both_byte_orders(text in any::<String>()) {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            prop_assert_eq!(decoded(&little, Encoding::Utf16LittleEndian), text.as_bytes());
            prop_assert_eq!(decoded(&big, Encoding::Utf16BigEndian), text.as_bytes());
        }
    }
}
