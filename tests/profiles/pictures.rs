//! What becomes of pictures.

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, Rgba, RgbaImage};
use serde_json::json;

use super::{app_with_user, assert_faults, bare, form, objects, picture, post};
use crate::support::{
    App, Method,
    form::{self as pictures, Form, png},
};

fn with(file: &[u8]) -> Form {
    form().without("avatar").file("avatar", "face.gif", file)
}

/// Creates a profile with this file and returns the stored picture, after a check of its bytes.
async fn stored(app: &App, user: i64, file: &[u8]) -> DynamicImage {
    let reply = post(app, user, &with(file)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let reply = picture(app, &reply.json()).await;
    assert_eq!(reply.header("content-type"), Some("image/jpeg"));
    assert!(!reply.body.windows(4).any(|bytes| bytes == b"Exif"), "it has metadata");
    assert_eq!(bare(app, Method::DELETE, user, user).await.status, 204);
    image::load_from_memory_with_format(&reply.body, ImageFormat::Jpeg).expect("it is a JPEG")
}

#[track_caller]
fn assert_color(picture: &DynamicImage, x: u32, y: u32, color: [u8; 3]) {
    let Rgba([red, green, blue, _]) = picture.get_pixel(x, y);
    let is_near = |one: u8, other: u8| one.abs_diff(other) <= 12;
    let found = [red, green, blue];
    assert!(found.into_iter().zip(color).all(|(one, other)| is_near(one, other)), "{found:?} at {x}, {y}");
}

/// Returns a JPEG with this orientation in its EXIF data, and a comment.
fn oriented(orientation: u8) -> Vec<u8> {
    let mut file = pictures::picture(40, 20, ImageFormat::Jpeg);
    let mut exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    exif[29] = orientation;
    exif.extend_from_slice(b"\xff\xfe\0\x0bat my home");
    exif.truncate(36 + 13);
    file.splice(2..2, exif);
    file
}

#[tokio::test]
async fn picture_is_stored_as_small_upright_jpeg() {
    let (app, user) = app_with_user().await;
    for (width, height, stored_width, stored_height) in
        [(8, 8, 8, 8), (512, 300, 512, 300), (1024, 512, 512, 256), (300, 900, 171, 512), (2000, 1, 512, 1)]
    {
        let picture = stored(&app, user, &png(width, height)).await;
        assert_eq!(picture.dimensions(), (stored_width, stored_height), "{width} x {height}");
    }
    let picture = stored(&app, user, &pictures::picture(1000, 1000, ImageFormat::Jpeg)).await;
    assert_color(&picture, 100, 100, [200, 30, 30]);
    assert_color(&picture, 400, 400, [250, 250, 250]);
    // Turned by a quarter: its upper left was the lower left.
    let picture = stored(&app, user, &oriented(6)).await;
    assert_eq!(picture.dimensions(), (20, 40));
    assert_color(&picture, 3, 3, [30, 30, 200]);
    assert_color(&picture, 16, 3, [200, 30, 30]);
}

#[tokio::test]
async fn transparency_becomes_white() {
    let (app, user) = app_with_user().await;
    // Transparent pixels have a color, which must not show.
    let image = RgbaImage::from_fn(900, 900, |x, _| match x {
        0..300 => Rgba([200, 0, 0, 255]),
        300..600 => Rgba([0, 0, 0, 0]),
        _ => Rgba([0, 0, 200, 127]),
    });
    let picture = stored(&app, user, &pictures::encoded(&image.into(), ImageFormat::Png)).await;
    assert_color(&picture, 80, 200, [200, 0, 0]);
    assert_color(&picture, 256, 200, [255, 255, 255]);
    assert_color(&picture, 430, 200, [128, 128, 227]);
}

#[tokio::test]
async fn every_kind_of_pixel_is_accepted() {
    let (app, user) = app_with_user().await;
    let image = DynamicImage::from(image::RgbImage::from_pixel(30, 30, Rgb([90, 90, 90])));
    for image in [
        image.to_luma8().into(),
        image.to_luma_alpha8().into(),
        image.to_rgba8().into(),
        image.to_luma16().into(),
        image.to_luma_alpha16().into(),
        image.to_rgb16().into(),
        DynamicImage::from(image.to_rgba16()),
    ] {
        let picture = stored(&app, user, &pictures::encoded(&image, ImageFormat::Png)).await;
        assert_color(&picture, 15, 15, [90, 90, 90]);
    }
    let gray = pictures::encoded(&image.to_luma8().into(), ImageFormat::Jpeg);
    assert_color(&stored(&app, user, &gray).await, 15, 15, [90, 90, 90]);
}

/// Returns a PNG that says that it is this large.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut file = png(8, 8);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let mut checksum = flate2::Crc::new();
    checksum.update(&file[12..29]);
    file[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    file
}

#[tokio::test]
async fn other_files_are_rejected_by_their_content() {
    let (app, user) = app_with_user().await;
    let (png, jpeg) = (png(60, 60), pictures::picture(60, 60, ImageFormat::Jpeg));
    let mut large = jpeg.clone();
    large.resize(1_048_577, 0);
    let mut bad_checksum = png.clone();
    bad_checksum[40] ^= 1;
    let unsupported =
        |name| format!("Unsupported image format: {name}. Use one of next: ['JPG', 'JPEG', 'PNG']");
    let invalid = String::from("Invalid image format");
    for (file, message) in [
        (&large[..], String::from("Image size exceeds 1 MB")),
        (b"GIF89a\x01\0\x01\0\0\0\0;", unsupported("GIF")),
        (b"RIFF\x24\0\0\0WEBPVP8 ", unsupported("WEBP")),
        (b"BM\x46\0\0\0", unsupported("BMP")),
        (b"II*\0\x08\0\0\0", unsupported("TIFF")),
        (b"", invalid.clone()),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", invalid.clone()),
        (&png[..png.len() / 2], invalid.clone()),
        (&png[..png.len() - 1], invalid.clone()),
        (&png[..8], invalid.clone()),
        (&jpeg[..jpeg.len() / 2], invalid.clone()),
        (&jpeg[..jpeg.len() - 2], invalid.clone()),
        (&jpeg[..3], invalid.clone()),
        (&bad_checksum, invalid.clone()),
        (&claiming(4001, 4000), invalid.clone()),
        (&claiming(u32::MAX / 2, 2), invalid.clone()),
        (&claiming(16_000_000, 1), invalid.clone()),
    ] {
        let expected =
            json!([{"type": "value_error", "loc": ["avatar"], "msg": message, "input": "face.gif"}]);
        assert_faults(&post(&app, user, &with(file)).await, expected);
    }
    assert_eq!(objects(&app).len(), 0);
    // The largest file, with bytes after its end.
    let mut full = jpeg;
    full.resize(1_048_576, 0);
    stored(&app, user, &full).await;
}

#[tokio::test]
async fn largest_pictures_fit_in_half_of_memory() {
    let (app, user) = app_with_user().await;
    // 16 million pixels of 8 bytes, of 4 bytes, and those of a JPEG and of a progressive one, which is decoded as a whole.
    let image = DynamicImage::from(RgbaImage::from_pixel(4000, 4000, Rgba([9, 90, 200, 120])));
    let deep = pictures::encoded(&image.to_rgba16().into(), ImageFormat::Png);
    let alpha = pictures::encoded(&image, ImageFormat::Png);
    let jpeg = pictures::encoded(&image.to_rgb8().into(), ImageFormat::Jpeg);
    let progressive = include_bytes!("progressive.jpg").to_vec();
    for file in [deep, alpha, jpeg, progressive] {
        assert!(file.len() <= 1_048_576, "{}", file.len());
        assert_eq!(stored(&app, user, &file).await.dimensions(), (512, 512));
    }
    let peak = app.peak_memory("CreateProfile") / 1024;
    println!("{peak} MiB");
    assert!(peak <= 256, "{peak} MiB");
    assert_eq!(app.template().functions["CreateProfile"].memory, 512);
}
