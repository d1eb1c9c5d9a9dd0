//! Measures the sizes of the executables and of their packages.

use std::process::Command;

use crate::{
    measure::{Figures, Report, Target, Unit, executable, functions},
    support::budget::Budget,
};

pub fn run(report: &mut Report) {
    let budget = Budget::read();
    let names: Vec<_> = functions().into_iter().map(|function| function.executable).collect();
    let sizes = sizes(names.iter().map(String::as_str).chain(["bare_hello"]));
    let (hello, sizes) = sizes.split_last().expect("hello world is the last");
    for (figure, which, most) in
        [("executable, stripped", 0, budget.executable_bytes), ("zip file", 1, budget.package_bytes)]
    {
        for (name, sizes) in names.iter().zip(sizes) {
            let larger = budget.larger_packages.get(name).filter(|_| which == 1);
            let most = larger.copied().unwrap_or(most);
            let (measured, limit) = (megabytes(sizes[which]), megabytes(hello[which]));
            let target = Target::UpTo(most as f64 / 1e6);
            report.add(figure, name, Unit::Megabytes, &measured, Some(("bare_hello", &limit)), Some(target));
        }
    }
}

/// Returns the sizes of release executables and of their zip files, in bytes.
fn sizes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<[u64; 2]> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/infra/local/sizes.py");
    let output = Command::new("python3").arg(script).args(names.map(executable)).output();
    let output = output.expect("python3 is installed");
    let text = String::from_utf8(output.stdout).expect("it prints numbers");
    let sizes = text.lines().map(|line| {
        let mut numbers = line.split(' ').map(|number| number.parse().expect("it prints numbers"));
        [numbers.next().expect("the executable"), numbers.next().expect("the zip file")]
    });
    sizes.collect()
}

fn megabytes(bytes: u64) -> Figures {
    Figures::from(bytes as f64 / 1e6)
}
