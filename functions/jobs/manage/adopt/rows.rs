//! Decodes rows of PostgreSQL's binary COPY format.

use futures_util::{StreamExt, stream::BoxStream};

/// The length of the header without extensions (PostgreSQL manual, "COPY").
const HEADER: usize = 19;

/// The rows of `COPY … TO STDOUT (FORMAT binary)` with one column that is never null. Keeps one row in memory.
pub struct Rows<'a, B> {
    chunks: BoxStream<'a, sqlx::Result<B>>,
    waiting: Vec<u8>,
    began: bool,
}

impl<'a, B: AsRef<[u8]>> Rows<'a, B> {
    /// Reads the rows of `chunks`.
    pub fn new(chunks: BoxStream<'a, sqlx::Result<B>>) -> Self {
        Self { chunks, waiting: Vec::new(), began: false }
    }

    /// Returns the next row; `None` after the last.
    pub async fn next(&mut self) -> sqlx::Result<Option<Vec<u8>>> {
        if !self.began {
            self.take(HEADER).await?;
            self.began = true;
        }
        let columns = self.take(2).await?;
        if columns == [0xff, 0xff] {
            // The statement can still fail after its last row.
            return match self.chunks.next().await {
                None => Ok(None),
                Some(Err(error)) => Err(error),
                Some(Ok(_)) => Err(cut()),
            };
        }
        let length = self.take(4).await?;
        let length = length.try_into().map(i32::from_be_bytes).ok();
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or_else(cut)?;
        self.take(length).await.map(Some)
    }

    async fn take(&mut self, length: usize) -> sqlx::Result<Vec<u8>> {
        while self.waiting.len() < length {
            let chunk = self.chunks.next().await.ok_or_else(cut)??;
            self.waiting.extend_from_slice(chunk.as_ref());
        }
        let rest = self.waiting.split_off(length);
        Ok(std::mem::replace(&mut self.waiting, rest))
    }
}

fn cut() -> sqlx::Error {
    sqlx::Error::Protocol("the rows of COPY end in the middle".into())
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// Returns the rows of bytes that arrive in pieces of this `length`.
    async fn read(bytes: &[u8], length: usize) -> sqlx::Result<Vec<String>> {
        let chunks: Vec<_> = bytes.chunks(length).map(|chunk| Ok(chunk.to_vec())).collect();
        let mut rows = Rows::new(stream::iter(chunks).boxed());
        let mut all = Vec::new();
        while let Some(row) = rows.next().await? {
            all.push(String::from_utf8(row).expect("it is text"));
        }
        Ok(all)
    }

    #[tokio::test]
    async fn rows_are_the_same_however_they_arrive() {
        let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend(b"\0\x01\0\0\0\x03abc\0\x01\0\0\0\0\0\x01\0\0\0\x02\xc3\xa9\xff\xff");
        for length in 1..=bytes.len() {
            assert_eq!(read(&bytes, length).await.expect("it is whole"), ["abc", "", "é"], "{length}");
        }
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end], 7).await.is_err(), "{end}");
        }
    }
}
