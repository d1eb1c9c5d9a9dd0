//! Pictures: checked, and encoded anew.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits, RgbaImage,
    codecs::jpeg::JpegEncoder,
    error::{LimitError, LimitErrorKind},
    guess_format,
};
use multer::bytes::Bytes;
use tokio::task::spawn_blocking;

/// The media type of pictures of [`reencode`].
pub const MEDIA_TYPE: &str = "image/jpeg";

/// The largest file, in bytes.
const MAX_FILE: usize = 1024 * 1024;

/// The largest picture, in pixels.
const MAX_PIXELS: u64 = 16_000_000;

/// The largest side of a stored picture, in pixels.
const MAX_SIDE: u32 = 512;

/// What a decoder may allocate beside the picture, in bytes: enough for rows of a million pixels, and too little for a
/// color profile that expands to gigabytes.
const MAX_WORK: u64 = 16 * 1024 * 1024;

/// The quality of stored pictures, from 1 to 100.
const QUALITY: u8 = 85;

/// Why a file is not accepted, with the contract's sentences.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PictureError {
    /// The file is too large.
    #[error("Image size exceeds 1 MB")]
    TooLarge,
    /// The file is a picture of this format.
    #[error("Unsupported image format: {0}. Use one of next: ['JPG', 'JPEG', 'PNG']")]
    Unsupported(&'static str),
    /// The file is not a picture, is cut, or has too many pixels.
    #[error("Invalid image format")]
    Invalid,
}

/// Returns the picture as a JPEG on white, upright, of at most 512 pixels a side and without metadata. Works on a thread
/// of its own.
///
/// Fails for files of more than 1 MiB or 16 million pixels, and for what is not a whole JPEG or PNG.
pub async fn reencode(file: Bytes) -> Result<Vec<u8>, PictureError> {
    spawn_blocking(move || reencode_now(&file)).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a decoder of pictures panicked");
        Err(PictureError::Invalid)
    })
}

fn reencode_now(file: &[u8]) -> Result<Vec<u8>, PictureError> {
    if file.len() > MAX_FILE {
        return Err(PictureError::TooLarge);
    }
    let format = guess_format(file).map_err(|_| PictureError::Invalid)?;
    let is_whole = match format {
        ImageFormat::Jpeg => is_whole_jpeg(file).is_some(),
        ImageFormat::Png => is_whole_png(file).is_some(),
        other => return Err(name(other).map_or(PictureError::Invalid, PictureError::Unsupported)),
    };
    if !is_whole {
        return Err(PictureError::Invalid);
    }
    transcode(file, format).map_err(|error| {
        tracing::info!(error = %error, "a picture cannot be decoded");
        PictureError::Invalid
    })
}

/// Returns the name of a format that is not accepted, as the original service names it.
fn name(format: ImageFormat) -> Option<&'static str> {
    Some(match format {
        ImageFormat::Gif => "GIF",
        ImageFormat::WebP => "WEBP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Ico => "ICO",
        ImageFormat::Avif => "AVIF",
        ImageFormat::Pnm => "PPM",
        ImageFormat::Dds => "DDS",
        ImageFormat::Qoi => "QOI",
        _ => return None,
    })
}

/// Returns `None` unless the JPEG has its end, because its decoder fills what is missing with gray
/// ([ITU-T T.81, annex B](https://www.w3.org/Graphics/JPEG/itu-t81.pdf)).
fn is_whole_jpeg(file: &[u8]) -> Option<()> {
    const END: u8 = 0xd9;
    let mut rest = file;
    loop {
        // What follows a scan has stuffed zeros, and markers without a length.
        let is_segment =
            |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0x01 | 0xd0..=0xd8 | 0xff);
        let start = rest.windows(2).position(is_segment)?;
        let (marker, segment) = (rest[start + 1], &rest[start + 2..]);
        if marker == END {
            return Some(());
        }
        rest = segment.get(usize::from(u16::from_be_bytes(*segment.first_chunk()?))..)?;
    }
}

/// Returns `None` unless the PNG has its last chunk, likewise
/// ([PNG, section 5](https://www.w3.org/TR/png-3/#5DataRep)).
fn is_whole_png(file: &[u8]) -> Option<()> {
    let mut rest = file.get(8..)?;
    loop {
        let (length, chunk) = rest.split_first_chunk()?;
        let is_last = chunk.starts_with(b"IEND");
        // The type before the data and the checksum after it.
        rest = chunk.get((u32::from_be_bytes(*length) as usize).checked_add(8)?..)?;
        if is_last {
            return Some(());
        }
    }
}

fn transcode(file: &[u8], format: ImageFormat) -> ImageResult<Vec<u8>> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_WORK);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(image::ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if picture.color().has_alpha() {
        // Before the picture shrinks, so that no color of a transparent pixel mixes with its neighbors.
        picture = on_white(picture.into_rgba8()).into();
    }
    if width.max(height) > MAX_SIDE {
        picture = picture.thumbnail(MAX_SIDE, MAX_SIDE);
    }
    picture.apply_orientation(orientation);
    let mut encoded = Vec::new();
    JpegEncoder::new_with_quality(&mut encoded, QUALITY).encode_image(&picture.into_rgb8())?;
    Ok(encoded)
}

fn on_white(mut picture: RgbaImage) -> RgbaImage {
    for pixel in picture.pixels_mut() {
        let [.., alpha] = pixel.0;
        let mixed = |color: u8| {
            let sum = u32::from(color) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            ((sum + 127) / 255) as u8
        };
        let [red, green, blue, _] = pixel.0;
        pixel.0 = [mixed(red), mixed(green), mixed(blue), 255];
    }
    picture
}
