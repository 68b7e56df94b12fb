//! Plans that take minutes each: more calls and more time than those of [`crate::small`]. `make model` explores them, one
//! after the other.

use crate::explore;
use crate::plan::Plan;
use crate::plan::Shape::{OneRegion, TwoRegions};

#[test]
#[ignore = "minutes: make model"]
fn large_plans_hold() {
    for (shape, stock, ticks, story) in [
        (TwoRegions, [1, 1], 3, "open q1 2; open q2 2 from far; commit q1; commit q2"),
        (TwoRegions, [1, 1], 3, "open q1 2 twice; open q2 1; commit q1; release q2"),
        (TwoRegions, [1, 1], 3, "open q1 1; open q2 2 for q1; commit q1; commit q2"),
        (TwoRegions, [2, 0], 3, "open q1 1; open q2 1 for q1; open q3 1 for q2; commit q2"),
        (TwoRegions, [1, 1], 3, "open q1 2; extend q1 twice; commit q1; release q1"),
        (TwoRegions, [1, 1], 3, "open q1 2; commit q1; pick 0 1; return q1 1; return q1"),
        (TwoRegions, [1, 0], 3, "open q1 1; open q2 1; open q3 1; commit q1"),
        (TwoRegions, [0, 2], 3, "receipt 0 2; count 1 1; open q1 2 twice; open q2 1 from far; commit q1"),
        (OneRegion, [1, 1], 2, "open q1 1; open q2 1 from far; commit q1; commit q2"),
        (OneRegion, [1, 1], 2, "open q1 1; open q2 1 for q1; commit q2; return q2"),
    ] {
        explore(Plan::new(shape, stock, ticks, story)).unwrap_or_else(|broken| panic!("{story}: {broken}"));
    }
}
