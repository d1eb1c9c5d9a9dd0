//! Opens the source of a catalogue: the built-in seed, a file, or an object in S3.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use aws_sdk_s3::{error::ProvideErrorMetadata, primitives::ByteStream};
use shared::{JobError, config, logging::error_chain, storage::s3_client};
use tokio::sync::mpsc::{Receiver, Sender, channel};

const SEED: &[u8] = include_bytes!("../../../../seed_data/movies.csv");

/// A catalogue in CSV.
pub enum Source {
    /// The movies in this executable.
    Seed,
    /// A file that this process can read.
    File(PathBuf),
    /// An object in S3.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

impl Source {
    /// Parses `seed`, an absolute path or `s3://bucket/key`. Returns `None` for any other `name`.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "seed" {
            Some(Self::Seed)
        } else if let Some(object) = name.strip_prefix("s3://") {
            let (bucket, key) = object.split_once('/')?;
            let object = Self::Object { bucket: bucket.into(), key: key.into() };
            (!bucket.is_empty() && !key.is_empty()).then_some(object)
        } else {
            name.starts_with('/').then(|| Self::File(name.into()))
        }
    }

    /// Opens the source for a thread that may block. Fails if it does not exist, is unreadable, or is in another bucket
    /// than `IMPORT_BUCKET`. The reader returns later errors.
    /// Also returns the size in bytes, if it is known.
    pub async fn open(&self) -> Result<(Box<dyn Read + Send>, Option<u64>), JobError> {
        match self {
            Self::Seed => Ok((Box::new(SEED), Some(SEED.len() as u64))),
            Self::File(path) => {
                // A pipe would keep the invocation waiting for a writer.
                let file = path.metadata().and_then(|metadata| {
                    if metadata.is_file() {
                        Ok((File::open(path)?, metadata.len()))
                    } else {
                        Err(io::Error::other("it is not a regular file"))
                    }
                });
                let (file, size) = file.map_err(|error| self.unreadable(error))?;
                Ok((Box::new(file), Some(size)))
            }
            Self::Object { bucket, key } => {
                if let Some(allowed) = config::optional("IMPORT_BUCKET").filter(|allowed| allowed != bucket) {
                    return Err(self.unreadable(format_args!("the bucket must be {allowed} (IMPORT_BUCKET)")));
                }
                let object = s3_client().get_object().bucket(bucket).key(key).send().await;
                let object = object.map_err(|error| match error.code() {
                    Some(code) => self.unreadable(format_args!(
                        "S3 says {code} ({})",
                        error.message().unwrap_or("no more")
                    )),
                    None => {
                        // The error chain may name endpoints, so only the log gets it.
                        tracing::error!(error = error_chain(&error), "the object cannot be read");
                        self.unreadable(
                            "S3 did not answer; are the region, the endpoint and the credentials right?",
                        )
                    }
                })?;
                let (sender, chunks) = channel(4);
                let size = object.content_length().and_then(|size| size.try_into().ok());
                tokio::spawn(pump(object.body, sender));
                Ok((Box::new(Chunks { chunks, current: Vec::new(), position: 0, ended: false }), size))
            }
        }
    }

    /// Returns the error that this source is unreadable because of `problem`.
    pub fn unreadable(&self, problem: impl fmt::Display) -> JobError {
        JobError::Failed(format!("{self} cannot be read: {problem}. Nothing is stored."))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed => formatter.write_str("seed"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Object { bucket, key } => write!(formatter, "s3://{bucket}/{key}"),
        }
    }
}

/// A part of an object. `Ok(None)` marks the end, so that a dropped sender is an error.
type Chunk = io::Result<Option<Vec<u8>>>;

async fn pump(mut body: ByteStream, chunks: Sender<Chunk>) {
    loop {
        let chunk = body.try_next().await.map(|chunk| chunk.map(|chunk| chunk.to_vec()));
        let last = !matches!(chunk, Ok(Some(_)));
        if chunks.send(chunk.map_err(io::Error::other)).await.is_err() || last {
            return;
        }
    }
}

/// Reads an object that another task downloads.
struct Chunks {
    chunks: Receiver<Chunk>,
    current: Vec<u8>,
    position: usize,
    ended: bool,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.current.len() && !self.ended {
            match self.chunks.blocking_recv() {
                Some(Ok(Some(chunk))) => (self.current, self.position) = (chunk, 0),
                Some(Ok(None)) => self.ended = true,
                Some(Err(error)) => return Err(error),
                None => return Err(io::Error::other("the download stopped early")),
            }
        }
        let length = (&self.current[self.position..]).read(buffer)?;
        self.position += length;
        Ok(length)
    }
}
