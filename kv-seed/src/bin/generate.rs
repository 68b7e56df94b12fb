//! Writes the demonstration catalogue: `generate OUT [SKUS [SEED]]`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(out) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: generate OUT [SKUS [SEED]]");
        return ExitCode::FAILURE;
    };
    let numbers: Result<Vec<u64>, _> = arguments.map(|text| text.parse::<u64>()).collect();
    let Ok(numbers) = numbers else {
        eprintln!("SKUS and SEED are whole numbers");
        return ExitCode::FAILURE;
    };
    let skus = numbers.first().and_then(|skus| usize::try_from(*skus).ok());
    let seed = numbers.get(1).copied().unwrap_or(kv_seed::demo::SEED);
    match kv_seed::demo::generate(seed, skus, &out) {
        Ok(statistics) => {
            // A reader that hung up has seen enough.
            let _ = writeln!(std::io::stdout(), "{statistics}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write {}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}
