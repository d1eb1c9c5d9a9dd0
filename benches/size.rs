//! Measures the sizes of the executables and of their packages.

use std::fs;
use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

use crate::{
    measure::{Figures, Report, Target, Unit, executable, functions},
    support::budget::Budget,
};

pub fn run(report: &mut Report) {
    let budget = Budget::read();
    let names: Vec<_> = functions().into_iter().map(|function| function.executable).collect();
    let (sizes, hello): (Vec<_>, _) = (names.iter().map(|name| sizes(name)).collect(), sizes("bare_hello"));
    for (figure, which, most, larger) in [
        ("executable, stripped", 0, budget.executable_bytes, &budget.larger_executables),
        ("zip file", 1, budget.package_bytes, &budget.larger_packages),
    ] {
        for (name, sizes) in names.iter().zip(&sizes) {
            let most = larger.get(name).copied().unwrap_or(most);
            let (measured, limit) = (megabytes(sizes[which]), megabytes(hello[which]));
            let target = Target::UpTo(most as f64 / 1e6);
            report.add(figure, name, Unit::Megabytes, &measured, Some(("bare_hello", &limit)), Some(target));
        }
    }
}

/// Returns the sizes of a release executable and of its zip file, in bytes.
fn sizes(name: &str) -> [usize; 2] {
    let file = fs::read(executable(name)).expect("the executable is built");
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&file).expect("memory suffices");
    [file.len(), packed.finish().expect("memory suffices").len()]
}

fn megabytes(bytes: usize) -> Figures {
    Figures::from(bytes as f64 / 1e6)
}
