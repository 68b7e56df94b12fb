//! Hardware that fits by dimension, not by vehicle: what a catalogue of any size beyond the vehicles' parts is filled
//! with.

use super::brands::FSTZ;
use super::demand::Demand;
use super::part::Part;
use super::random::Random;

/// What is sold by dimension, and the cents of its smallest size.
const TYPES: [(&str, u64); 8] = [
    ("Flange Bolt", 45),
    ("Hex Nut", 20),
    ("Hose Clamp", 90),
    ("O-Ring", 35),
    ("Washer", 15),
    ("Stud", 110),
    ("Rivet", 12),
    ("Threaded Insert", 160),
];
/// Metric coarse and fine threads.
const THREADS: [&str; 8] = ["M5x0.8", "M6x1.0", "M8x1.25", "M8x1.0", "M10x1.5", "M10x1.25", "M12x1.75", "M14x1.5"];
const FINISHES: [&str; 5] = ["zinc", "black oxide", "stainless", "phosphate", "plain"];

/// The hardware part number `index`.
pub fn hardware(seed: u64, index: u64) -> Part {
    let [mut rest, mut size] = [index, 0];
    let (part_type, cents) = take(&TYPES, &mut rest, &mut size).unwrap_or(("Flange Bolt", 45));
    let thread = take(&THREADS, &mut rest, &mut size).unwrap_or("M8x1.25");
    let finish = take(&FINISHES, &mut rest, &mut 0).unwrap_or("plain");
    let length = 5 + rest;
    let mut part =
        Part::new(FSTZ, FSTZ.first_number + index, part_type, format!("{part_type} {thread} {length} mm {finish}"));
    let mut random = Random::new(seed, &part.sku);
    part.attributes = format!("thread={thread};length_mm={length};finish={finish}");
    // Prices of small things need the third and fourth decimal.
    part.list = cents * (100 + 25 * size) + length % 50 * 37 + random.below(100);
    part.pack = if cents < 100 { (10, 10) } else { (1, 1) };
    part.demand = Some(Demand::draw(&mut random, 38));
    part
}

/// Takes one digit of a mixed-radix number off `rest` and returns what stands for it; `size` is the digit.
fn take<T: Copy>(choices: &[T], rest: &mut u64, size: &mut u64) -> Option<T> {
    let radix = choices.len() as u64;
    *size = *rest % radix;
    *rest /= radix;
    choices.get(usize::try_from(*size).ok()?).copied()
}
